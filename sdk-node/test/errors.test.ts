/**
 * Failures from below: panics, frames that cannot be read, chains that come back; the engine goes on.
 */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

import {
  Actor,
  type Context,
  Deadlock,
  fromCode,
  handler,
  HandlerFailed,
  Internal,
  MalformedFrame,
  EveractError,
} from 'everact';

import { PLAIN_ASK } from '../src/internal/ask_fields.js';
import { AskTable, type OpenAsk } from '../src/internal/asks.js';
import { CommandBuffer } from '../src/internal/frame.js';
import * as layout from '../src/internal/generated/layout.js';
import { exchange, type Native, poll, shareWords } from '../src/internal/native.js';
import { Counter, emptyFolder, inMemory } from './actors.js';

const library = createRequire(import.meta.url)('@everact/core-linux-x64-gnu') as Native;

test('a panic in the core is Internal, and the engine goes on', async () => {
  await using engine = await inMemory([Counter]);
  const failure = library.provokePanic();
  const error = fromCode(failure.code, failure.text);
  assert.ok(error instanceof Internal);
  assert.match(error.message, /provoked/);
  assert.equal(await engine.actor(Counter, 'a').add(1), 1);
});

const CONFIG = JSON.stringify({
  lane: 'loop',
  kinds: [
    { name: 'counter', durable: false, handlers: [{ name: 'add' }], activated: false, passivating: false },
  ],
});

/** A lane without the SDK over it. */
async function bareLane(): Promise<{ lane: number; commands: Buffer; events: Buffer }> {
  const lane = await library.open(CONFIG, () => undefined);
  assert.equal(typeof lane, 'number');
  const commands = Buffer.alloc(4096);
  const events = Buffer.alloc(layout.OUT_BYTES_MIN);
  library.attach(lane as number, commands, events, 16);
  shareWords(library);
  return { lane: lane as number, commands, events };
}

/** An ASK for `counter/a`, whose turn comes back in the same call. */
function writeAsk(commands: Buffer): number {
  commands.fill(0);
  commands.writeUInt32LE(64, layout.BYTES_AT);
  commands.writeUInt16LE(layout.ASK_TYPE, layout.TYPE_AT);
  commands.writeUInt16LE(layout.ASK_FLAG_CALLER_RUNS, layout.FLAGS_AT);
  commands.writeUInt32LE(1, layout.ID_AT);
  commands.writeUInt32LE(1, layout.ASK_KEY_BYTES_AT);
  commands.write('a', layout.ASK_FIXED_BYTES);
  return 64;
}

