/**
 * Declarations: what cannot be an actor is refused when the engine opens, with its name.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  Actor,
  type ActorClass,
  type Handlers,
  handler,
  InvalidDeclaration,
  type MessageOf,
  type MessageSchema,
  type Retry,
} from 'everact';
import * as valibot from 'valibot';
import { z } from 'zod';

import { inMemory } from './actors.js';

/** An actor with these handlers. */
function withHandlers(handlers: Handlers): ActorClass {
  return class Desk extends Actor {
    static override handlers = handlers;
    open(): void {
      // Nothing to do.
    }
    Open(): void {
      // Nothing to do.
    }
  };
}

async function assertRefused(actor: ActorClass, words: RegExp): Promise<void> {
  await assert.rejects(inMemory([actor]), (error: Error) => {
    assert.ok(error instanceof InvalidDeclaration, String(error));
    assert.match(error.message, words);
    return true;
  });
}

test('an actor that cannot be declared is refused with its name', async () => {
  await assertRefused(withHandlers({ missing: handler() }), /desk\.missing/);
  await assertRefused(withHandlers({ open: {} as never }), /desk\.open/);
  await assertRefused(
    withHandlers({ open: handler(), Open: handler() }),
    /desk: two handlers are named open/,
  );
  await assertRefused(withHandlers({ tell: handler() }), /desk\.tell/);
  await assertRefused(
    withHandlers({ open: handler({ message: 'integr' as MessageSchema }) }),
    /desk\.open.*integr/,
  );
  await assertRefused(withHandlers({ open: handler({ message: { at: 7 as never } }) }), /desk\.open.*7/);
  await assertRefused(class {} as unknown as ActorClass, /no class that extends Actor/);
  await assertRefused(class extends Actor {}, /name/);
});

test('a retry policy that cannot be used is refused with its field', async () => {
  const bad: [Retry, string][] = [
    [{ attemptsMax: 0 }, 'attempts_max'],
    [{ attemptsMax: 1.5 }, 'attempts_max'],
    [{ firstWaitMs: 0 }, 'first_wait_ms'],
    [{ firstWaitMs: 50, waitMaxMs: 49 }, 'first_wait_ms'],
    [{ waitMaxMs: 2 ** 32 }, 'wait_max_ms'],
    [{ factor: 0.5 }, 'factor'],
    [{ factor: NaN }, 'factor'],
    [{ factor: Infinity }, 'factor'],
    [{ jitter: 1.5 }, 'jitter'],
    [{ notRetried: [''] }, 'not_retried'],
    [{ notRetried: ['TypeError', 'TypeError'] }, 'not_retried'],
    [{ onFailure: 'explode' as never }, 'on_failure'],
  ];
  for (const [retry, field] of bad) {
    await assertRefused(
      withHandlers({ open: handler({ retry }) }),
      new RegExp(`^desk\\.open: retry\\.${field}: `),
    );
  }
});

test('an option that there is none of is refused with its name and the nearest that there is', async () => {
  const none = (options: object): ActorClass => withHandlers({ open: handler(options) });
  await assertRefused(
    none({ intenal: true }),
    /^desk\.open: "intenal" is no option .*did you mean internal\?/,
  );
  await assertRefused(none({ mesage: 'integer' }), /^desk\.open: "mesage" .*did you mean message\?/);
  await assertRefused(none({ readonly: true }), /^desk\.open: "readonly" .*did you mean readOnly\?/);
  await assertRefused(
    none({ delay: 'integer' }),
    /^desk\.open: "delay" is no option of a handler; known are name, /,
  );
  await assertRefused(
    none({ retry: { attempts_max: 3 } }),
    /^desk\.open: "attempts_max" is no field of a retry policy .*did you mean attemptsMax\?/,
  );
  await assertRefused(
    withHandlers({ knock: handler('string', (name) => name, { intenal: true } as object) }),
    /^desk\.knock: "intenal" .*did you mean internal\?/,
  );
  class Desk extends Actor {
    static override options = { exposd: true } as object;
  }
  await assertRefused(Desk, /^desk: "exposd" is no option of an actor .*did you mean exposed\?/);
});

test('an option that is true or false is nothing else', async () => {
  const none = (options: object): ActorClass => withHandlers({ open: handler(options) });
  await assertRefused(none({ internal: 'true' }), /^desk\.open: internal is true or false, not a string/);
  await assertRefused(none({ readOnly: 1 }), /^desk\.open: readOnly is true or false, not a number/);
  class Desk extends Actor {
    static override options = { exposed: null } as object;
  }
  await assertRefused(Desk, /^desk: exposed is true or false, not a/);
});

test('an option without a value is not given', async () => {
  class Desk extends Actor {
    static override options = { exposed: undefined, exposd: undefined } as object;
    static override handlers = { open: handler({ intenal: undefined, retry: undefined } as object) };
    open(): number {
      return 1;
    }
  }
  await using engine = await inMemory([Desk]);
  assert.equal(await engine.actor(Desk, 'a').open(), 1);
});

