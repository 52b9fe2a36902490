/**
 * Asks and tells: order, rollback, deadlines, cancellation, marks, and many at once.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  Actor,
  AlreadyApplied,
  Cancelled,
  type Context,
  DeadlineExceeded,
  Engine,
  type EngineOptions,
  handler,
  HandlerFailed,
  InvalidArgument,
  InvalidConfiguration,
  InvalidPayload,
  MailboxFull,
  ReadOnlyViolation,
  TooLarge,
} from 'everact';

import { takeTurnsMax } from '../src/internal/row.js';
import { Counter, emptyFolder, gate, inMemory, nextTurnOfTheLoop, Scratch } from './actors.js';

const actors = [Counter, Scratch];

test('a handler that throws leaves the state as it was', async () => {
  await using engine = await inMemory(actors);
  const counter = engine.actor(Counter, 'a');
  await counter.add(5);
  await assert.rejects(counter.addThenFail(7), (error: Error) => {
    assert.ok(error instanceof HandlerFailed);
    assert.equal(error.message, 'RangeError: boom');
    assert.equal(error.retryable, false);
    return true;
  });
  assert.equal(await counter.get(), 5);
});

test('a read-only handler that changes its state is refused', async () => {
  await using engine = await inMemory(actors);
  const counter = engine.actor(Counter, 'a');
  await assert.rejects(counter.addReadOnly(1), ReadOnlyViolation);
  assert.equal(await counter.get(), 0);
});

test('a message that does not fit is refused with its field, and the handler does not run', async () => {
  let ran = 0;
  class Desk extends Actor {
    static override handlers = {
      greet: handler({ message: { name: 'string', home: { zip: 'integer' }, tags: ['string'] } }),
    };
    greet(message: { name: string; home: { zip: number }; tags: string[] }): string {
      ran += 1;
      return `${message.name} ${String(message.home.zip)}`;
    }
  }
  await using engine = await inMemory([Desk]);
  const desk = engine.actor('desk', 'a');
  assert.equal(await desk.ask('greet', { name: 'Ada', home: { zip: 1 }, tags: [] }), 'Ada 1');
  for (const [message, field] of [
    [{ name: 'Ada', home: { zip: 'x' }, tags: [] }, 'home.zip'],
    [{ name: 'Ada', home: { zip: 1 }, tags: ['a', 2] }, 'tags[1]'],
    [{ name: 'Ada', home: { zip: 1, city: 'X' }, tags: [] }, 'home.city: unknown field'],
    [{ home: { zip: 1 }, tags: [] }, 'name'],
    [undefined, 'message'],
    [null, 'message'],
  ] as const) {
    await assert.rejects(desk.ask('greet', message), (error: Error) => {
      assert.ok(error instanceof InvalidPayload);
      assert.ok(error.message.includes(field), error.message);
      return true;
    });
  }
  assert.equal(ran, 1);
});

test('what cannot be encoded is refused before it is sent', async () => {
  await using engine = await inMemory(actors);
  const counter = engine.actor('counter', 'a');
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const message of [
    NaN,
    [Infinity],
    new Map(),
    { a: new Set() },
    '\ud800',
    cycle,
    Symbol('x'),
    () => 1,
  ]) {
    await assert.rejects(counter.ask('add', message), InvalidArgument);
  }
  assert.equal(engine.stats().open_asks, 0);
});

test('messages of one caller arrive in order', async () => {
  class Journal extends Actor {
    static override handlers = { append: handler(), all: handler({ readOnly: true }) };
    entries: number[] = [];
    append(entry: number): void {
      this.entries.push(entry);
    }
    all(): number[] {
      return this.entries;
    }
  }
  await using engine = await Engine.open(emptyFolder(), { actors: [Journal] });
  const journal = engine.actor(Journal, 'a');
  const sent = Array.from({ length: 9_000 }, (_, at) => at);
  await Promise.all(
    sent.map((entry) => (entry % 3 === 0 ? journal.tell('append', entry) : journal.append(entry))),
  );
  assert.deepEqual(await journal.all(), sent);
});

test('nobody shares an object with an actor', async () => {
  class Keeper extends Actor {
    static override handlers = { keep: handler(), kept: handler({ readOnly: true }) };
    list: number[] = [];
    keep(list: number[]): number[] {
      this.list = list;
      return list;
    }
    kept(): number[] {
      return this.list;
    }
  }
  await using engine = await inMemory([Keeper]);
  const keeper = engine.actor(Keeper, 'a');
  const mine = [1, 2];
  const reply = await keeper.keep(mine);
  mine.push(3);
  reply.push(4);
  assert.deepEqual(await keeper.kept(), [1, 2]);
});

test('an ask past its deadline is answered, and its turn hears of it', async () => {
  let heard: unknown;
  class Sleepy extends Actor {
    static override handlers = { sleep: handler() };
    async sleep(_message: undefined, context: Context): Promise<void> {
      await new Promise((resolve) => {
        context.signal.addEventListener('abort', resolve);
      });
      heard = context.signal.reason;
    }
  }
  await using engine = await inMemory([Sleepy]);
  await assert.rejects(engine.actor(Sleepy, 'a').sleep(undefined, { deadlineMs: 30 }), DeadlineExceeded);
  while (heard === undefined) {
    await nextTurnOfTheLoop();
  }
  assert.ok(heard instanceof DeadlineExceeded);
});

test('an AbortSignal cancels an ask, before or after it is sent', async () => {
  await using engine = await inMemory(actors);
  const counter = engine.actor(Counter, 'a');
  gate.shut();
  const controller = new AbortController();
  const slow = counter.addSlowly(1, { signal: controller.signal });
  const waiting = counter.add(1, { signal: controller.signal });
  await nextTurnOfTheLoop();
  controller.abort();
  await assert.rejects(slow, Cancelled);
  await assert.rejects(waiting, Cancelled);
  await assert.rejects(counter.add(1, { signal: AbortSignal.abort() }), Cancelled);
  gate.open();
  while ((engine.stats().open_turns ?? 0) > 0) {
    await nextTurnOfTheLoop();
  }
});

test('a producer and a rising sequence apply a message once', async () => {
  const folder = emptyFolder();
  const marks = { producer: 'file', sequence: 1 };
  const first = await Engine.open(folder, { actors });
  assert.equal(await first.actor(Counter, 'a').add(5, marks), 5);
  await first.close();
  await using second = await Engine.open(folder, { actors });
  const counter = second.actor(Counter, 'a');
  await counter.add(5, { producer: 'file', sequence: 1n }).then(
    (reply) => {
      assert.equal(reply, 5);
    },
    (error: unknown) => {
      assert.ok(error instanceof AlreadyApplied);
    },
  );
  assert.equal(await counter.get(), 5);
  assert.equal(await counter.add(5, { producer: 'file', sequence: 2n ** 63n - 1n }), 10);
});

test('an idempotency key gives the first reply again', async () => {
  await using engine = await inMemory(actors);
  const counter = engine.actor(Counter, 'a');
  assert.equal(await counter.add(5, { idempotencyKey: 'k', keepMs: 60_000 }), 5);
  await counter.add(1);
  assert.equal(await counter.add(5, { idempotencyKey: 'k', keepMs: 60_000 }), 5);
  assert.equal(await counter.get(), 6);
});

test('options out of range are refused', async () => {
  await using engine = await inMemory(actors);
  const counter = engine.actor(Counter, 'a');
  for (const options of [
    { deadlineMs: 0 },
    { deadlineMs: NaN },
    { producer: 'p' },
    { sequence: 1 },
    { producer: 'p', sequence: 0 },
    { producer: 'p', sequence: 1.5 },
    { producer: 'p', sequence: 2n ** 63n },
    { producer: 'p', sequence: 1, idempotencyKey: 'k' },
    { idempotencyKey: 'k', keepMs: 0 },
    { idempotencyKey: 'k', keepMs: 0.5 },
    { idempotencyKey: 'k', keepMs: Infinity },
    { idempotencyKey: 'k', keepMs: 2 ** 32 - 1 },
  ]) {
    await assert.rejects(counter.add(1, options), InvalidArgument);
  }
  await assert.rejects(engine.actor(Counter, '').add(1), InvalidArgument);
  await assert.rejects(engine.actor(Counter, 'x'.repeat(1025)).add(1), InvalidArgument);
  assert.throws(() => engine.actor(Counter, '\ud800'), InvalidArgument);
});

test('a full mailbox rejects and loses nothing', async () => {
  class Narrow extends Scratch {
    static override options = { transient: true, mailboxCapacityMessages: 2 };
  }
  await using engine = await inMemory([Narrow]);
  const narrow = engine.actor(Narrow, 'a');
  gate.shut();
  const asks = [narrow.addSlowly(1), narrow.add(1), narrow.add(1), narrow.add(1)];
  const outcomes = Promise.allSettled(asks);
  await nextTurnOfTheLoop();
  gate.open();
  const failed = (await outcomes).filter((outcome) => outcome.status === 'rejected');
  assert.equal(failed.length, 1);
  assert.ok(failed[0]?.reason instanceof MailboxFull);
  assert.equal(await narrow.get(), 3);
});

test('long, empty, binary and unicode payloads come back as they went', async () => {
  class Echo extends Actor {
    static override options = { transient: true };
    static override handlers = {
      echo: handler(),
      bytes: handler({ message: 'bytes', reply: 'bytes' }),
    };
    echo(message: unknown): unknown {
      return message;
    }
    async bytes(message: Uint8Array): Promise<Uint8Array> {
      await Promise.resolve();
      return message;
    }
  }
  await using engine = await inMemory([Echo]);
  const echo = engine.actor(Echo, 'ключ/🗝');
  const texts = ['', 'ä€🙂', 'x'.repeat(70_000), '€'.repeat(500_000), '\u0000"\\'];
  for (const value of [...texts, 0, -1, 1.5, 1e300, true, null, [], {}, { a: [null, 'ü'] }, undefined]) {
    assert.deepEqual(await echo.echo(value), value);
  }
  for (const length of [0, 1, 65_535, 65_537, 3_000_000]) {
    const bytes = Uint8Array.from({ length }, (_, at) => at % 251);
    const back = await echo.bytes(bytes);
    assert.ok(Buffer.from(back).equals(bytes));
  }
  const mine = Buffer.from('mine');
  const back = echo.bytes(mine);
  mine.fill(0);
  assert.equal(Buffer.from(await back).toString(), 'mine');
  await assert.rejects(engine.actor('echo', 'a').ask('bytes', 'text'), InvalidPayload);
  await assert.rejects(echo.bytes(new Uint8Array(17 << 20)), TooLarge);
  assert.equal(await echo.echo('after'), 'after');
});

test('numbers cross the boundary as JSON writes them, in messages that wait and in replies that do', async () => {
  class Adder extends Actor {
    static override handlers = { add: handler({ message: 'number' }) };
    count = 0;
    add(amount: number): unknown {
      this.count += 1;
      return Object.is(amount, -0) ? 'a negative zero' : amount;
    }
  }
  await using engine = await inMemory([Adder]);
  const adder = engine.actor(Adder, 'a');
  const numbers = [
    0,
    -0,
    7,
    -7,
    1e15,
    -1e15,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    2 ** 53 - 1,
    1 - 2 ** 53,
    0.1,
    -1e-7,
  ];
  const replies = await Promise.all(numbers.map((number) => adder.add(number)));
  assert.deepEqual(
    replies,
    numbers.map((number) => number + 0),
  );
});

test('a hundred thousand asks at once are all answered', async () => {
  await using engine = await inMemory(actors);
  const replies = await Promise.all(
    Array.from({ length: 100_000 }, (_, at) => engine.actor(Counter, `k${String(at % 100)}`).add(1)),
  );
  assert.equal(Math.max(...replies), 1_000);
  assert.equal(engine.stats().open_asks, 0);
});

/** Asks, many at once, until a timer fires; the result is how many there were. */
async function asksUntilTimer(callers: number, options: Partial<EngineOptions> = {}): Promise<number> {
  await using engine = await Engine.open({ data: null, actors, ...options });
  const timer = { fired: false };
  setTimeout(() => {
    timer.fired = true;
  }, 5);
  let asked = 0;
  const loop = async (key: string): Promise<void> => {
    const scratch = engine.actor(Scratch, key);
    while (!timer.fired) {
      asked += 1;
      await scratch.add(1);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => loop(String(caller))));
  return asked;
}

