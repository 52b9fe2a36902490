/**
 * A hundred actors that never run dry hold nobody up.
 */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Actor, type Context, type Engine, handler } from 'everact';

import { type Native } from '../src/internal/native.js';
import { inMemory } from './actors.js';

const library = createRequire(import.meta.url)('@everact/core-linux-x64-gnu') as Native;

const BUSY = 100;
const SOON_MS = 5_000;

let spinning = true;
let heard = (): void => undefined;

class Spinner extends Actor {
  static override options = { name: 'spinner', transient: true };
  static override handlers = { spin: handler() };
  spin(_message: undefined, context: Context): void {
    if (spinning) {
      context.tell(context.actor(Spinner, context.key), 'spin');
    }
  }
}

class Pong extends Actor {
  static override options = { transient: true };
  static override handlers = { ping: handler(), told: handler() };
  ping(): number {
    return 1;
  }
  told(): void {
    heard();
  }
}

interface Seen {
  readonly active: boolean;
  readonly suspended: boolean;
  readonly turns: number;
}

test('asks, tells and commands overtake a hundred actors that never run dry', async () => {
  spinning = true;
  await using engine: Engine = await inMemory([Spinner, Pong]);
  for (let key = 0; key < BUSY; key++) {
    await engine.actor(Spinner, String(key)).tell('spin');
  }
  const pong = engine.actor(Pong, 'pong');
  for (let round = 0; round < 20; round++) {
    const began = performance.now();
    assert.equal(await pong.ping(), 1);
    const answer = new Promise<void>((resolve) => {
      heard = resolve;
    });
    await pong.tell('told');
    await answer;
    await sleep(1);
    assert.ok(performance.now() - began < SOON_MS);
  }
  const command = (topic: string, key: number): Seen => {
    // The only engine of this process is the first one.
    const answer = library.describe(0, JSON.stringify({ topic, kind: 'spinner', key: String(key) }));
    assert.ok(typeof answer === 'string', JSON.stringify(answer));
    return JSON.parse(answer) as Seen;
  };
  const turns = Array.from({ length: BUSY }, (_, key) => command('inspect', key).turns);
  await sleep(200);
  assert.deepEqual(
    turns.filter((before, key) => command('inspect', key).turns === before),
    [],
    'none of them waits for ever',
  );
  assert.equal(command('suspend', 7).suspended, true);
  await sleep(50);
  const stopped = command('inspect', 7).turns;
  await sleep(50);
  assert.equal(command('inspect', 7).turns, stopped);
  assert.equal(command('exit', 7).active, true);
  await sleep(50);
  assert.equal(command('inspect', 7).active, false);
  spinning = false;
});
