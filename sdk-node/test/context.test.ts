/**
 * Inside a handler: identity, recorded time and randomness, other actors, leaving memory.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Actor, type Context, Engine, handler, InvalidArgument, MailboxFull } from 'everact';

import { Counter, emptyFolder, inMemory, nextTurnOfTheLoop, Scratch } from './actors.js';

class Courier extends Actor {
  static override handlers = {
    send: handler(),
    sendMany: handler(),
    sendThenFail: handler(),
    askOther: handler({ name: 'ask' }),
    facts: handler(),
    late: handler(),
    sign: handler(),
  };
  sent = 0;

  send(to: string, context: Context): number {
    context.tell(context.actor(Counter, to), 'add', 3);
    this.sent += 1;
    return this.sent;
  }

  sendMany(count: number, context: Context): void {
    const to = context.actor(Counter, 'many');
    for (let at = 0; at < count; at++) {
      context.tell(to, 'add', 1);
    }
  }

  sendThenFail(to: string, context: Context): void {
    this.send(to, context);
    throw new Error('boom');
  }

  askOther(to: string, context: Context): Promise<number> {
    return context.actor(Counter, to).add(4);
  }

  facts(_message: undefined, context: Context): unknown {
    return {
      address: `${context.kind}/${context.key}`,
      now: context.now,
      ids: [context.newId(), context.newId()],
      random: context.random(),
      deadline: context.deadline,
      sender: context.sender ?? null,
      cancelled: context.cancelled,
    };
  }

  late(_message: undefined, context: Context): void {
    queueMicrotask(() => {
      queueMicrotask(() => {
        try {
          context.tell(context.actor(Counter, 'late'), 'add', 1);
        } catch (error) {
          lateError = error;
        }
      });
    });
  }

  sign(to: string, context: Context): void {
    context.tell(context.actor(Guestbook, to), 'enter');
  }
}

class Guestbook extends Actor {
  static override handlers = { enter: handler(), last: handler({ readOnly: true }) };
  entry = '';
  enter(_message: undefined, context: Context): void {
    this.entry = `${String(context.sender?.kind)}/${String(context.sender?.key)}`;
  }
  last(): string {
    return this.entry;
  }
}

let lateError: unknown;
const actors = [Counter, Scratch, Courier, Guestbook];

async function eventually(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) {
    await nextTurnOfTheLoop();
  }
}

/** Asks again while the mailbox is full. */
async function whenThereIsRoom<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      assert.ok(error instanceof MailboxFull);
      await nextTurnOfTheLoop();
    }
  }
}

test('a tell leaves with its turn, and not at all when the turn fails', async () => {
  await using engine = await inMemory(actors);
  const courier = engine.actor(Courier, 'a');
  await assert.rejects(courier.sendThenFail('x'));
  assert.equal(await courier.send('x'), 1);
  await eventually(async () => (await engine.actor(Counter, 'x').get()) > 0);
  assert.equal(await engine.actor(Counter, 'x').get(), 3);
});

test('a turn sends all its messages or, past the bound, none', async () => {
  await using engine = await inMemory(actors);
  const courier = engine.actor(Courier, 'a');
  await assert.rejects(courier.sendMany(65_536), /TooLarge/);
  await courier.sendMany(65_535);
  const many = engine.actor(Counter, 'many');
  await eventually(async () => (await whenThereIsRoom(() => many.get())) === 65_535);
});

test('messages that an engine left behind are delivered when it opens again', async () => {
  const folder = emptyFolder();
  for (let round = 1; round <= 5; round++) {
    const engine = await Engine.open(folder, { actors });
    await engine.actor(Courier, 'a').sendMany(500);
    await engine.close({ deadlineMs: 0 });
    await using again = await Engine.open(folder, { actors });
    const many = again.actor(Counter, 'many');
    await eventually(async () => (await whenThereIsRoom(() => many.get())) === round * 500);
  }
});

test('a handler can ask another actor', async () => {
  await using engine = await inMemory(actors);
  assert.equal(await engine.actor(Courier, 'a').askOther('y'), 4);
  assert.equal(await engine.actor('courier', 'b').ask('ask', 'y'), 8);
});

test('a receiver knows who sent the message', async () => {
  await using engine = await inMemory(actors);
  await engine.actor(Courier, 'öl/2').sign('book');
  await eventually(async () => (await engine.actor(Guestbook, 'book').last()) !== '');
  assert.equal(await engine.actor(Guestbook, 'book').last(), 'courier/öl/2');
});

test('a turn has an address, a time, ids and randomness of its own', async () => {
  await using engine = await inMemory(actors);
  const before = Date.now();
  const facts = (await engine.actor(Courier, 'a').facts(undefined, { deadlineMs: 5_000 })) as {
    address: string;
    now: number;
    ids: string[];
    random: number;
    deadline: number;
    sender: null;
    cancelled: boolean;
  };
  assert.equal(facts.address, 'courier/a');
  assert.ok(Math.abs(facts.now - before) < 5_000);
  assert.match(
    facts.ids.join(),
    /^([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12},?){2}$/,
  );
  assert.notEqual(facts.ids[0], facts.ids[1]);
  assert.ok(facts.random >= 0 && facts.random < 1);
  assert.ok(facts.deadline > facts.now && facts.deadline <= facts.now + 5_000);
  assert.equal(facts.sender, null);
  assert.equal(facts.cancelled, false);
});

test('nothing can leave with a turn that is over', async () => {
  await using engine = await inMemory(actors);
  await engine.actor(Courier, 'a').late();
  await nextTurnOfTheLoop();
  assert.ok(lateError instanceof InvalidArgument);
  assert.equal(await engine.actor(Counter, 'late').get(), 0);
});

test('the revision rises with each change of state', async () => {
  await using engine = await inMemory(actors);
  const counter = engine.actor(Counter, 'a');
  const first = await counter.revision();
  await counter.add(1);
  await counter.add(0);
  assert.equal(await counter.revision(), first + 1);
});

test('an actor that leaves memory comes back with its state, and its hooks run', async () => {
  const heard: string[] = [];
  class Sleeper extends Actor {
    static override handlers = { leave: handler(), report: handler({ readOnly: true }) };
    activations = 0;
    passivations = 0;
    override activated(context: Context): void {
      this.activations += 1;
      heard.push(`activated ${context.key}`);
    }
    override async passivating(context: Context): Promise<void> {
      await Promise.resolve();
      this.passivations += 1;
      heard.push(`passivating ${context.key}`);
    }
    leave(_message: undefined, context: Context): void {
      context.passivate();
    }
    report(): number[] {
      return [this.activations, this.passivations];
    }
  }
  await using engine = await inMemory([Sleeper]);
  const sleeper = engine.actor(Sleeper, 'a');
  assert.deepEqual(await sleeper.report(), [1, 0]);
  await sleeper.leave();
  await eventually(() => Promise.resolve(engine.stats().activations === 0));
  assert.deepEqual(await sleeper.report(), [2, 1]);
  assert.deepEqual(heard, ['activated a', 'passivating a', 'activated a']);
});
