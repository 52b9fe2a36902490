/**
 * A turn always ends: whatever a handler, its state, its reply, a validator or a hook does, the caller gets one error of ours, the
 * actor's next ask works, and the engine closes at once.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  Actor,
  type Context,
  type Engine,
  EveractError,
  handler,
  HandlerFailed,
  InvalidArgument,
  InvalidState,
  type StandardSchema,
} from 'everact';
import * as fc from 'fast-check';

import { Counter, inMemory, nextTurnOfTheLoop } from './actors.js';
import { boom, cyclic, hostile, plan, TransientVictim, VALUES, Victim, WAYS } from './misbehaviour.js';

/** Whether the engine is as alive as it was. */
async function isWell(engine: Engine, kind: string): Promise<void> {
  const victim = engine.actor(kind, 'a');
  const before = await victim.ask<number>('count');
  assert.equal(await victim.ask('ok'), before + 1);
  assert.equal(engine.stats().open_turns, 0);
}

test('whatever a handler does, its caller is answered once, the next ask works, and close is prompt', async () => {
  const engine = await inMemory([Victim, TransientVictim, Counter], { askTimeoutMs: 20_000 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(WAYS)),
      fc.constantFrom(...Object.keys(VALUES)),
      fc.constantFrom('victim', 'transient_victim'),
      fc.constantFrom('misbehave', 'misbehaveRead'),
      async (chosenWay, chosenValue, kind, method) => {
        [plan.way, plan.value] = [chosenWay, chosenValue];
        let answers = 0;
        await engine
          .actor(kind, 'a')
          .ask(method)
          .then(
            () => {
              answers += 1;
            },
            (error: unknown) => {
              answers += 1;
              assert.ok(error instanceof EveractError, String(error));
              assert.notEqual(error.name, 'DeadlineExceeded');
              assert.ok(error.message.length < 20_000);
            },
          );
        await nextTurnOfTheLoop();
        assert.equal(answers, 1);
        await isWell(engine, kind);
      },
    ),
    { numRuns: 300 },
  );
  const start = performance.now();
  await engine.close();
  assert.ok(performance.now() - start < 2_000);
});

test('every way with every value', async () => {
  const engine = await inMemory([Victim, TransientVictim, Counter], { askTimeoutMs: 20_000 });
  for (const chosenWay of Object.keys(WAYS)) {
    for (const chosenValue of Object.keys(VALUES).filter((name) => !name.toLowerCase().includes('huge'))) {
      [plan.way, plan.value] = [chosenWay, chosenValue];
      const error: unknown = await engine
        .actor(Victim, 'a')
        .misbehave()
        .catch((reason: unknown) => reason);
      assert.ok(
        !(error instanceof EveractError) || error.name !== 'DeadlineExceeded',
        `${plan.way} ${plan.value}`,
      );
      await isWell(engine, 'victim');
    }
  }
  await engine.close();
});

test('a text that is long is cut, one that cannot be read is replaced', async () => {
  await using engine = await inMemory([Victim, Counter]);
  plan.way = 'throws';
  for (const [name, text] of [
    ['errorHuge', /^Error: x+… \(50000007 characters\)$/],
    ['withoutPrototype', /no text that can be read/],
    ['errorMessageThrows', /^Error: its text cannot be read$/],
    ['undefined', /^Error: undefined$/],
    ['text', /^Error: caf\ufffd$/],
  ] as const) {
    plan.value = name;
    await assert.rejects(engine.actor(Victim, 'a').misbehave(), (error: Error) => {
      assert.ok(error instanceof HandlerFailed);
      assert.match(error.message, text);
      return true;
    });
  }
});

test('a stack that is used up while messages leave loses none of them', async () => {
  await using engine = await inMemory([Counter]);
  const counter = engine.actor(Counter, 'a');
  const asks: Promise<unknown>[] = [];
  const filler = 'x'.repeat(40_000);
  const dive = (): void => {
    // Each ask may be the one that makes the buffer leave at once, with whatever stack there is left.
    asks.push(engine.actor('counter', 'a').ask('get', filler));
    dive();
  };
  assert.throws(dive, RangeError);
  const outcomes = await Promise.allSettled(asks);
  assert.ok(outcomes.length > 100);
  assert.equal(await counter.add(1), 1);
  assert.equal(engine.stats().open_asks, 0);
});