/** Small reproducible random numbers. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('a command that cannot be read is MalformedFrame, and the next call works', async () => {
  const { lane, commands, events } = await bareLane();
  commands.fill(0xff, 0, 64);
  const bytes = exchange(library, lane, 0, 64);
  assert.ok(bytes > 0);
  assert.equal(events.readUInt16LE(layout.TYPE_AT), layout.FAILURE_TYPE);
  const error = fromCode(events.readUInt16LE(layout.FAILURE_CODE_AT), 'as the core says');
  assert.ok(error instanceof MalformedFrame);
  const next = exchange(library, lane, 0, writeAsk(commands));
  assert.ok(next > 0);
  assert.equal(events.readUInt16LE(layout.TYPE_AT), layout.TURN_TYPE);
  library.close(lane, 0);
  library.free(lane);
});

test('the core takes every ask when their numbers begin again', async () => {
  const lane = (await library.open(CONFIG, () => undefined)) as number;
  const events = Buffer.alloc(layout.OUT_BYTES_MIN);
  const commands = new CommandBuffer(() => undefined);
  library.attach(lane, commands.bytes, events, 16);
  shareWords(library);
  const table = new AskTable(2 ** 31 - 3);
  const nothing = (): void => undefined;
  const asks: OpenAsk[] = [];
  for (let count = 0; count < 5; count++) {
    const ask = table.open(1, false, false, nothing, nothing, undefined);
    commands.ask(ask.slot, ask.generation, 0, 0, `key${String(count)}`, '1', PLAIN_ASK, undefined);
    asks.push(ask);
  }
  assert.deepEqual(
    asks.map((ask) => ask.generation),
    [2 ** 31 - 2, 2 ** 31 - 1, 1, 2, 3],
  );
  const bytes = exchange(library, lane, 0, commands.end);
  const types: number[] = [];
  for (let at = 0; at < bytes; at += events.readUInt32LE(at + layout.BYTES_AT)) {
    types.push(events.readUInt16LE(at + layout.TYPE_AT));
  }
  assert.deepEqual(types, Array<number>(5).fill(layout.TURN_TYPE));
  for (const ask of asks) {
    assert.equal(table.find(ask.slot, ask.generation), ask);
  }
  library.close(lane, 0);
  library.free(lane);
});

test('ten thousand damaged frames crash nothing', async () => {
  const { lane, commands } = await bareLane();
  const random = randomNumbers(7);
  for (let round = 0; round < 10_000; round++) {
    const length = writeAsk(commands);
    for (let change = random(6); change >= 0; change--) {
      commands[random(length)] = random(256);
    }
    const end = random(8) === 0 ? random(commands.length + 64) : length;
    const answer = exchange(library, lane, 0, end);
    assert.ok(Number.isInteger(answer));
  }
  assert.equal(typeof library.describe(lane, 'stats'), 'string');
  library.close(lane, 0);
  library.free(lane);
});

test('calls on a lane that is gone or never was answer Closed', async () => {
  const { lane } = await bareLane();
  library.free(lane);
  for (const gone of [lane, 4_000_000]) {
    assert.equal(exchange(library, gone, 0, 0), -8);
    assert.equal(poll(library, gone), -8);
    assert.equal(library.close(gone, 0), -8);
    assert.equal(library.free(gone), -8);
  }
});

class Link extends Actor {
  static override handlers = { visit: handler(), again: handler({ reentrant: true }), caught: handler() };
  visits = 0;

  async visit(path: string[], context: Context): Promise<string[]> {
    this.visits += 1;
    const [next, ...rest] = path;
    return next === undefined
      ? [context.key]
      : [context.key, ...(await context.actor(Link, next).visit(rest))];
  }

  async again(path: string[], context: Context): Promise<string[]> {
    this.visits += 1;
    const [next, ...rest] = path;
    return next === undefined
      ? [context.key]
      : [context.key, ...(await context.actor(Link, next).again(rest))];
  }

  async caught(other: string, context: Context): Promise<string> {
    try {
      await context.actor(Link, other).visit([context.key]);
      return 'no error';
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
  }
}

test('a chain of asks that comes back is Deadlock, naming the chain', async () => {
  await using engine = await inMemory([Link]);
  const direct = await engine.actor(Link, 'a').caught('a');
  assert.match(direct, /^Deadlock: .*link\/a/);
  await assert.rejects(engine.actor(Link, 'a').visit(['b', 'a']), (error: Error) => {
    assert.ok(error instanceof HandlerFailed);
    assert.match(error.message, new RegExp(`${Deadlock.name}: .*link/a.*link/b.*link/a`));
    return true;
  });
});

test('a reentrant handler may be come back to', async () => {
  await using engine = await inMemory([Link]);
  assert.deepEqual(await engine.actor(Link, 'a').again(['b', 'a', 'a']), ['a', 'b', 'a', 'a']);
});

test('every error has its class, its name and a next step', () => {
  for (let code = 1; code < 100; code++) {
    const error = fromCode(code, 'text');
    assert.ok(error instanceof EveractError);
    assert.equal(error.name, error.constructor.name);
    assert.notEqual(error.nextStep, '');
  }
});

const WORKER = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { Actor, Engine, handler } = require('everact');
  class Counter extends Actor {
    static handlers = { add: handler() };
    value = 0;
    add(amount) { return (this.value += amount); }
  }
  Engine.open(workerData, { actors: [Counter] }).then(async (engine) => {
    parentPort.postMessage(await engine.actor(Counter, 'a').add(1));
    // Ends without closing: the folder must be free again all the same.
    process.exit(0);
  });
`;

test('a worker has an engine of its own, and its folder is free when the worker ends', async () => {
  const folder = emptyFolder();
  for (const expected of [1, 2, 3]) {
    const worker = new Worker(WORKER, { eval: true, workerData: folder });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const value = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    assert.equal(value, expected);
    await ended;
  }
});
