/**
 * Producers: what of a source is sent again, when and how often.
 */

import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { mock, test } from 'node:test';
import timers from 'node:timers/promises';

import { type Engine, HandlerFailed, Unavailable } from 'everact';

import { Counter, inMemory, nextTurnOfTheLoop } from './actors.js';

const { setTimeout: sleep } = timers;

/** An actor that takes nothing more of the producer `p` until number 1 is skipped. */
async function withGap(engine: Engine, key: string): Promise<void> {
  await assert.rejects(
    engine.actor(Counter, key).addThenFail(5, { producer: 'p', sequence: 1 }),
    HandlerFailed,
  );
}

const OF_COUNTERS = {
  to: Counter,
  handler: 'add',
  key: ({ key }: { key: string }) => key,
  message: ({ amount }: { amount: number }) => amount,
  firstSequence: 2,
};

test('items that are refused for a while are sent again and applied once', async () => {
  await using engine = await inMemory([Counter]);
  await withGap(engine, 'a');
  await withGap(engine, 'b');
  const producer = engine.producer('p');
  const items = ['a', 'b', 'c', 'a'].map((key, at) => ({ key, amount: 2 ** at }));
  const begin = performance.now();
  const run = producer.ingest(items, OF_COUNTERS);
  await sleep(20);
  await producer.skip(Counter, 'a', 1);
  await producer.skip(Counter, 'b', 1);
  assert.deepEqual(await run, { applied: 4, alreadyApplied: 0, newest: 5 });
  assert.ok(performance.now() - begin >= 99);
  assert.deepEqual(
    await Promise.all(['a', 'b', 'c'].map((key) => engine.actor(Counter, key).get())),
    [9, 2, 4],
  );
});

test('an item is sent ten times, with waits that double', async () => {
  await using engine = await inMemory([Counter]);
  await withGap(engine, 'a');
  const asks = mock.method(
    Object.getPrototypeOf(engine.actor('counter', 'a')) as { ask: () => unknown },
    'ask',
  );
  const waits: (number | undefined)[] = [];
  mock.method(timers, 'setTimeout', async (wait?: number) => {
    waits.push(wait);
    await nextTurnOfTheLoop();
  });
  syncBuiltinESMExports();
  try {
    await assert.rejects(engine.producer('p').ingest([{ key: 'a', amount: 1 }], OF_COUNTERS), Unavailable);
    assert.deepEqual(waits, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    assert.equal(asks.mock.callCount(), 10);
  } finally {
    mock.restoreAll();
    syncBuiltinESMExports();
  }
});

test('an item whose handler fails is sent once, and ends the waits of the others', async () => {
  await using engine = await inMemory([Counter]);
  await withGap(engine, 'a');
  const begin = performance.now();
  const items = ['a', 'b'].map((key) => ({ key, amount: 1 }));
  const run = engine
    .producer('p')
    .ingest(items, { ...OF_COUNTERS, handler: 'addThenFail', firstWaitMs: 60_000 });
  await assert.rejects(run, HandlerFailed);
  assert.ok(performance.now() - begin < 50_000);
});
