/**
 * Event managers: handlers that come, go, are swapped and supervised.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  type After,
  EventHandler,
  EventHandlerError,
  eventManager,
  type HandlerContext,
  InvalidArgument,
  InvalidDeclaration,
  ManagerRef,
  NoProcess,
  process,
  Refuse,
  type StateTypes,
  UnknownKind,
  type WhyLeft,
} from 'everact';

import { inMemory } from './actors.js';

const log: string[] = [];

class Counter extends EventHandler {
  static override state: StateTypes = { count: 'integer' };
  count = 0;
  override async init(after: After | undefined): Promise<void> {
    await Promise.resolve();
    if (this.count < 0) {
      throw new Refuse('too low');
    }
    log.push(`counter after ${after === undefined ? 'nothing' : after.type}`);
  }
  override onEvent(event: unknown, context: HandlerContext): void {
    this.count += 1;
    if (event === 'leave') {
      context.remove();
    } else if (event === 'fail') {
      throw new RangeError('boom');
    } else if (event === 'turn') {
      context.swap('other', Counter, { count: 100 }, 'farewell');
    }
  }
  override onInfo(message: { readonly type: string }): void {
    log.push(message.type);
  }
  override onCall(query: unknown): unknown {
    return query === 'count' ? this.count : undefined;
  }
  override terminate(why: WhyLeft): number {
    log.push(`left: ${why.type}`);
    return this.count;
  }
}

class Stranger extends EventHandler {}

const events = eventManager('events', { handlers: [Counter], messages: { tick: { n: 'integer' } } });

const owner = process('owner', { argument: 'process', messages: { stop: {} } }, async (context, given) => {
  const manager = given;
  assert.ok(manager instanceof ManagerRef);
  await manager.add('owned', Counter, {}, { supervised: true });
  const gone = await context.receive('handler_gone');
  log.push(`gone: ${gone.id} ${gone.reason.type}`);
});

test('handlers see events, are asked, and leave', async () => {
  await using engine = await inMemory([], { processes: [events] });
  log.length = 0;
  const manager = engine.spawn(events, undefined, { name: 'the events' });
  await manager.add('one', Counter);
  await manager.add('two', Counter, { count: 10 });
  assert.deepEqual(await manager.handlers(), ['two', 'one']);
  await manager.notify({ opened: 'the door' });
  await manager.syncNotify(null);
  assert.equal(await manager.call('one', 'count'), 2);
  assert.equal(await manager.call('one', 'what'), null);
  assert.equal(await manager.remove('two', 'bye'), 12);
  await manager.syncNotify('leave');
  assert.deepEqual(await manager.handlers(), []);
  assert.deepEqual(log, ['counter after nothing', 'counter after nothing', 'left: asked', 'left: removed']);
  await manager.stop('shutdown');
  assert.ok(!manager.isAlive());
  await assert.rejects(manager.handlers(), NoProcess);
  await manager.notify('nobody hears it');
});

test('a handler that fails leaves, and its manager goes on', async () => {
  await using engine = await inMemory([], { processes: [events], onNotice: () => undefined });
  const manager = engine.spawn(events);
  await manager.add('one', Counter);
  await manager.syncNotify('fail');
  assert.deepEqual(await manager.handlers(), []);
});

test('one gives its place to another', async () => {
  await using engine = await inMemory([], { processes: [events] });
  const manager = engine.spawn(events);
  await manager.add('one', Counter);
  await manager.syncNotify('turn');
  assert.deepEqual(await manager.handlers(), ['other']);
  await manager.swap({ old: 'other', id: 'third', handler: Counter, fields: { count: 5 } });
  assert.equal(await manager.call('third', 'count'), 5);
});

test('what is refused', async () => {
  await using engine = await inMemory([], { processes: [events] });
  const manager = engine.spawn(events);
  const why = (expected: EventHandlerError['why']) => (error: unknown) =>
    error instanceof EventHandlerError && error.why === expected;
  await assert.rejects(manager.call('none'), why('no_such_handler'));
  await manager.add('one', Counter);
  await assert.rejects(manager.add('one', Counter), why('already_there'));
  await assert.rejects(manager.add('two', Counter, { count: -1 }), why('refused'));
  await assert.rejects(manager.add('two', Stranger), UnknownKind);
  await assert.rejects(manager.add('two', Counter, { count: 'many' as never }), InvalidArgument);
  await assert.rejects(manager.add('two', Counter, {}, { supervised: true }), InvalidArgument);
  await assert.rejects(
    manager.notify(() => undefined),
    InvalidArgument,
  );
  const wrong = eventManager('wrong', { handlers: [Counter], state: 1 } as never);
  await assert.rejects(inMemory([], { processes: [wrong] }), InvalidDeclaration);
});

test('other messages, and the owner of a handler', async () => {
  await using engine = await inMemory([], { processes: [events, owner] });
  log.length = 0;
  const manager = engine.spawn(events);
  await manager.add('one', Counter);
  await manager.ask('tick', { n: 1 });
  assert.deepEqual(log, ['counter after nothing', 'tick']);
  const one = engine.spawn(owner, manager);
  const end = one.ended();
  while (!(await manager.handlers()).includes('owned')) {
    // It is on its way.
  }
  await manager.remove('owned');
  await end;
  assert.equal(log.at(-1), 'gone: owned normal');
});
