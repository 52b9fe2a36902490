/** Promises that a handler leaves alone: they end neither the process nor the actor. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program with an engine whose handler leaves rejected promises behind, then `body`. */
function run(body: string, mode = 'notice', flags: readonly string[] = []): Outcome {
  const program = `
    import { Actor, Engine, handler } from '${new URL('../dist/index.mjs', import.meta.url).href}';
    import { setTimeout as sleep } from 'node:timers/promises';
    class Leaver extends Actor {
      static options = { transient: true };
      static handlers = { leave: handler(), soon: handler(), get: handler() };
      n = 0;
      async leave() {
        void this.later();
        this.n += 1;
        return this.n;
      }
      soon() { void Promise.reject(Object.create(null)); }
      get() { return this.n; }
      async later() { await sleep(5); throw new RangeError('left alone'); }
    }
    const notices = [];
    const onNotice = (notice) => notices.push(notice.text);
    const engine = await Engine.open({ data: null, actors: [Leaver], onNotice, unhandledRejections: '${mode}' });
    const leaver = engine.actor(Leaver, 'a');
    ${body}`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, '--input-type=module', '--eval', program],
    { encoding: 'utf8', cwd: fileURLToPath(new URL('..', import.meta.url)) },
  );
  return { status, out: stdout, err: stderr };
}

test('a promise that a handler leaves alone becomes a notice', () => {
  const { status, out, err } = run(`
    await leaver.leave();
    await leaver.soon();
    await sleep(50);
    console.log(await leaver.get(), JSON.stringify(notices));
    await engine.close();`);
  assert.equal(status, 0, err);
  const what = 'a promise that it started and nothing awaits was rejected';
  assert.ok(out.startsWith('1 '), out);
  assert.ok(out.includes(`leaver leave: ${what}: RangeError: left alone`), out);
  assert.ok(out.includes(`leaver soon: ${what}: `), out);
});

test('a rejection that is no handlers is what it was', () => {
  const outside = run(`
    await leaver.leave();
    await sleep(50);
    void Promise.reject(new TypeError('of the program'));
    await sleep(200);
    console.log('went on');`);
  assert.equal(outside.status, 1);
  assert.ok(outside.err.includes('TypeError: of the program'), outside.err);
  assert.ok(!outside.out.includes('went on'));

  const heard = run(`
    process.on('unhandledRejection', (reason) => console.log('heard', reason.message));
    void Promise.reject(new TypeError('of the program'));
    await sleep(20);
    await engine.close();`);
  assert.equal(heard.status, 0, heard.err);
  assert.ok(heard.out.includes('heard of the program'));

  const warned = run(
    `
    void Promise.reject(new TypeError('of the program'));
    await sleep(50);
    await leaver.leave();
    await sleep(50);
    console.log(notices.length);
    await engine.close();`,
    'notice',
    ['--unhandled-rejections=warn'],
  );
  assert.equal(warned.status, 0, warned.err);
  assert.ok(warned.err.includes('of the program'), warned.err);
  assert.ok(warned.out.startsWith('1'), warned.out);
});

test('after the engine a rejection is the process own again', () => {
  const { status, err } = run(`
    await engine.close();
    console.log(process.listenerCount('unhandledRejection'));
    void Promise.reject(new TypeError('later'));
    await sleep(200);`);
  assert.equal(status, 1);
  assert.ok(err.includes('TypeError: later'), err);
});

test('with throw nothing is changed', () => {
  const { status, err } = run(
    `
    await leaver.leave();
    await sleep(200);`,
    'throw',
  );
  assert.equal(status, 1);
  assert.ok(err.includes('RangeError: left alone'), err);
});
