/**
 * Servers: what comes between messages, how they end, and what is refused.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  type ExitReason,
  handler,
  HandlerFailed,
  InvalidArgument,
  InvalidDeclaration,
  NoProcess,
  Process,
  Server,
  type ServerContext,
  UnknownHandler,
} from 'everact';

import { inMemory } from './actors.js';

const ended: string[] = [];

class Plain extends Process {}

class Session extends Server {
  static override handlers = {
    say: handler({ message: 'string' }),
    lines: handler(),
    leave: handler({ message: 'string' }),
    wait: handler({ message: 'number' }),
    fail: handler(),
    giveWrong: handler(),
    giveWrongLater: handler(),
    wantWrong: handler(),
  };
  lines_: string[] = [];
  name = '';
  failsAtEnd = false;

  override activated(context: ServerContext): void {
    context.trapExits(true);
    context.continueWith({ greet: this.name });
  }
  override onContinue(value: unknown): void {
    this.lines_ = [...this.lines_, `hello ${(value as { greet: string }).greet}`];
  }
  say(line: string, context: ServerContext): boolean {
    this.lines_ = [...this.lines_, line];
    return context.isTell;
  }
  lines(): readonly string[] {
    return this.lines_;
  }
  leave(word: string, context: ServerContext): string {
    context.reply(word);
    return context.exit('shutdown');
  }
  wait(ms: number, context: ServerContext): void {
    context.idleTimeout(ms);
  }
  override onTimeout(): void {
    this.lines_ = [...this.lines_, 'nothing came'];
  }
  fail(): void {
    this.lines_ = [...this.lines_, 'this is undone'];
    throw new RangeError('boom');
  }
  giveWrong(): unknown {
    this.lines_ = [...this.lines_, 'this is undone'];
    return () => undefined;
  }
  async giveWrongLater(): Promise<unknown> {
    await Promise.resolve();
    return this.giveWrong();
  }
  wantWrong(_message: undefined, context: ServerContext): void {
    context.continueWith(() => undefined);
  }
  override async terminate(reason: ExitReason): Promise<void> {
    await Promise.resolve();
    ended.push(`${reason.type} after ${this.lines_.join(', ')}`);
    if (this.failsAtEnd) {
      throw new TypeError('worse');
    }
  }
}

test('what a server wants to go on with comes before any message', async () => {
  await using engine = await inMemory([], { processes: [Session] });
  const session = engine.spawn(Session, { name: 'ada' });
  assert.equal(await session.say('first'), false);
  assert.deepEqual(await session.lines(), ['hello ada', 'first']);
});

test('a time-out comes when nothing else does', async () => {
  await using engine = await inMemory([], { processes: [Session] });
  const session = engine.spawn(Session, { name: 'bob' });
  await session.wait(60_000);
  await session.wait(1);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(await session.lines(), ['hello bob', 'nothing came']);
});

test('terminate sees why, and the state that was accepted', async () => {
  await using engine = await inMemory([], { processes: [Session] });
  ended.length = 0;
  const failing = engine.spawn(Session, { name: 'c' });
  await assert.rejects(failing.fail(), HandlerFailed);
  assert.deepEqual(ended, ['failed after hello c']);
  const leaving = engine.spawn(Session, { name: 'd' });
  const end = leaving.ended();
  assert.equal(await leaving.leave('bye'), 'bye');
  assert.deepEqual(await end, { type: 'shutdown' });
  const stopped = engine.spawn(Session, { name: 'e' });
  const stop = stopped.ended();
  await engine.stop(stopped, { type: 'custom', detail: 7 });
  assert.deepEqual(await stop, { type: 'custom', detail: 7 });
  assert.deepEqual(ended.slice(1), ['shutdown after hello d', 'custom after hello e']);
});

test('terminate runs where a reply cannot be encoded', async () => {
  await using engine = await inMemory([], { processes: [Session] });
  ended.length = 0;
  for (const ask of ['giveWrong', 'giveWrongLater'] as const) {
    const session = engine.spawn(Session, { name: ask });
    const end = session.ended();
    await assert.rejects(session[ask](), HandlerFailed);
    const reason = await end;
    assert.ok(reason.type === 'failed' && reason.name === 'InvalidPayload', JSON.stringify(reason));
  }
  assert.deepEqual(ended, ['failed after hello giveWrong', 'failed after hello giveWrongLater']);
});

test('what terminate throws is the reason then', async () => {
  await using engine = await inMemory([], { processes: [Session] });
  const session = engine.spawn(Session, { failsAtEnd: true });
  const end = session.ended();
  await assert.rejects(engine.stop(session), HandlerFailed);
  const reason = await end;
  assert.ok(reason.type === 'failed' && reason.name === 'TypeError');
});

test('what cannot be encoded is refused where it is given', async () => {
  await using engine = await inMemory([], { processes: [Session, Plain] });
  const session = engine.spawn(Session);
  await assert.rejects(session.wantWrong(), /InvalidArgument: continueWith: /);
  await assert.rejects(engine.stop(session), NoProcess);
  await assert.rejects(engine.stop(engine.spawn(Plain)), UnknownHandler);
  const other = engine.spawn(Session);
  assert.throws(() => {
    other.exit('weary' as never);
  }, InvalidArgument);
});

test('names of hooks are no handlers', async () => {
  class Wrong extends Server {
    static override handlers = { terminate: handler() };
    override terminate(): void {
      // Never called.
    }
  }
  await assert.rejects(inMemory([], { processes: [Wrong] }), InvalidDeclaration);
});
