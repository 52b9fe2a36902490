/**
 * Asks that are answered later: by another turn of the same process or actor, or before the handler has ended.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  Actor,
  ApplicationError,
  type Context,
  handler,
  InvalidArgument,
  NoProcess,
  Process,
  type ReplyTo,
} from 'everact';

import { inMemory, nextTurnOfTheLoop } from './actors.js';

class Full extends ApplicationError {}

class Table extends Process {
  static override errors = [Full];
  static override handlers = {
    take: handler({ message: 'string' }),
    leave: handler({ message: 'string' }),
    refuse: handler(),
    close: handler(),
    bow: handler(),
    guests: handler(),
  };
  guest = '';
  readonly #waiting: ReplyTo[] = [];

  take(name: string, context: Context): string {
    if (this.guest === '') {
      this.guest = name;
      return name;
    }
    this.#waiting.push(context.defer());
    return 'this is no reply';
  }
  leave(name: string): void {
    this.guest = name;
    this.#waiting.shift()?.reply(name);
  }
  refuse(): void {
    this.#waiting.shift()?.fail(new Full('no table is free'));
  }
  close(_message: undefined, context: Context): string {
    context.reply('closed');
    return context.exit('shutdown');
  }
  bow(_message: undefined, context: Context): string {
    const caller = context.defer();
    caller.reply('first');
    caller.reply('second');
    return 'third';
  }
  guests(): number {
    return this.#waiting.length;
  }
}

test('a later turn answers', async () => {
  await using engine = await inMemory([], { processes: [Table] });
  const table = engine.spawn(Table);
  assert.equal(await table.take('ada'), 'ada');
  const waits = [table.take('bob'), table.take('eve')];
  assert.equal(await table.guests(), 2);
  await table.leave('bob');
  assert.equal(await waits[0], 'bob');
  await table.refuse();
  await assert.rejects(waits[1] as Promise<string>, Full);
});

test('where nobody waits, an answer goes nowhere; a second one is dropped', async () => {
  await using engine = await inMemory([], { processes: [Table] });
  const table = engine.spawn(Table, { guest: 'ada' });
  await table.tell.take('bob');
  await table.leave('bob');
  assert.equal(await table.bow(), 'first');
  assert.ok(table.isAlive());
});

test('what is owed when the process ends is answered', async () => {
  await using engine = await inMemory([], { processes: [Table] });
  const table = engine.spawn(Table, { guest: 'ada' });
  const waits = table.take('bob');
  assert.equal(await table.guests(), 1);
  assert.equal(await table.close(), 'closed');
  await assert.rejects(waits, NoProcess);
  assert.deepEqual(await table.ended(), { type: 'shutdown' });
});

class Gate extends Actor {
  static override handlers = {
    pass: handler(),
    open: handler(),
    openAndFail: handler(),
    openLate: handler(),
  };
  passed = 0;
  #caller: ReplyTo | undefined = undefined;

  pass(_message: undefined, context: Context): number {
    this.#caller = context.defer();
    return 0;
  }
  open(): void {
    this.passed += 1;
    this.#caller?.reply(this.passed);
  }
  openAndFail(): void {
    this.#caller?.reply(-1);
    throw new Error('not yet');
  }
  openLate(): void {
    const caller = this.#caller;
    setImmediate(() => {
      try {
        caller?.reply(0);
      } catch (error) {
        failures.push(error);
      }
    });
  }
}

const failures: unknown[] = [];

test('an actor answers with the turn that does it, or not at all', async () => {
  await using engine = await inMemory([Gate]);
  const gate = engine.actor(Gate, 'g');
  const waits = gate.pass();
  await assert.rejects(gate.openAndFail(), /not yet/);
  await gate.openLate();
  await nextTurnOfTheLoop();
  await nextTurnOfTheLoop();
  assert.ok(failures[0] instanceof InvalidArgument);
  await gate.open();
  assert.equal(await waits, 1);
});
