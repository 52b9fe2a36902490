/**
 * Application errors, callers, tells with options, log lines: what travels with messages.
 */

import assert from 'node:assert/strict';
import { subscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';

import {
  Actor,
  AlreadyApplied,
  ApplicationError,
  connect,
  type Context,
  Engine,
  handler,
  HandlerFailed,
  InvalidDeclaration,
  TooLarge,
} from 'everact';

import { Counter, emptyFolder, inMemory, nextTurnOfTheLoop } from './actors.js';

class SeatTaken extends ApplicationError {
  readonly seat: string;
  constructor(seat: string) {
    super(`seat ${seat} is taken`);
    this.seat = seat;
  }
}

class Gone extends ApplicationError {
  static override readonly type = 'no_such_show';
  static override readonly status = 404;
}

class Show extends Actor {
  static override options = { exposed: true };
  static override errors = [SeatTaken];
  static override handlers = {
    book: handler({ message: 'string' }),
    through: handler({ message: 'string' }),
    gone: handler(),
    huge: handler(),
    badly: handler(),
    hidden: handler({ internal: true }),
  };
  book(seat: string): void {
    throw new SeatTaken(seat);
  }
  async through(seat: string, context: Context): Promise<string> {
    try {
      await context.actor(Show, 'inner').book(seat);
      return 'free';
    } catch (error) {
      if (error instanceof SeatTaken) {
        return error.seat;
      }
      throw error;
    }
  }
  gone(): void {
    throw new Gone('no such show', { details: { show: 'hamlet' } });
  }
  huge(): void {
    throw new SeatTaken('x'.repeat(70_000));
  }
  badly(): void {
    throw new SeatTaken('\ud800');
  }
  hidden(): string {
    return 'hidden';
  }
}

test('an application error arrives as its class with its fields, here and over a connection', async () => {
  await using engine = await Engine.open({ data: null, actors: [Show], listen: '127.0.0.1:0' });
  await using connection = await connect(`http://${String(engine.address)}`, { actors: [Show] });
  for (const scope of [engine, connection]) {
    await assert.rejects(scope.actor(Show, 'a').book('12A'), (error: Error) => {
      assert.ok(error instanceof SeatTaken);
      assert.deepEqual(
        [error.message, error.seat, error.type, error.status, error.details, error.code],
        ['seat 12A is taken', '12A', 'seat_taken', 409, { seat: '12A' }, 22],
      );
      return true;
    });
    await assert.rejects(scope.actor(Show, 'a').gone(), (error: Error) => {
      assert.ok(error instanceof ApplicationError && !(error instanceof Gone));
      assert.deepEqual([error.type, error.status, error.details], ['no_such_show', 404, { show: 'hamlet' }]);
      return true;
    });
    assert.equal(await scope.actor(Show, 'a').through('7B'), '7B');
    await assert.rejects(scope.actor(Show, 'a').badly(), HandlerFailed);
    await assert.rejects(scope.actor(Show, 'a').huge(), TooLarge);
    assert.equal(new ApplicationError('x').name, 'ApplicationError');
  }
});

test('two classes of one type, and what is no class of errors, are refused', async () => {
  class Other extends ApplicationError {
    static override readonly type = 'seat_taken';
  }
  await assert.rejects(Engine.open({ data: null, actors: [Show], errors: [Other] }), InvalidDeclaration);
  await assert.rejects(
    Engine.open({ data: null, actors: [Show], errors: [Error as never] }),
    InvalidDeclaration,
  );
});

test('tells from outside carry a producer, a key and metadata; tells of a turn carry metadata', async () => {
  class Post extends Actor {
    static override handlers = { send: handler(), hear: handler(), heard: handler({ readOnly: true }) };
    trips: unknown[] = [];
    send(_message: undefined, context: Context): void {
      context.tell(context.actor(Post, 'b'), 'hear', undefined, { metadata: { 'x-trip': 'one' } });
      void context.actor(Post, 'b').tell.hear(undefined, { metadata: { 'x-trip': 'two' } });
    }
    hear(_message: undefined, context: Context): void {
      this.trips.push(context.metadata['x-trip']);
    }
    heard(): unknown[] {
      return this.trips;
    }
  }
  await using engine = await Engine.open(emptyFolder(), { actors: [Post, Counter] });
  await engine.actor(Post, 'a').send();
  await engine.actor(Post, 'b').tell.hear(undefined, { metadata: { 'x-trip': 'three' } });
  while ((await engine.actor(Post, 'b').heard()).length < 3) await nextTurnOfTheLoop();
  assert.deepEqual((await engine.actor(Post, 'b').heard()).slice().sort(), ['one', 'three', 'two']);
  const counter = engine.actor(Counter, 'a');
  await counter.tell.add(1, { producer: 'p', sequence: 1 });
  await counter.tell.add(1, { producer: 'p', sequence: 1 }).catch((error: unknown) => {
    assert.ok(error instanceof AlreadyApplied);
  });
  await counter.tell('add', 1, { idempotencyKey: 'k' });
  await counter.tell('add', 1, { idempotencyKey: 'k' });
  assert.equal(await counter.get(), 2);
});

test('the caller is nobody where this process asks', async () => {
  let seen: unknown = 'nothing';
  class Watcher extends Actor {
    static override handlers = { look: handler() };
    look(_message: undefined, context: Context): void {
      seen = context.caller;
    }
  }
  await using engine = await inMemory([Watcher]);
  await engine.actor(Watcher, 'a').look();
  assert.equal(seen, undefined);
});

test('a variable that no setting reads is reported', async () => {
  process.env.EVERACT_ASK_TIMEOUT = '5000';
  const notices: string[] = [];
  await using engine = await inMemory([Counter], { onNotice: ({ text }) => notices.push(text) });
  delete process.env.EVERACT_ASK_TIMEOUT;
  await engine.actor(Counter, 'a').add(1);
  const isSaid = (text: string): boolean => text.includes('did you mean EVERACT_ASK_TIMEOUT_MS?');
  for (let round = 0; round < 10_000 && !notices.some(isSaid); round++) await nextTurnOfTheLoop();
  assert.ok(notices.some(isSaid), JSON.stringify(notices));
});

test("the core's diagnostics reach their channel with their fields", async () => {
  interface Line {
    level: string;
    event: string;
    fields: Record<string, unknown>;
    text: string;
  }
  const lines: Line[] = [];
  subscribe('everact.log', (line) => lines.push(line as Line));
  await using engine = await inMemory([Counter], { logLevel: 'trace' });
  const key = 'a "b"\n';
  await engine.actor(Counter, key).add(1);
  const find = (event: string): Line | undefined => lines.find((line) => line.event === event);
  for (let round = 0; round < 10_000 && find('turn.end') === undefined; round++) await nextTurnOfTheLoop();
  const start = find('turn.start');
  assert.equal(start?.level, 'trace');
  const { kind, key: named, handler, system, turn } = start.fields;
  assert.deepEqual([kind, named, handler, system], ['counter', key, 'add', '(memory)']);
  assert.match(start.text, /^turn.start kind=counter key="a \\"b\\"\\n" handler=add turn=/);
  assert.equal(find('turn.end')?.fields.turn, turn);
  assert.equal(find('turn.end')?.fields.changed, true);
});

class Says {
  readonly #json: unknown;
  constructor(json: unknown) {
    this.#json = json;
  }
  toJSON(): unknown {
    return this.#json;
  }
}

let said: unknown;
class Speaker extends Actor {
  static override handlers = { say: handler(), fail: handler(), hear: handler(), pass: handler() };
  say(): unknown {
    return new Says(said);
  }
  fail(): void {
    throw new ApplicationError('odd', { type: 'odd', details: { of: new Says(said) } });
  }
  hear(message: unknown): unknown {
    return message;
  }
  async pass(_message: unknown, context: Context): Promise<unknown> {
    return context
      .actor(Speaker, 'inner')
      .hear({ part: new Says(said) })
      .catch(String);
  }
}

test('what toJSON gives in replies, messages and details is sent, or refused with its path', async () => {
  await using engine = await inMemory([Speaker]);
  const speaker = engine.actor(Speaker, 'a');
  said = { total: 5n, at: new Date(0) };
  assert.deepEqual(await speaker.say(), { total: 5, at: '1970-01-01T00:00:00.000Z' });
  await assert.rejects(speaker.fail(), (error: ApplicationError) => {
    assert.deepEqual(error.details, { of: { total: 5, at: '1970-01-01T00:00:00.000Z' } });
    return true;
  });
  said = { total: NaN };
  await assert.rejects(speaker.say(), /the reply of say: total: NaN has no form in JSON/);
  await assert.rejects(speaker.fail(), /details\.of\.total: NaN has no form in JSON/);
  assert.match(
    String(await speaker.pass()),
    /InvalidArgument: the message of hear: part\.total: NaN has no form in JSON/,
  );
  said = () => 1;
  await assert.rejects(speaker.say(), /the reply of say: a function has no form in JSON/);
});
