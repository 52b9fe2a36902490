/**
 * Activations that are forgotten before their first turn comes in.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Process, process } from 'everact';

import { Beginnings } from '../src/internal/beginnings.js';
import { inMemory } from './actors.js';

test('one that is gone before it begins does not begin, and leaves nothing', () => {
  const beginnings = new Beginnings();
  const [slot, high, next] = [3, 0x01000002, 0x01000003];
  assert.ok(beginnings.begin(slot, high));
  beginnings.end(slot, high);
  assert.equal(beginnings.gone, 0);
  beginnings.end(slot, next);
  assert.equal(beginnings.gone, 1);
  assert.ok(!beginnings.begin(slot, next));
  assert.equal(beginnings.gone, 0);
  assert.ok(beginnings.begin(slot, next));
});

let begun = 0;

class Idle extends Process {
  override activated(): void {
    begun += 1;
  }
}

const waiter = process('waiter', { messages: {} }, async (context) => {
  begun += 1;
  await context.receive();
  begun += 1;
});

test('processes that are killed at once end, whether they have begun or not', async () => {
  await using engine = await inMemory([], { processes: [Idle, waiter] });
  const ends = [];
  for (let count = 0; count < 3_000; count++) {
    for (const one of [engine.spawn(Idle), engine.spawn(waiter)]) {
      ends.push(one.ended());
      one.kill();
    }
  }
  for (const { type } of await Promise.all(ends)) {
    assert.ok(type === 'killed' || type === 'no_process');
  }
  assert.ok(begun <= 6_000);
});
