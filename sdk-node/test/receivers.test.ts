/**
 * Processes that are functions: what they receive and pass over, answer, wait for and end with.
 */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import {
  Down,
  Exit,
  InvalidArgument,
  type MessagesOf,
  NoProcess,
  process,
  type ProcessContext,
  ProcessEnded,
  processOf,
  type ProcessRef,
} from 'everact';

import { type Envelope, Mailbox } from '../src/internal/mailbox.js';
import { inMemory, nextTurnOfTheLoop } from './actors.js';

const EMPTY: Envelope = {
  message: { type: '' },
  askLow: 0,
  askHigh: 0,
  now: 0,
  remainingMs: 0,
  sender: '',
  isFromProcess: false,
  metadata: {},
};

const TYPES = {
  a: { n: 'integer' },
  b: { n: 'integer' },
  get: {},
  stop: {},
  forward: { to: processOf<{ type: 'a'; n: number }>() },
} as const;
type Messages = MessagesOf<typeof TYPES>;

/** Gives what it has received when it is asked to. */
const echo = process('echo', { messages: TYPES }, async (context) => {
  const seen: string[] = [];
  for (;;) {
    const message = await context.receive();
    switch (message.type) {
      case 'get':
        context.reply(seen);
        break;
      case 'stop':
        return;
      case 'forward':
        void message.to.tell({ type: 'a', n: seen.length });
        break;
      case 'a':
      case 'b':
        seen.push(`${message.type}${String(message.n)}`);
        break;
      default:
        seen.push(message.type);
    }
  }
});

/** Runs what a test gives it. */
let act: (context: ProcessContext<Messages>) => Promise<void> = () => Promise.resolve();
const actor = process('actor', { messages: TYPES }, (context) => act(context));

const argued = process(
  'argued',
  { argument: { n: 'integer', to: 'process' }, messages: {} },
  (_context, { n, to }) => {
    void to.tell({ type: 'a', n });
  },
);

const open = async () => {
  const settings = { processes: [echo, actor, argued], onNotice: () => undefined };
  const engine = await inMemory([], settings);
  after(() => engine.close({ deadlineMs: 0 }));
  return engine;
};

/** A process that does this, and why it has ended. */
async function run(does: typeof act) {
  const engine = await open();
  act = does;
  const process = engine.spawn(actor);
  return { engine, process, ended: process.ended() };
}

test('a function receives in order, answers, and ends with its return', async () => {
  const engine = await open();
  const process = engine.spawn(echo);
  for (let n = 0; n < 200; n++) {
    void process.tell({ type: 'a', n });
  }
  const seen = await process.ask<string[]>({ type: 'get' });
  assert.equal(seen.length, 200);
  assert.deepEqual([seen[0], seen[199]], ['a0', 'a199']);
  const ended = process.ended();
  await process.tell({ type: 'stop' });
  assert.deepEqual(await ended, { type: 'normal' });
  await assert.rejects(process.ask({ type: 'get' }), NoProcess);
});

test('an argument and references in messages arrive as what they are', async () => {
  const engine = await open();
  const process = engine.spawn(echo);
  await engine.spawn(argued, { n: 7, to: process }).ended();
  assert.deepEqual(await process.ask({ type: 'get' }), ['a7']);
  const forwarder = engine.spawn(echo);
  await forwarder.tell({ type: 'forward', to: process });
  await forwarder.ask({ type: 'get' });
  assert.deepEqual(await process.ask({ type: 'get' }), ['a7', 'a0']);
  assert.throws(() => engine.spawn('argued', { n: () => 1 }), InvalidArgument);
  const wrong = await engine.spawn('argued', { n: 'seven', to: process }).ended();
  assert.ok(wrong.type === 'no_process' || (wrong.type === 'failed' && wrong.name === 'InvalidPayload'));
});

test('messages that are passed over stay in their order', async () => {
  const order: string[] = [];
  const { process, ended } = await run(async (context) => {
    const b = await context.receive('b');
    order.push(`b${String(b.n)}`);
    const odd = await context.receive((message) => message.type === 'a' && message.n % 2 === 1);
    order.push(odd.type === 'a' ? `a${String(odd.n)}` : odd.type);
    for (;;) {
      const message = await context.receive(['a', 'b', 'stop']);
      if (message.type === 'stop') return;
      order.push(`${message.type}${String(message.n)}`);
    }
  });
  for (let n = 0; n < 150; n++) {
    void process.tell({ type: 'a', n });
  }
  void process.tell({ type: 'b', n: 0 });
  void process.tell({ type: 'stop' });
  assert.deepEqual(await ended, { type: 'normal' });
  const rest = Array.from({ length: 150 }, (_, n) => `a${String(n)}`).filter((text) => text !== 'a1');
  assert.deepEqual(order, ['b0', 'a1', ...rest]);
});

test('a receive times out and loses nothing', async () => {
  const seen: unknown[] = [];
  const { process, ended } = await run(async (context) => {
    seen.push(await context.receive({ timeoutMs: 0 }), await context.receive('b', { timeoutMs: 20 }));
    seen.push((await context.receive()).type, await context.receive('a', { timeoutMs: Infinity }));
  });
  void process.tell({ type: 'stop' });
  setTimeout(() => void process.tell({ type: 'a', n: 1 }), 60);
  await ended;
  assert.deepEqual(seen, [undefined, undefined, 'stop', { type: 'a', n: 1 }]);
});

test('an ask may be answered later, and is answered when its process ends', async () => {
  const { process } = await run(async (context) => {
    await context.receive('get');
    const first = context.caller;
    await context.receive('get');
    context.caller?.fail(new RangeError('no'));
    first?.reply({ late: true });
    first?.reply('dropped');
    await context.receive('get');
  });
  const [first, second, third] = [0, 1, 2].map(() => process.ask({ type: 'get' }));
  await assert.rejects(second as Promise<unknown>, { message: 'RangeError: no' });
  assert.deepEqual(await first, { late: true });
  await assert.rejects(third as Promise<unknown>, NoProcess);
});

