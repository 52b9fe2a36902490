/**
 * Engines: durable state, restart, locks, closing, backup, settings.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import {
  Actor,
  Closed,
  DataLocked,
  DuplicateKind,
  Engine,
  handler,
  InvalidConfiguration,
  type Notice,
  restore,
  UnknownHandler,
  UnknownKind,
} from 'everact';

import { Counter, emptyFolder, gate, inMemory, nextTurnOfTheLoop, Scratch } from './actors.js';

const actors = [Counter, Scratch];

test('durable state survives a restart, transient state does not', async () => {
  const folder = emptyFolder();
  const first = await Engine.open(folder, { actors });
  assert.equal(await first.actor(Counter, 'a').add(5), 5);
  assert.equal(await first.actor(Scratch, 'a').add(5), 5);
  await first.close();
  await using second = await Engine.open(folder, { actors });
  assert.equal(await second.actor(Counter, 'a').get(), 5);
  assert.equal(await second.actor(Scratch, 'a').get(), 0);
});

test('an engine without a folder keeps everything in memory', async () => {
  await using engine = await inMemory(actors);
  assert.equal(await engine.actor(Counter, 'a').add(2), 2);
  assert.equal(engine.stats().activations, 1);
});

test('EVERACT_DATA names the folder where the program does not', async () => {
  const folder = emptyFolder();
  process.env.EVERACT_DATA = folder;
  const first = await Engine.open({ actors });
  delete process.env.EVERACT_DATA;
  await first.actor(Counter, 'a').add(3);
  await first.close();
  await using second = await Engine.open(folder, { actors });
  assert.equal(await second.actor(Counter, 'a').get(), 3);
});

test('a second engine on the same folder is told who holds it', async () => {
  const folder = emptyFolder();
  await using engine = await Engine.open(folder, { actors });
  await assert.rejects(Engine.open(folder, { actors }), (error: Error) => {
    assert.ok(error instanceof DataLocked);
    assert.match(error.message, new RegExp(String(process.pid)));
    return true;
  });
  assert.equal(await engine.actor(Counter, 'a').add(1), 1);
});

test('a folder can be opened again once its engine is closed', async () => {
  const folder = emptyFolder();
  for (let round = 1; round <= 3; round++) {
    await using engine = await Engine.open(folder, { actors });
    assert.equal(await engine.actor(Counter, 'a').add(1), round);
  }
});

test('a setting that does not exist or is out of range is refused', async () => {
  const misspelt = { actors, shard: 1 } as unknown as { actors: typeof actors };
  await assert.rejects(Engine.open(misspelt), InvalidConfiguration);
  await assert.rejects(Engine.open({ actors, data: null, shards: 65 }), InvalidConfiguration);
});

test('a kind that is registered twice is refused', async () => {
  await assert.rejects(inMemory([Counter, Counter]), DuplicateKind);
});

test('unknown kinds and handlers are named', async () => {
  class Stranger extends Actor {}
  await using engine = await inMemory(actors);
  assert.throws(() => engine.actor('stranger', 'a'), UnknownKind);
  assert.throws(() => engine.actor(Stranger, 'a'), UnknownKind);
  await assert.rejects(engine.actor('counter', 'a').ask('subtract', 1), (error: Error) => {
    assert.ok(error instanceof UnknownHandler);
    assert.match(error.message, /subtract/);
    return true;
  });
  await assert.rejects(engine.actor('counter', 'a').tell('subtract', 1), UnknownHandler);
});

test('asks on a closed engine are refused, closing twice is fine', async () => {
  const engine = await inMemory(actors);
  const counter = engine.actor(Counter, 'a');
  await counter.add(1);
  await Promise.all([engine.close(), engine.close()]);
  await engine.close();
  await assert.rejects(counter.add(1), Closed);
  await assert.rejects(counter.tell('add', 1), Closed);
  assert.throws(() => engine.stats(), Closed);
  await assert.rejects(engine.backup('anywhere'), Closed);
});

test('closing finishes what is under way', async () => {
  const folder = emptyFolder();
  const engine = await Engine.open(folder, { actors });
  gate.shut();
  const slow = engine.actor(Counter, 'a').addSlowly(4);
  await engine.actor(Counter, 'b').add(1);
  const closed = engine.close({ deadlineMs: 5_000 });
  gate.open();
  assert.equal(await slow, 4);
  await closed;
  await using again = await Engine.open(folder, { actors });
  assert.equal(await again.actor(Counter, 'a').get(), 4);
});

test('closing past its deadline answers the asks that are open', async () => {
  const engine = await inMemory(actors);
  gate.shut();
  const slow = engine.actor(Counter, 'a').addSlowly(4);
  const outcome = assert.rejects(slow, Closed);
  await engine.close({ deadlineMs: 20 });
  await outcome;
  gate.open();
});

test('a backup opens as a folder of its own', async () => {
  const [folder, backup, restored] = [emptyFolder(), `${emptyFolder()}/copy`, `${emptyFolder()}/back`];
  await using engine = await Engine.open(folder, { actors });
  await engine.actor(Counter, 'a').add(7);
  await engine.backup(backup);
  await engine.actor(Counter, 'a').add(1);
  await restore(backup, restored);
  await using other = await Engine.open(restored, { actors });
  assert.equal(await other.actor(Counter, 'a').get(), 7);
});

test('a slow turn is reported with its name', async () => {
  const notices: Notice[] = [];
  await using engine = await Engine.open({
    data: null,
    actors,
    slowTurnMs: 20,
    onNotice: (notice) => notices.push(notice),
  });
  gate.shut();
  const slow = engine.actor(Counter, 'snail').addSlowly(1);
  while (notices.length === 0) {
    await nextTurnOfTheLoop();
  }
  gate.open();
  await slow;
  assert.equal(notices[0]?.name, 'SlowTurn');
  assert.equal(notices[0].code, 1000);
  assert.match(notices[0].text, /^counter\/snail add_slowly has been open for \d+ ms$/);
});

test('two engines live side by side', async () => {
  await using one = await inMemory(actors);
  await using two = await inMemory(actors);
  await one.actor(Counter, 'a').add(1);
  await two.actor(Counter, 'a').add(10);
  assert.equal(await one.actor(Counter, 'a').get(), 1);
  assert.equal(await two.actor(Counter, 'a').get(), 10);
});

const PROGRAM = `
  const { Actor, Engine, handler } = require('everact');
  class Slow extends Actor {
    static handlers = { wait: handler() };
    async wait(ms) { await new Promise((done) => setTimeout(done, ms).unref()); return 'waited'; }
  }
  const listen = process.argv[1] === 'listen' ? '127.0.0.1:0' : undefined;
  Engine.open({ data: null, actors: [Slow], listen }).then(async (engine) => {
    const end = () => { console.log('closed'); void engine.close(); };
    if (listen) setTimeout(end, 100).unref();
    if (process.argv[1] === 'ask') console.log(await engine.actor(Slow, 'a').wait(50));
    console.log('done');
  });
`;

/** Runs a program that never closes its engine. */
function runProgram(argument: string): { status: number | null; stdout: string } {
  const done = spawnSync(process.execPath, ['-e', PROGRAM, argument], { encoding: 'utf8', timeout: 20_000 });
  return { status: done.status, stdout: done.stdout };
}

