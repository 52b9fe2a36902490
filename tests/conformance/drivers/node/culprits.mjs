/** The kinds that misbehave on purpose (tests/conformance/README.md, "Catalogue additions"). */

import { Actor, field, handler } from 'everact';

import { Counter, Echo } from './catalogue.mjs';
import { gateOf, isOn, note, sleep } from './tables.mjs';

const readOnly = true;
const options = { exposed: true };
const text = handler({ message: 'string' });

const fail = () => {
  throw new RangeError('cannot be had');
};

function recurse() {
  return 1 + recurse();
}

function withProperty(name, descriptor) {
  return Object.defineProperty(new Error('x'), name, descriptor);
}

function hostile() {
  return new Proxy({}, Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((name) => [name, fail])));
}

const LEAVE = {
  text_throws: () => withProperty('message', { get: fail }),
  text_not_utf8: () => new Error('caf\ud800'),
  text_huge: () => new Error('x'.repeat(50_000_000)),
  text_not_text: () => withProperty('message', { value: Symbol('text') }),
  type_throws: () =>
    Object.defineProperties(new Error('x'), { name: { get: fail }, constructor: { get: fail } }),
  cause_is_itself() {
    const error = new Error('x');
    error.cause = error;
    return error;
  },
  not_an_error: () => Object.create(null),
  nothing: () => undefined,
  exit: () => undefined,
  cancelled: () => new DOMException('x', 'AbortError'),
  recursion: () => recurse(),
  proxy: hostile,
};

/** Leaves a handler in a way. */
export function misbehave(way) {
  if (way === 'exit') return Promise.reject(undefined);
  throw LEAVE[way]();
}

function nested(levels) {
  let list = [];
  for (let level = 1; level < levels; level++) list = [list];
  return list;
}

function cycle() {
  const list = [];
  list.push(list);
  return list;
}

const UNFIT = {
  not_json: () => fail,
  throws: () => ({ toJSON: fail }),
  nan: () => NaN,
  infinity: () => [Infinity],
  cycle,
  not_unicode: () => 'a\ud800',
  deep: () => nested(10_000),
};

/** What each way calls: a key of counter, or a message of echo. */
const CALLS = {
  bad_key: (context) => [context.actor(Counter, '\ud800'), 'add', 1],
  empty_key: (context) => [context.actor(Counter, ''), 'add', 1],
  long_key: (context) => [context.actor(Counter, 'x'.repeat(1_025)), 'add', 1],
  bad_payload: (context) => [context.actor(Echo, 'a'), 'echo', UNFIT.throws()],
  nan: (context) => [context.actor(Echo, 'a'), 'echo', NaN],
  cycle: (context) => [context.actor(Echo, 'a'), 'echo', cycle()],
  deep: (context) => [context.actor(Echo, 'a'), 'echo', nested(200)],
  reserved: (context) => [context.actor(Counter, 'a'), 'add', 1, { metadata: { 'everact-caller': 'x' } }],
};

/** Starts what outlives the turn; it notes how its call went. */
function later(name, call) {
  void gateOf('late')
    .until(() => gateOf('late').isOpen)
    .then(call)
    .then(
      () => note(`late ${name}: none`),
      (error) => note(`late ${name}: ${error.name}`),
    );
}

export class Culprit extends Actor {
  static options = options;
  static handlers = {
    add: handler({ message: 'integer' }),
    get: handler({ readOnly }),
    misbehave: text,
    misbehaveLater: text,
    replyWith: text,
    call: handler({ message: { way: 'string', catches: 'boolean' } }),
    tellLate: text,
    askLate: text,
  };
  value = 0;

  add(amount) {
    this.value += amount;
    return this.value;
  }
  get() {
    return this.value;
  }
  misbehave(way) {
    this.value += 1;
    return misbehave(way);
  }
  async misbehaveLater(way) {
    this.value += 1;
    await sleep(1);
    return misbehave(way);
  }
  replyWith(way) {
    this.value += 1;
    return UNFIT[way]();
  }
  async call({ way, catches }, context) {
    this.value += 1;
    const [verb, ...rest] = way.split('_');
    try {
      const [reference, ...given] = CALLS[rest.join('_')](context);
      await (verb === 'tell' ? context.tell(reference, ...given) : reference.ask(...given));
      return 'no error';
    } catch (error) {
      if (catches) return error.name;
      throw error;
    }
  }
  tellLate(key, context) {
    later('tell', () => context.tell(context.actor(Counter, key), 'add', 1));
  }
  askLate(key, context) {
    later('ask', () => context.actor(Counter, key).add(1));
  }
}

/** A validator that breaks while the switch is on: what is stored cannot be read then. */
const glass = {
  '~standard': {
    version: 1,
    vendor: 'conformance',
    validate(value) {
      if (isOn('cracked')) throw new Error('cracked');
      return { value };
    },
  },
};

export class Brittle extends Actor {
  static options = options;
  static handlers = {
    add: handler({ message: 'integer' }),
    get: handler({ readOnly }),
    addThenCrack: handler({ message: 'integer' }),
  };
  static state = { glass: field(glass) };
  glass = { n: 0 };

  add(amount) {
    this.glass.n += amount;
    return this.glass.n;
  }
  get() {
    return this.glass.n;
  }
  addThenCrack(amount) {
    this.glass.n += amount;
    gateOf('cracked').isOpen = true;
    throw new Error('boom');
  }
}

export class Moody extends Actor {
  static options = { ...options, idleTimeoutMs: 150 };
  static handlers = { add: handler({ message: 'integer' }), get: handler({ readOnly }), leave: handler() };
  value = 0;

  activated(context) {
    return this.#hook('activated', context);
  }
  passivating(context) {
    return this.#hook('passivating', context);
  }
  add(amount) {
    this.value += amount;
    return this.value;
  }
  get() {
    return this.value;
  }
  leave(_message, context) {
    context.passivate();
  }
  #hook(name, context) {
    note(`${name} moody/${context.key}`);
    const [hook, way] = context.key.split(':');
    return hook === name && way !== undefined && isOn('moody') ? misbehave(way) : undefined;
  }
}
