/**
 * The state of actors and processes, looked at and replaced from outside.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  Actor,
  Engine,
  handler,
  InvalidArgument,
  NoProcess,
  Process,
  process,
  StateMismatch,
  type StateTypes,
} from 'everact';

import { Counter, emptyFolder, inMemory } from './actors.js';

class Basket extends Process {
  static override state: StateTypes = { items: { name: 'string', count: 'integer' } };
  static override handlers = { add: handler({ message: 'string' }), total: handler() };
  items = { name: '', count: 0 };
  readonly #added: string[] = [];
  add(name: string): void {
    this.#added.push(name);
    this.items = { name, count: this.items.count + 1 };
  }
  total(): [count: number, added: number] {
    return [this.items.count, this.#added.length];
  }
}

const idle = process('idle', { messages: {} }, async (context) => {
  await context.receive();
});

test('the state of a process is read and replaced; what it holds beside stays', async () => {
  await using engine = await inMemory([], { processes: [Basket] });
  const basket = engine.spawn(Basket);
  await basket.add('plum');
  assert.deepEqual(await engine.stateOf(basket), { items: { name: 'plum', count: 1 } });
  await engine.replaceState(basket, { items: { name: 'fig', count: 7 } });
  assert.deepEqual(await basket.total(), [7, 1]);
  await basket.add('plum');
  assert.deepEqual(await engine.stateOf(basket), { items: { name: 'plum', count: 8 } });
  basket.kill();
  await assert.rejects(engine.stateOf(basket), NoProcess);
});

test('what is no state of its kind is refused, and changes nothing', async () => {
  await using engine = await inMemory([], { processes: [Basket] });
  const basket = engine.spawn(Basket);
  await basket.add('plum');
  for (const wrong of [{ items: { name: 'fig', count: 'many' } }, 'none', [1]]) {
    await assert.rejects(engine.replaceState(basket, wrong), StateMismatch);
  }
  assert.deepEqual(await basket.total(), [1, 1]);
  assert.ok(basket.isAlive());
});

test('scalars and a new process have a state too', async () => {
  await using engine = await inMemory([Counter]);
  const counter = engine.actor(Counter, 'c');
  assert.deepEqual(await engine.stateOf(counter), { value: 0 });
  await counter.add(3);
  assert.deepEqual(await engine.stateOf(counter), { value: 3 });
});

test('the replaced state of a durable actor is stored', async () => {
  const data = emptyFolder();
  {
    await using engine = await Engine.open(data, { actors: [Counter] });
    await engine.replaceState(engine.actor(Counter, 'c'), { value: 40 });
    await engine.replaceState(engine.actor(Counter, 'c'), { value: 40 });
  }
  await using engine = await Engine.open(data, { actors: [Counter] });
  assert.equal(await engine.actor(Counter, 'c').add(2), 42);
});

test('a function has no state, and goes on', async () => {
  await using engine = await inMemory([], { processes: [idle] });
  const one = engine.spawn(idle);
  await assert.rejects(engine.stateOf(one), InvalidArgument);
  await assert.rejects(engine.replaceState(one, {}), InvalidArgument);
  assert.ok(one.isAlive());
});

class Ledger extends Actor {
  static override options = { transient: true };
  static override handlers = { sum: handler({ message: ['integer'] }) };
  entries: number[] = [];
  sum(given: readonly number[]): number {
    this.entries = [...this.entries, ...given];
    return this.entries.reduce((one, other) => one + other, 0);
  }
}

test('a field that the new state does not have gets its default', async () => {
  await using engine = await inMemory([Ledger]);
  const ledger = engine.actor(Ledger, 'l');
  assert.equal(await ledger.sum([1, 2]), 3);
  await engine.replaceState(ledger, {});
  assert.equal(await ledger.sum([5]), 5);
});