test('an idle engine does not keep the process alive', () => {
  assert.deepEqual(runProgram('idle'), { status: 0, stdout: 'done\n' });
});

test('an engine that listens keeps the process alive until it is closed', () => {
  assert.deepEqual(runProgram('listen'), { status: 0, stdout: 'done\nclosed\n' });
});

const RELAY = `
  const { Actor, Engine, handler } = require('everact');
  const { mkdtempSync, rmSync } = require('node:fs');
  const folder = mkdtempSync(require('node:os').tmpdir() + '/everact-relay-');
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  class A extends Actor {
    static handlers = { go: handler(), back: handler() };
    hops = 0;
    go(_message, context) {
      this.hops += 1;
      context.tell(context.actor('b', 'b'), 'hop');
    }
    async back() {
      // Nothing of Node's holds the loop here: an open turn does.
      await new Promise((resolve) => setTimeout(resolve, 30).unref());
      console.log('back');
    }
  }
  class B extends Actor {
    static handlers = { hop: handler() };
    hops = 0;
    hop(_message, context) {
      this.hops += 1;
      context.actor('a', 'a').tell.back();
    }
  }
  Engine.open(folder, { actors: [A, B] }).then((engine) => engine.actor(A, 'a').go());
`;

test('messages on their way and open turns keep the process alive', () => {
  const done = spawnSync(process.execPath, ['-e', RELAY], { encoding: 'utf8', timeout: 20_000 });
  assert.deepEqual([done.status, done.stdout, done.stderr], [0, 'back\n', '']);
});

const MISHAP = `
  const { Actor, Engine, handler } = require('everact');
  class A extends Actor {
    static handlers = { bad: handler(), fine: handler() };
    async bad() { await 0; throw Object.create(null); }
    fine() { return 'fine'; }
  }
  Engine.open({ data: null, actors: [A] }).then(async (engine) => {
    await engine.actor(A, 'a').bad().catch((error) => console.log(error.name));
    console.log(await engine.actor(A, 'a').fine());
  });
`;

test('what a handler throws never ends the process', () => {
  const done = spawnSync(process.execPath, ['-e', MISHAP], { encoding: 'utf8', timeout: 20_000 });
  assert.deepEqual([done.status, done.stdout], [0, 'HandlerFailed\nfine\n']);
  // The failure is reported once, as what it is.
  assert.match(done.stderr, /EveractNotice: a\/a bad: Error: what was thrown has no text that can be read\n/);
  assert.equal(done.stderr.split('EveractNotice').length, 2);
});

test('an open ask keeps the process alive until its reply', () => {
  assert.deepEqual(runProgram('ask'), { status: 0, stdout: 'waited\ndone\n' });
});

test('both module systems give the same classes', () => {
  const required = createRequire(import.meta.url)('everact') as Record<string, unknown>;
  assert.equal(required.Engine, Engine);
  assert.equal(required.Closed, Closed);
});

test('a handler keeps its name for other languages', async () => {
  class Renamed extends Actor {
    static override options = { name: 'old_name' };
    static override handlers = { failAfter: handler(), second: handler({ name: 'other' }) };
    failAfter(): string {
      return 'first';
    }
    second(): string {
      return 'second';
    }
  }
  await using engine = await inMemory([Renamed]);
  const reference = engine.actor('old_name', 'a');
  assert.equal(reference.kind, 'old_name');
  assert.equal(await reference.ask('fail_after'), 'first');
  assert.equal(await reference.ask('failAfter'), 'first');
  assert.equal(await reference.ask('other'), 'second');
});