test('a state field that JSON cannot hold is refused with its name', async () => {
  class Keeper extends Actor {
    since = new Date();
  }
  class Holder extends Actor {
    amount = NaN;
  }
  class Typed extends Actor {
    static override state = { amount: 'integer' } as const;
    amount = 'none';
  }
  class Strange extends Actor {
    static override state = { amount: 'int' } as never;
    amount = 0;
  }
  class Missing extends Actor {
    static override state = { other: 'integer' } as const;
    amount = 0;
  }
  class Guarded extends Actor {
    constructor() {
      super();
      Object.defineProperty(this, 'amount', { get: () => 1, enumerable: true });
    }
  }
  class Throwing extends Actor {
    constructor() {
      super();
      throw new RangeError('not today');
    }
  }
  await assertRefused(Keeper, /keeper\.since: a value of type Date/);
  await assertRefused(Holder, /holder\.amount: NaN/);
  await assertRefused(Typed, /typed\.amount: a value of type string does not fit integer/);
  await assertRefused(Strange, /strange\.amount: "int" is no type/);
  await assertRefused(Missing, /declares other, but there is no such field/);
  await assertRefused(Guarded, /guarded\.amount: .* accessor/);
  await assertRefused(Throwing, /throwing: its constructor throws RangeError: not today/);
});

test('a field that is no state is lost to nobody: adding one throws', async () => {
  class Desk extends Actor {
    static override handlers = { open: handler() };
    #visits = 0;
    open(): number {
      this.#visits += 1;
      (this as unknown as { more: number }).more = 1;
      return this.#visits;
    }
  }
  await using engine = await inMemory([Desk]);
  await assert.rejects(engine.actor(Desk, 'a').open(), /more/);
});

test('a validator that speaks Standard Schema checks messages', async () => {
  const later = valibot.pipeAsync(
    valibot.string(),
    valibot.checkAsync((text) => Promise.resolve(text !== 'bad'), 'is bad'),
  );
  class Desk extends Actor {
    static override handlers = {
      greet: handler({ message: z.object({ name: z.string(), age: z.number().default(7) }) }),
      later: handler({ message: later }),
    };
    greet(message: { name: string; age?: number }): string {
      return `${message.name} ${String(message.age)}`;
    }
    later(message: string): string {
      return message;
    }
  }
  await using engine = await inMemory([Desk]);
  const desk = engine.actor(Desk, 'a');
  assert.equal(await desk.greet({ name: 'Ada' }), 'Ada 7');
  await assert.rejects(desk.greet({ name: 1 } as never), /name: /);
  assert.equal(await desk.later('good'), 'good');
  await assert.rejects(desk.later('bad'), /is bad/);
});

test('a handler declared with its function takes what its schema describes', async () => {
  class Desk extends Actor {
    static override handlers = {
      greet: handler({ name: 'string', tags: ['string'], note: 'string?' }, function (this: Desk, message) {
        const tags: string[] = message.tags;
        this.visits += 1;
        return `${message.name} ${tags.join('+')} ${message.note ?? '-'}`;
      }),
      check: handler(z.object({ age: z.number(), unit: z.string().default('y') }), ({ age, unit }) => {
        const text: string = unit;
        return Promise.resolve(`${String(age + 1)} ${text}`);
      }),
      count: handler(valibot.object({ by: valibot.number() }), function (this: Desk, { by }, context) {
        assert.equal(context.key, 'a');
        return (this.visits += by);
      }),
      size: handler('bytes', (message) => message.byteLength),
      visited: handler(
        undefined,
        function (this: Desk) {
          return this.visits;
        },
        { readOnly: true, name: 'visits' },
      ),
    };
    visits = 0;
  }
  await using engine = await inMemory([Desk]);
  const desk = engine.actor(Desk, 'a');
  const greeting: string = await desk.greet({ name: 'Ada', tags: ['x', 'y'] });
  assert.equal(greeting, 'Ada x+y -');
  const checked: string = await desk.check({ age: 1 });
  assert.equal(checked, '2 y');
  const size: number = await desk.size(new Uint8Array(3));
  assert.equal(size, 3);
  await desk.tell.count({ by: 4 });
  const visits: number = await desk.visited();
  assert.equal(visits, 5);
  assert.equal(await engine.actor('desk', 'a').ask('visits'), 5);
  // @ts-expect-error the schema wants a text
  await assert.rejects(desk.greet({ name: 1, tags: [] }), /name: /);
  // @ts-expect-error no such field
  await assert.rejects(desk.count({ buy: 1 }));
  // @ts-expect-error it takes no message
  await desk.visited({ name: 'x' });
});

test('a handler is a method or a function, not both', async () => {
  class Desk extends Actor {
    static override handlers = { greet: handler('string', (name) => name) };
    greet(): void {
      // The handler of the same name is another one.
    }
  }
  await assert.rejects(inMemory([Desk]), InvalidDeclaration);
});

test('the type of a message follows from its schema', async () => {
  class Desk extends Actor {
    static override handlers = {
      greet: handler({ message: { name: 'string', tags: ['string'], note: 'string?' } }),
      check: handler({ message: z.object({ age: z.number() }) }),
    };
    greet(message: MessageOf<typeof Desk.handlers.greet>): string {
      const texts: string[] = [message.name, ...message.tags, message.note ?? ''];
      return texts.join(' ');
    }
    check({ age }: MessageOf<typeof Desk.handlers.check>): number {
      return age + 1;
    }
  }
  await using engine = await inMemory([Desk]);
  assert.equal(await engine.actor(Desk, 'a').greet({ name: 'Ada', tags: ['x'] }), 'Ada x ');
  assert.equal(await engine.actor(Desk, 'a').check({ age: 1 }), 2);
  const wrong = { name: 'Ada', tags: [], nmae: 'x' };
  await assert.rejects(engine.actor(Desk, 'a').greet(wrong), /nmae: unknown field/);
});