test('timers and sockets get their chance while asks never stop', async () => {
  for (const callers of [1, 1_000, 5_000]) {
    assert.ok((await asksUntilTimer(callers)) >= callers);
  }
  assert.ok((await asksUntilTimer(2, { callerRunsMax: 0 })) >= 2);
  assert.ok((await asksUntilTimer(2, { callerRunsMax: 7 })) >= 2);
});

test('turns in a row are counted here, and a limit that is none is refused by the core', async () => {
  const settings: Record<string, unknown> = { caller_runs_max: 3 };
  assert.equal(takeTurnsMax(settings), 3);
  assert.equal(settings.caller_runs_max, 2 ** 32 - 1);
  for (const limit of [-1, 1.5, 2 ** 32, '3', null]) {
    const open = Engine.open({ data: null, actors, callerRunsMax: limit as number });
    await assert.rejects(open, InvalidConfiguration, String(limit));
  }
  process.env.EVERACT_CALLER_RUNS_MAX = '5';
  try {
    assert.equal(takeTurnsMax({}), 5);
    process.env.EVERACT_CALLER_RUNS_MAX = 'many';
    await assert.rejects(Engine.open({ data: null, actors }), /EVERACT_CALLER_RUNS_MAX/);
  } finally {
    delete process.env.EVERACT_CALLER_RUNS_MAX;
  }
});
