/**
 * Where a handler is that has the event loop: looked at from outside, and named while it does.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { Actor, Engine, handler, type Notice, process as receiver } from 'everact';

import { nextTurnOfTheLoop } from './actors.js';

const run = promisify(execFile);

/** Computes in a function of its own, so that the stack has more than the handler. */
function compute(ms: number): void {
  const end = Date.now() + ms;
  while (Date.now() < end) {
    // It has the loop.
  }
}

class Worker extends Actor {
  static override options = { transient: true };
  static override handlers = {
    work: handler({ message: 'integer' }),
    wait: handler(),
    workLater: handler({ message: 'integer' }),
  };

  work(ms: number): void {
    compute(ms);
  }

  async wait(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 400));
  }

  async workLater(ms: number): Promise<void> {
    await nextTurnOfTheLoop();
    compute(ms);
  }
}

const idle = receiver('idle', { messages: { go: { ms: 'integer' } } }, async (context) => {
  for (;;) {
    const { ms } = await context.receive('go');
    compute(ms);
  }
});

const open = (onNotice?: (notice: Notice) => void): Promise<Engine> =>
  Engine.open({
    actors: [Worker],
    processes: [idle],
    ...(onNotice === undefined ? {} : { slowTurnMs: 40, onNotice }),
  });

test('a look shows the stack of a handler that computes, the innermost frame first', async () => {
  await using engine = await open();
  const worker = engine.actor(Worker, 'a');
  const work = worker.work(800);
  const look = engine.inspect(worker);
  await work;
  const { stack } = await look;
  assert.match(String(stack), /^ {4}at compute \(.*:\d+:\d+\)\n {4}at work \(.*:\d+:\d+\)$/);
});

test('a handler and a process that wait have no stack, and a look does not wait for one for long', async () => {
  await using engine = await open();
  const worker = engine.actor(Worker, 'a');
  const waits = worker.wait();
  const receives = engine.spawn(idle);
  // Both have begun to wait: until then they compute.
  await nextTurnOfTheLoop();
  const begin = performance.now();
  assert.equal((await engine.inspect(worker)).stack, null);
  assert.equal((await engine.inspect(receives)).stack, null);
  assert.ok(performance.now() - begin < 5_000);
  await waits;
});

test('another one does not show the stack of the handler that has the loop', async () => {
  await using engine = await open();
  const [one, other] = [engine.actor(Worker, 'one'), engine.actor(Worker, 'other')];
  const waits = other.wait();
  await nextTurnOfTheLoop();
  const work = one.work(600);
  const look = engine.inspect(other);
  await work;
  assert.equal((await look).stack, null);
  await waits;
});

test('what goes on after it has waited is shown as what the event loop runs', async () => {
  await using engine = await open();
  const worker = engine.actor(Worker, 'a');
  const work = worker.workLater(800);
  await nextTurnOfTheLoop();
  const look = engine.inspect(worker);
  await work;
  assert.match(String((await look).stack), /^\(what the event loop runs, .*\)\n {4}at compute /);
  const process = engine.spawn(idle);
  await process.tell({ type: 'go', ms: 800 });
  const { stack } = await engine.inspect(process);
  assert.match(String(stack), /^\(what the event loop runs, .*\)\n {4}at compute /);
});

test('an engine that closes meanwhile lets a look go', async () => {
  const engine = await open();
  const worker = engine.actor(Worker, 'a');
  const work = worker.work(100);
  const look = engine.inspect(worker).catch(() => undefined);
  const closed = engine.close();
  await work;
  await Promise.all([look, closed]);
});

test('the notice of a handler that had the loop has its stack', async () => {
  const notices: Notice[] = [];
  await using engine = await open((notice) => notices.push(notice));
  await engine.actor(Worker, 'a').work(1_500);
  while (notices.length === 0) {
    await nextTurnOfTheLoop();
  }
  assert.equal(notices[0]?.name, 'SlowTurn');
  assert.match(notices[0].text, /^worker\/a work has been open for \d+ ms\n {4}at compute .*\n {4}at work /);
});

const PROGRAM = `
  const { Actor, Engine, handler } = require('everact');
  class Stuck extends Actor {
    static options = { transient: true };
    static handlers = { spin: handler() };
    spin() { const end = Date.now() + 60_000; while (Date.now() < end); }
  }
  Engine.open({ actors: [Stuck], slowTurnMs: 50 }).then((engine) => engine.actor(Stuck, 'x').spin());
`;

test('a handler that never comes back is named while it holds up the loop', async () => {
  const cwd = `${import.meta.dirname}/..`;
  const child = run(process.execPath, ['-e', PROGRAM], { cwd });
  let said = '';
  child.child.stderr?.on('data', (text: string) => (said += text));
  while (!said.includes('at spin')) {
    await nextTurnOfTheLoop();
  }
  child.child.kill('SIGKILL');
  await assert.rejects(child);
  assert.match(
    said,
    /\[EVERACT_1000\] EveractNotice: stuck\/x spin has held up the event loop for \d+ ms\n {4}at spin /,
  );
});