test('validators and hooks that misbehave end their turns too', async () => {
  let mode: 'fine' | 'broken' = 'broken';
  const schema = (validate: (value: unknown) => unknown): StandardSchema => ({
    '~standard': { version: 1, vendor: 'test', validate: validate as never },
  });
  class Desk extends Actor {
    static override handlers = {
      throws: handler({
        message: schema(() => {
          throw Object.create(null);
        }),
      }),
      empty: handler({ message: schema(() => undefined) }),
      issues: handler({
        message: schema(() => ({
          get issues() {
            return boom();
          },
        })),
      }),
      badIssues: handler({ message: schema(() => ({ issues: [{ message: 'm', path: [hostile()] }] })) }),
      later: handler({ message: schema(() => ({ then: boom })) }),
      fine: handler(),
    };
    value = 0;
    override activated(): void {
      if (mode === 'broken') throw hostile() as Error;
    }
    throws(): number {
      return 1;
    }
    empty(): number {
      return 1;
    }
    issues(): number {
      return 1;
    }
    badIssues(): number {
      return 1;
    }
    later(): number {
      return 1;
    }
    fine(): number {
      return 1;
    }
  }
  await using engine = await inMemory([Desk]);
  const desk = engine.actor('desk', 'a');
  await assert.rejects(desk.ask('fine'), HandlerFailed);
  mode = 'fine';
  for (const method of ['throws', 'empty', 'issues', 'badIssues', 'later']) {
    await assert.rejects(desk.ask(method, 1), HandlerFailed, method);
    assert.equal(await desk.ask('fine'), 1);
  }
});

test('a constructor and a setter that throw leave an actor that works once they do not', async () => {
  let isCracked = false;
  class Glass extends Actor {
    static override options = { transient: true };
    static override handlers = { add: handler(), crack: handler() };
    value = 0;
    constructor() {
      super();
      if (isCracked) throw new RangeError('cracked');
    }
    add(amount: number): number {
      return (this.value += amount);
    }
    crack(): void {
      this.value = 50;
      isCracked = true;
      Object.freeze(this);
      throw new Error('boom');
    }
  }
  await using engine = await inMemory([Glass]);
  const glass = engine.actor(Glass, 'a');
  await glass.add(1);
  await assert.rejects(glass.crack(), HandlerFailed);
  await assert.rejects(glass.add(1), /cracked/);
  isCracked = false;
  assert.ok((await glass.add(1)) < 50);
});

test('calls of a context fail at the call, and the turn goes on', async () => {
  const bad: Readonly<Record<string, (context: Context) => unknown>> = {
    loneSurrogate: (context) => {
      context.tell(context.actor('counter', '\ud800'), 'add', 1);
    },
    emptyKey: (context) => {
      context.tell(context.actor('counter', ''), 'add', 1);
    },
    longKey: (context) => {
      context.tell(context.actor('counter', 'ü'.repeat(513)), 'add', 1);
    },
    noKey: (context) => {
      context.tell(context.actor('counter', undefined as never), 'add', 1);
    },
    noHandler: (context) => {
      context.tell(context.actor('counter', 'b'), 'nope', 1);
    },
    noKind: (context) => {
      context.tell(context.actor('nope', 'b'), 'nope', 1);
    },
    cycle: (context) => {
      context.tell(context.actor('counter', 'b'), 'add', cyclic());
    },
    nan: (context) => context.actor('counter', 'b').tell('add', NaN),
    reserved: (context) => {
      context.tell(context.actor('counter', 'b'), 'add', 1, { metadata: { 'everact-caller': 'me' } });
    },
    askNan: (context) => context.actor('counter', 'b').ask('add', NaN),
    askLongKey: (context) => context.actor('counter', 'x'.repeat(1_025)).ask('add', 1),
  };
  class Caller extends Actor {
    static override handlers = { call: handler(), late: handler() };
    calls = 0;
    async call(name: string, context: Context): Promise<string> {
      this.calls += 1;
      try {
        await bad[name]?.(context);
        return 'no error';
      } catch (error) {
        return (error as Error).name;
      }
    }
    late(_message: undefined, context: Context): void {
      plan.context = context;
    }
  }
  await using engine = await inMemory([Caller, Counter]);
  const caller = engine.actor(Caller, 'a');
  for (const name of Object.keys(bad)) {
    assert.match(
      await caller.call(name),
      /^(InvalidArgument|InvalidPayload|UnknownHandler|UnknownKind)$/,
      name,
    );
  }
  await caller.late();
  const late = plan.context as Context;
  assert.throws(() => {
    late.tell(late.actor(Counter, 'b'), 'add', 1);
  }, InvalidArgument);
  assert.throws(() => late.actor(Counter, 'b').tell.add(1), InvalidArgument);
  await assert.rejects(late.actor(Counter, 'b').add(1), InvalidArgument);
  assert.equal(await engine.actor(Counter, 'b').get(), 0);
});

test('a state that JSON cannot hold is InvalidState, and nothing of the turn stays', async () => {
  await using engine = await inMemory([Victim, Counter]);
  plan.way = 'stateInside';
  for (const name of [
    'NaN',
    'map',
    'symbol',
    'function',
    'cycle',
    'deep',
    'text',
    'getter',
    'hostileProxy',
  ]) {
    plan.value = name;
    await assert.rejects(engine.actor(Victim, 'b').misbehave(), (error: Error) => {
      assert.ok(error instanceof InvalidState, `${name}: ${String(error)}`);
      return true;
    });
    assert.deepEqual(await engine.actor(Victim, 'b').seen(), [0, null]);
  }
});
