/**
 * Handlers that misbehave in every way that JavaScript knows: values that are hard to describe or to encode, and ways to leave a
 * handler with them.
 */

import { Actor, type Context, handler, InvalidPayload } from 'everact';

import { nextTurnOfTheLoop } from './actors.js';

/** Throws. */
export const boom = (): never => {
  throw new RangeError('boom');
};

/** A value whose every use throws. */
export function hostile(): object {
  const traps = Object.fromEntries(
    Object.getOwnPropertyNames(Reflect).map((name) => [name, boom]),
  ) as ProxyHandler<object>;
  return new Proxy({}, traps);
}

function errorWith(property: PropertyKey, descriptor: PropertyDescriptor): Error {
  return Object.defineProperty(new Error('text'), property, { configurable: true, ...descriptor });
}

function recurse(): number {
  return 1 + recurse();
}

function deep(levels: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < levels; level++) {
    value = [value];
  }
  return value;
}

/** A list that holds itself. */
export function cyclic(): unknown {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

/** Values that are hard to describe, to encode, or both. */
export const VALUES: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  number: () => 42,
  NaN: () => NaN,
  bigint: () => 2n ** 70n,
  symbol: () => Symbol('s'),
  text: () => 'caf\ud800',
  hugeText: () => 'x'.repeat(50_000_000),
  function: () => boom,
  withoutPrototype: () => Object.create(null) as unknown,
  hostileProxy: hostile,
  toString: () => ({ toString: boom }),
  toPrimitive: () => ({ [Symbol.toPrimitive]: boom }),
  toPrimitiveObject: () => ({ [Symbol.toPrimitive]: () => ({}) }),
  toJSON: () => ({ toJSON: boom }),
  toJSONRecursive: () => ({ toJSON: recurse }),
  getter: () => ({
    get a() {
      return boom();
    },
  }),
  cycle: cyclic,
  deep: () => deep(10_000),
  map: () => new Map([['a', 1]]),
  detached: () => {
    const bytes = new Uint8Array(8);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes;
  },
  lyingBytes: () => Object.defineProperty(new Uint8Array(3), 'length', { value: 2 ** 30 }),
  error: () => new Error('plain'),
  errorHuge: () => new Error('x'.repeat(50_000_000)),
  errorMessageThrows: () => errorWith('message', { get: boom }),
  errorMessageSymbol: () => errorWith('message', { value: Symbol('m') }),
  errorMessageObject: () => errorWith('message', { value: Object.create(null) as unknown }),
  errorNameThrows: () => errorWith('name', { get: boom }),
  errorConstructorThrows: () => errorWith('constructor', { get: boom }),
  errorCauseItself: () => {
    const error = new Error('loop');
    error.cause = error;
    return error;
  },
  errorOfOurs: () => new InvalidPayload('not really'),
  errorNoPrototype: () => Object.setPrototypeOf(new Error('x'), null) as unknown,
  aggregate: () => new AggregateError([new Error('a')], 'several'),
  abort: () => new DOMException('x', 'AbortError'),
};

/** Ways to leave a handler with a value. Each runs as the handler's body. */
export const WAYS: Readonly<Record<string, (value: unknown, actor: Victim) => unknown>> = {
  returns: (value) => value,
  returnsInside: (value) => ({ list: [value] }),
  throws: (value) => {
    throw value;
  },
  rejects: (value) =>
    Promise.resolve().then(() => {
      throw value;
    }),
  rejectsLater: async (value) => {
    await nextTurnOfTheLoop();
    throw value;
  },
  resolvesLater: async (value) => {
    await nextTurnOfTheLoop();
    return value;
  },
  thenGetter: (value) => ({
    get then() {
      throw value;
    },
  }),
  thenThrows: (value) => ({
    then() {
      throw value;
    },
  }),
  thenTwice: (value) => ({
    then(kept: (value: unknown) => void, broken: (value: unknown) => void) {
      broken(value);
      kept(1);
      broken(2);
      throw value;
    },
  }),
  thenChanges: (value) => {
    let reads = 0;
    return {
      get then() {
        reads += 1;
        return reads === 1
          ? (kept: (v: unknown) => void) => {
              kept(value);
            }
          : boom;
      },
    };
  },
  thenNested: (value) => ({
    then(kept: (value: unknown) => void) {
      kept({
        then() {
          throw value;
        },
      });
    },
  }),
  promiseThenReplaced: (value) => {
    const promise = Promise.resolve(1);
    Object.defineProperty(promise, 'then', {
      get: () => {
        throw value;
      },
    });
    return promise;
  },
  promiseConstructorThrows: (value) =>
    Object.defineProperty(Promise.resolve(1), 'constructor', {
      get: () => {
        throw value;
      },
    }),
  state: (value, actor) => {
    actor.free = value;
    return 1;
  },
  stateInside: (value, actor) => {
    actor.free = { a: [value] };
    return 1;
  },
  stateThenThrows: (value, actor) => {
    actor.free = value;
    throw value;
  },
  frozen: (value, actor) => {
    actor.value += 1;
    Object.freeze(actor);
    throw value;
  },
  prototypeGone: (value, actor) => {
    actor.value += 1;
    Object.setPrototypeOf(actor, null);
    throw value;
  },
  fieldLocked: (value, actor) => {
    Object.defineProperty(actor, 'value', { value: 99, writable: false });
    throw value;
  },
  floatingAsk: (value) => {
    void (plan.context as Context).actor('counter', 'a').ask('nope');
    void (plan.context as Context).actor('counter', 'a').ask('add', value);
    throw value;
  },
  recursionInside: (value) => {
    try {
      recurse();
    } catch {
      throw value;
    }
  },
  recursion: () => recurse(),
  recursionInGetter: () => ({
    get a() {
      return recurse();
    },
  }),
};

/** What the next turn does: a way, with a value; and the context of the last one. */
export const plan = { way: '', value: '', context: undefined as Context | undefined };

/** An actor that does as planned. */
export class Victim extends Actor {
  static override handlers = {
    misbehave: handler(),
    misbehaveRead: handler({ readOnly: true }),
    ok: handler(),
    seen: handler({ readOnly: true }),
    count: handler({ readOnly: true }),
  };
  value = 0;
  free: unknown = null;

  misbehave(_message: undefined, context: Context): unknown {
    plan.context = context;
    return WAYS[plan.way]?.(VALUES[plan.value]?.(), this);
  }
  misbehaveRead(_message: undefined, context: Context): unknown {
    return this.misbehave(_message, context);
  }
  ok(): number {
    this.value += 1;
    return this.value;
  }
  count(): number {
    return this.value;
  }
  seen(): unknown[] {
    return [this.value, this.free];
  }
}

/** The same in memory only. */
export class TransientVictim extends Victim {
  static override options = { transient: true };
}
