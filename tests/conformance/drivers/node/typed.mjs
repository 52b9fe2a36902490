/** The kinds whose state has declared types (tests/conformance/README.md, "Catalogue additions"). */

import { Actor, field, handler, mapOf, oneOf, setOf } from 'everact';

import { passGate } from './tables.mjs';

const readOnly = true;
const options = { exposed: true };
const text = handler({ message: 'string' });

function deepList(levels) {
  let list = [];
  for (let level = 1; level < levels; level++) list = [list];
  return list;
}

function cycle() {
  const list = [];
  list.push(list);
  return list;
}

const ASSIGN = {
  fine: () => ({
    count: 9007199254740993n,
    ratio: 1.5,
    title: 'ok',
    tags: ['a', 'b'],
    when: new Date('2026-01-02T03:04:05.678Z'),
    free: { a: [1, null, true, 'x'] },
  }),
  nothing: (actor) => ({ title: actor.title }),
  shared() {
    const list = [];
    return { free: [list, list] };
  },
  set_in_free: () => ({ free: new Set(['a']) }),
  map_in_free: () => ({ free: new Map([['a', 1]]) }),
  time_in_free: () => ({ free: new Date(0) }),
  bytes_in_free: () => ({ free: Uint8Array.of(1, 2) }),
  tuple_in_free: () => ({ free: [1, 'a'] }),
  wrong_type: () => ({ count: 2.5 }),
  wrong_type_inside: () => ({ tags: ['a', 7] }),
  missing: () => ({ title: undefined }),
  nan: () => ({ ratio: NaN }),
  infinity: () => ({ ratio: -Infinity }),
  nan_inside: () => ({ free: { a: [1, NaN] } }),
  cycle: () => ({ free: cycle() }),
  not_unicode: () => ({ title: 'a\ud800' }),
  not_unicode_key: () => ({ free: { '\ud800': 1 } }),
  time_out_of_range: () => ({ when: new Date(NaN) }),
  not_data: () => ({ free: () => 1 }),
  odd_keys: () => ({ free: new Map([[{}, 3]]) }),
  too_deep: () => ({ free: deepList(200) }),
  integer_too_big: () => ({ count: 2n ** 63n }),
};

export class Typed extends Actor {
  static options = options;
  static handlers = {
    assign: text,
    assignThenFail: text,
    assignReadOnly: handler({ readOnly, message: 'string' }),
    grow: handler(),
    show: handler({ readOnly }),
    revision: handler({ readOnly }),
    leave: handler(),
  };
  static state = { count: 'int64', ratio: 'number', title: 'string', tags: ['string'], when: 'timestamp' };
  count = 0n;
  ratio = 0.5;
  title = '';
  tags = [];
  when = new Date(0);
  free = null;

  assign(way) {
    Object.assign(this, ASSIGN[way](this));
  }
  assignThenFail(way) {
    this.assign(way);
    throw new Error('boom');
  }
  assignReadOnly(way) {
    this.assign(way);
  }
  grow() {
    this.free[0].push(1);
  }
  show() {
    return { ...this };
  }
  revision(_message, context) {
    return context.revision;
  }
  leave(_message, context) {
    context.passivate();
  }
}

const editionHandlers = {
  add: handler({ message: 'integer' }),
  addBehind: handler({ message: { amount: 'integer', gate: 'string' } }),
  name: text,
  number: handler({ message: 'integer' }),
  touch: handler(),
  show: handler({ readOnly }),
  revision: handler({ readOnly }),
  leave: handler(),
};

/** What the releases of `edition` share. */
class Edition extends Actor {
  static options = { ...options, name: 'edition' };
  static handlers = editionHandlers;

  add(amount) {
    return (this.cents += amount);
  }
  async addBehind({ amount, gate }, context) {
    await passGate(gate, context);
    return (this.cents += amount);
  }
  name(title) {
    this.title = title;
  }
  number(n) {
    this.inner.n = n;
  }
  touch() {
    // The state stays as it is.
  }
  show() {
    return { ...this };
  }
  revision(_message, context) {
    return context.revision;
  }
  leave(_message, context) {
    context.passivate();
  }
}

class First extends Edition {
  static handlers = {
    ...editionHandlers,
    fill: handler({ message: { cents: 'integer', legacy: 'string', note: 'string', title: 'string' } }),
  };
  static state = {
    cents: 'integer',
    legacy: 'string',
    inner: { n: 'integer', note: 'string' },
    title: 'string',
  };
  cents = 0;
  legacy = '';
  inner = { n: 0, note: '' };
  title = '';

  fill({ note, ...fields }) {
    Object.assign(this, fields, { inner: { n: 1, note } });
  }
}

class Second extends Edition {
  static state = { cents: 'integer', inner: { n: 'integer' }, title: 'string' };
  cents = 0;
  inner = { n: 0 };
  title = '';

  show() {
    return { ...this, inner: { n: this.inner.n } };
  }
}

class Third extends Edition {
  static state = { amount: field('integer', { was: 'cents' }), extra: 'string' };
  amount = 0;
  legacy = '';
  inner = { n: 0, note: '' };
  title = '';
  extra = 'new';

  add(amount) {
    return (this.amount += amount);
  }
}

const { add: _add, addBehind: _behind, ...withoutAdds } = editionHandlers;

class Fourth extends Edition {
  static handlers = withoutAdds;
  static state = { cents: 'string' };
  cents = '';
  legacy = '';
  inner = { n: 0, note: '' };
  title = '';
}

class Fifth extends First {
  static handlers = { ...First.handlers, add: handler({ message: { amount: 'integer' } }) };

  add({ amount }) {
    return (this.cents += amount);
  }
}

class Sixth extends First {
  static handlers = Object.fromEntries(Object.entries(First.handlers).filter(([name]) => name !== 'add'));
}

/** The declaration of `edition` in each release; there is none in the seventh. */
export const EDITIONS = { 1: First, 2: Second, 3: Third, 4: Fourth, 5: Fifth, 6: Sixth };

const home = { street: 'string', zip: 'integer' };
const record = {
  flag: 'boolean',
  big: 'int64',
  ratio: 'number',
  name: 'string',
  blob: 'bytes',
  price: 'decimal',
  at: 'timestamp',
  took: 'duration',
  id: 'uuid',
  color: oneOf('red', 'green', 'blue'),
  tags: setOf('string'),
  scores: mapOf('int64'),
  by_number: mapOf('string', 'int64'),
  note: 'string?',
  home,
  homes: [home],
};

/** A value as JSON has it. */
function jsonOf(value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Set) return [...value];
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [String(key), inner]));
  return value;
}

export class Record extends Actor {
  static options = options;
  static handlers = {
    put: handler({ message: { ...record, second_home: 'any' } }),
    show: handler({ readOnly }),
    addBig: handler({ message: 'int64' }),
    leave: handler(),
  };
  static state = record;
  flag = false;
  big = 0n;
  ratio = 0;
  name = '';
  blob = new Uint8Array();
  price = '0';
  at = new Date(0);
  took = 'PT0S';
  id = '00000000-0000-0000-0000-000000000000';
  color = 'red';
  tags = new Set();
  scores = new Map();
  by_number = new Map();
  note = null;
  home = { street: '', zip: 0 };
  homes = [];
  second_home = null;

  put(message) {
    Object.assign(this, { note: null, second_home: null }, message);
  }
  show() {
    return Object.fromEntries(Object.entries(this).map(([name, value]) => [name, jsonOf(value)]));
  }
  addBig(amount) {
    this.big += amount;
    return this.big;
  }
  leave(_message, context) {
    context.passivate();
  }
}