test('what a function throws is its crash, and what it exits with its reason', async () => {
  const thrown = await run(() => Promise.reject(new TypeError('bad')));
  const reason = await thrown.ended;
  assert.ok(reason.type === 'failed' || reason.type === 'no_process');
  const later = await run(async (context) => {
    await context.receive('stop');
    context.exit({ type: 'shutdown', detail: 'tired' });
  });
  await later.process.tell({ type: 'stop' });
  assert.deepEqual(await later.ended, { type: 'shutdown', detail: 'tired' });
  const crashed = await run(async (context) => {
    await context.receive('stop');
    throw new TypeError('bad');
  });
  await crashed.process.tell({ type: 'stop' });
  const crash = await crashed.ended;
  assert.ok(crash.type === 'failed' && crash.name === 'TypeError' && crash.stack.includes('receivers.test'));
});

test('a function that is ended from outside stops where it waits, and does nothing any more', async () => {
  let caught: unknown;
  let aborted = false;
  let after: unknown;
  const { engine, process, ended } = await run(async (context) => {
    context.signal.addEventListener('abort', () => (aborted = true));
    const other = context.spawn(echo, undefined, { name: 'other' });
    try {
      await context.receive();
    } catch (error) {
      caught = error;
      try {
        context.tell(other, 'a', { n: 1 });
      } catch (late) {
        after = late;
      }
      throw error;
    }
  });
  await nextTurnOfTheLoop();
  process.kill();
  assert.deepEqual(await ended, { type: 'killed' });
  await nextTurnOfTheLoop();
  assert.ok(caught instanceof ProcessEnded && after instanceof ProcessEnded && aborted);
  assert.deepEqual(await engine.whereis('other')?.ask('get'), []);
});

test('ends are received as messages, by a watch and by a link', async () => {
  const { process, ended } = await run(async (context) => {
    context.trapExits(true);
    const child = context.spawnLink(echo);
    const [watched, monitor] = context.spawnMonitor(echo);
    void context.self.tell({ type: 'b', n: 1 });
    watched.exit('kill');
    const down = await context.receive(monitor);
    assert.ok(down instanceof Down && down.reason.type === 'killed' && down.from.key === watched.number);
    child.exit({ type: 'custom', detail: 9 });
    const exit = await context.receive('exit');
    assert.ok(exit instanceof Exit && exit.from.key === child.number);
    assert.deepEqual(exit.reason, { type: 'custom', detail: 9 });
    const gone = context.monitor(child);
    assert.equal((await context.receive(gone)).reason.type, 'no_process');
    const passed = context.monitor(child);
    await context.receive('b');
    assert.equal(context.demonitor(passed, { flush: true }), false);
    assert.equal(await context.receive('down', { timeoutMs: 0 }), undefined);
    await context.receive('stop');
  });
  await process.tell({ type: 'stop' });
  assert.deepEqual(await ended, { type: 'normal' });
});

test('a message that does not fit is refused to who asked, and the process lives on', async () => {
  const engine = await open();
  const process = engine.spawn(echo) as unknown as ProcessRef;
  await assert.rejects(process.ask('a', { n: 'one' }), { name: 'InvalidPayload' });
  await process.tell('a', { n: 'one' });
  await process.tell('a', { n: 2 });
  assert.deepEqual(await process.ask('get'), ['a2']);
  await assert.rejects(process.ask('unknown'), { name: 'UnknownHandler' });
});

test('a receive looks at each message once, and for a fresh watch at none that came before', async () => {
  let looked = 0;
  const { process, ended } = await run(async (context) => {
    await context.receive('stop');
    await context.receive((message) => {
      looked += 1;
      return message.type === 'stop';
    });
    const [, monitor] = context.spawnMonitor(argued, { n: 1, to: context.self });
    await context.receive(monitor);
  });
  for (let n = 0; n < 1_000; n++) {
    void process.tell({ type: 'b', n });
  }
  void process.tell({ type: 'stop' });
  void process.tell({ type: 'b', n: 0 });
  await process.tell({ type: 'stop' });
  assert.deepEqual(await ended, { type: 'normal' });
  assert.equal(looked, 1_002);
});

test('a watch begins where it was made: what waited before is not looked at', () => {
  const mailbox = new Mailbox();
  const envelope = (type: string) => ({ ...EMPTY, message: { type } });
  for (let n = 0; n < 100; n++) {
    mailbox.push(envelope('b'));
  }
  const since = mailbox.came;
  mailbox.push(envelope('c'));
  let looked = 0;
  const matches = ({ type }: { type: string }) => {
    looked += 1;
    return type === 'c';
  };
  assert.equal(mailbox.take({ types: undefined, matches, since })?.message.type, 'c');
  assert.equal(looked, 1);
  assert.equal(mailbox.take({ types: ['c'], matches: undefined, since: 0 }), undefined);
  assert.equal(mailbox.count, 100);
});

test('processes that have ended leave nothing', async () => {
  const engine = await open();
  act = async (context) => {
    await context.receive('stop');
  };
  const spawned = Array.from({ length: 1_000 }, () => engine.spawn(actor));
  assert.equal(engine.stats().activations, 1_000);
  await Promise.all(spawned.map((one) => one.tell({ type: 'stop' })));
  await Promise.all(spawned.map((one) => one.ended()));
  assert.equal(engine.stats().activations, 0);
  assert.equal(engine.stats().open_turns ?? 0, 0);
});
