/**
 * Processes whose methods are handlers: spawned, tied, named, grouped; and what is refused.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  Actor,
  type AnyProcess,
  child,
  type Context,
  type Down,
  type Exit,
  handler,
  InvalidArgument,
  InvalidDeclaration,
  type Joined,
  type Left,
  NameTaken,
  NoProcess,
  Process,
  process,
  ProcessRef,
  type StateTypes,
  supervisor,
  UnknownKind,
} from 'everact';

import { Counter, inMemory } from './actors.js';

class Worker extends Process {
  static override options = { name: 'worker' };
  static override handlers = {
    add: handler({ message: 'integer' }),
    boom: handler(),
    leave: handler(),
    whoAsks: handler(),
    startAnother: handler(),
    watch: handler({ message: { other: 'process' } }),
    tieTo: handler({ message: { other: 'process', trap: 'boolean' } }),
    heard: handler(),
    joinRoom: handler(),
    watchRoom: handler(),
    askPeer: handler({ message: 'integer' }),
  };
  static override state: StateTypes = { peer: 'process?' };
  total = 0;
  peer: ProcessRef | undefined = undefined;
  readonly #heard: string[] = [];

  add(by: number): number {
    return (this.total += by);
  }
  boom(): void {
    throw new TypeError('boom');
  }
  leave(_message: undefined, context: Context): void {
    context.exit({ type: 'custom', detail: { seat: 7 } });
  }
  whoAsks(_message: undefined, context: Context): string {
    return String(context.sender instanceof ProcessRef ? context.sender : context.sender?.key);
  }
  async startAnother(_message: undefined, context: Context): Promise<string> {
    return await context.spawnLink(Worker).whoAsks();
  }
  watch({ other }: { other: AnyProcess }, context: Context): void {
    context.monitor(other);
  }
  tieTo({ other, trap }: { other: AnyProcess; trap: boolean }, context: Context): boolean {
    const before = context.trapExits(trap);
    context.link(other);
    return before;
  }
  heard(): readonly string[] {
    return this.#heard;
  }
  joinRoom(_message: undefined, context: Context): void {
    context.join('room');
  }
  watchRoom(_message: undefined, context: Context): number {
    return context.monitorGroup('room')[1].length;
  }
  async askPeer(by: number): Promise<unknown> {
    return await this.peer?.ask('add', by);
  }
  override onExit({ from, reason }: Exit): void {
    this.#heard.push(`exit ${from.key} ${reason.type}`);
  }
  override onDown({ from, reason }: Down): void {
    this.#heard.push(`down ${from.kind}/${from.key} ${reason.type}`);
  }
  override onGroup(change: Joined | Left): void {
    this.#heard.push(`${change.type} ${change.group} ${change.process.number}`);
  }
}

class Watcher extends Actor {
  static override options = { transient: true };
  static override handlers = { watch: handler({ message: { other: 'process' } }), heard: handler() };
  ends: string[] = [];
  watch({ other }: { other: AnyProcess }, context: Context): void {
    context.monitor(other);
  }
  heard(): string[] {
    return this.ends;
  }
  onDown({ reason }: Down): void {
    this.ends.push(reason.type);
  }
}

const open = () => inMemory([Counter, Watcher], { processes: [Worker] });

test('a process begins with the values that it is spawned with, and answers', async () => {
  const engine = await open();
  const worker = engine.spawn(Worker, { total: 40 });
  assert.equal(await worker.add(2), 42);
  await worker.tell.add(1);
  assert.equal(await worker.ask('add', 1), 44);
  assert.equal(String(worker), `worker/${worker.number}`);
  assert.equal(worker.isAlive(), true);
  assert.ok(engine.process(String(worker)).equals(worker));
});

test('a handler that throws ends its process with the error and its stack', async () => {
  const engine = await open();
  const worker = engine.spawn(Worker);
  const ended = worker.ended();
  await assert.rejects(worker.boom(), { name: 'HandlerFailed', message: 'TypeError: boom' });
  const reason = await ended;
  assert.ok(reason.type === 'failed');
  assert.equal(reason.name, 'TypeError');
  assert.match(reason.stack, /processes\.test/);
  await worker.tell.add(1);
  await assert.rejects(worker.add(1), NoProcess);
  assert.equal(worker.isAlive(), false);
});

test('a process that exits ends with the reason that it gives, and its caller does not wait', async () => {
  const engine = await open();
  const worker = engine.spawn(Worker);
  const ended = worker.ended();
  await assert.rejects(worker.leave(), NoProcess);
  assert.deepEqual(await ended, { type: 'custom', detail: { seat: 7 } });
});

test('names belong to the living', async () => {
  const engine = await open();
  const worker = engine.spawn(Worker, {}, { name: 'first' });
  assert.ok(engine.whereis('first')?.equals(worker));
  assert.throws(() => engine.spawn(Worker, {}, { name: 'first' }), NameTaken);
  assert.throws(() => {
    engine.register('first', engine.spawn(Worker));
  }, NameTaken);
  assert.equal(await engine.whereis('first')?.ask('add', 1), 1);
  worker.kill();
  assert.deepEqual(await worker.ended(), { type: 'killed' });
  assert.equal(engine.whereis('first'), undefined);
  assert.throws(() => {
    engine.register('first', worker);
  }, NoProcess);
});

test('the sender of a message and what is spawned by a turn are known', async () => {
  const engine = await open();
  const worker = engine.spawn(Worker);
  assert.equal(await worker.startAnother(), String(worker));
});

test('links end those that do not trap exits, and are heard by those that do', async () => {
  const engine = await open();
  const [one, two, three] = [engine.spawn(Worker), engine.spawn(Worker), engine.spawn(Worker)];
  assert.equal(await one.tieTo({ other: two, trap: false }), false);
  assert.equal(await three.tieTo({ other: one, trap: true }), false);
  two.exit({ type: 'custom', detail: 'over' });
  assert.equal(one.isAlive(), false);
  assert.deepEqual(await three.heard(), [`exit ${one.number} custom`]);
  three.exit('shutdown');
  assert.equal(three.isAlive(), true);
  three.kill();
  assert.equal(three.isAlive(), false);
});

test('a watch tells once of the end, by processes and by actors', async () => {
  const engine = await open();
  const [watched, watching] = [engine.spawn(Worker), engine.spawn(Worker)];
  const actor = engine.actor(Watcher, 'a');
  await watching.watch({ other: watched });
  await actor.watch({ other: watched });
  watched.exit({ type: 'shutdown', detail: [1] });
  assert.deepEqual(await watching.heard(), [`down worker/${watched.number} shutdown`]);
  assert.deepEqual(await actor.heard(), ['shutdown']);
  await actor.watch({ other: watched });
  assert.deepEqual(await actor.heard(), ['shutdown', 'no_process']);
});

test('groups have members, tell of changes, and are published to', async () => {
  const engine = await open();
  const [one, two, watcher] = [engine.spawn(Worker), engine.spawn(Worker), engine.spawn(Worker)];
  await one.joinRoom();
  engine.join('room', two);
  assert.equal(await watcher.watchRoom(), 2);
  assert.deepEqual(engine.members('room').map(String), [String(one), String(two)]);
  assert.deepEqual(await engine.groups(), ['room']);
  assert.equal(engine.publish('room', 'add', 3), 2);
  assert.equal(await two.add(0), 3);
  assert.equal(engine.leave('room', two), true);
  assert.equal(engine.leave('room', two), false);
  one.kill();
  assert.deepEqual(await watcher.heard(), [`left room ${two.number}`, `left room ${one.number}`]);
  assert.equal(engine.publish('room', 'add', 3), 0);
  assert.deepEqual(await engine.groups(), []);
});

test('a reference in a state sends in the name of its process', async () => {
  const engine = await open();
  const peer = engine.spawn(Worker, { total: 1 });
  const worker = engine.spawn(Worker, { peer: engine.process(String(peer)) });
  assert.equal(await worker.askPeer(1), 2);
  peer.kill();
  await assert.rejects(worker.askPeer(1), { name: 'HandlerFailed', message: /NoProcess/ });
});

test('what cannot be spawned is refused where it is asked for', async () => {
  const engine = await open();
  assert.throws(() => engine.spawn('counter'), UnknownKind);
  assert.throws(() => engine.spawn('nobody'), UnknownKind);
  assert.throws(() => engine.spawn(Worker, { totl: 1 } as object), /no field totl/);
  assert.throws(() => engine.spawn(Worker, { total: () => 1 } as object), InvalidArgument);
  assert.throws(() => engine.actor('worker', 'a'), InvalidArgument);
  assert.throws(() => engine.process('counter/1'), InvalidArgument);
  assert.throws(() => engine.process('worker/x'), InvalidArgument);
  const worker = engine.spawn(Worker);
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  assert.throws(() => {
    worker.exit({ type: 'custom', detail: circle });
  }, /detail/);
  assert.throws(() => {
    worker.exit('tired' as 'kill');
  }, InvalidArgument);
  assert.equal(worker.isAlive(), true);
});

test('declarations that cannot be are refused', async () => {
  class Killer extends Process {
    static override handlers = { kill: handler() };
    kill(): void {
      // Nothing.
    }
  }
  class Durable extends Process {
    static override options = { transient: true } as object;
  }
  const exits = process('exits', { messages: { exit: {} } }, () => undefined);
  for (const kind of [Killer, Durable, exits]) {
    await assert.rejects(inMemory([], { processes: [kind] }), InvalidDeclaration);
  }
});

test('the kind of a child that was started is known after its end', async () => {
  await using engine = await inMemory([], { processes: [Worker] });
  const template = child(Worker, {}, { restart: 'temporary' });
  const pool = await engine.startSupervisor(supervisor({ strategy: 'dynamic', children: [template] }));
  const gone = await pool.start(Worker);
  assert.ok(gone !== undefined);
  await pool.terminateChild(gone);
  assert.equal(gone.kind, 'worker');
  await gone.tell.boom();
});
