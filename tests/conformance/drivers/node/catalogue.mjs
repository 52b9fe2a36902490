/** The catalogue of actors (tests/conformance/README.md, part 1). */

import { Actor, handler } from 'everact';

import { note, passGate, sleep } from './tables.mjs';

const readOnly = true;
const integer = handler({ message: 'integer' });
const text = handler({ message: 'string' });
const addSlowly = handler({ message: { amount: 'integer', gate: 'string' } });
const peekSlowly = handler({ readOnly, message: { gate: 'string' } });

/** What counter and scratch share. */
class Value extends Actor {
  value = 0;

  add(amount) {
    this.value += amount;
    return this.value;
  }
  get() {
    return this.value;
  }
  addThenFail(amount) {
    this.value += amount;
    throw new Error('boom');
  }
  async addSlowly({ amount, gate }, context) {
    note('add_slowly');
    this.value += amount;
    await passGate(gate, context);
    return this.value;
  }
  async peekSlowly({ gate }, context) {
    await passGate(gate, context);
    return this.value;
  }
}

export class Counter extends Value {
  static handlers = {
    add: integer,
    get: handler({ readOnly }),
    revision: handler({ readOnly }),
    touch: handler(),
    addThenFail: integer,
    addSlowly,
    peekSlowly,
    addReadOnly: handler({ readOnly, message: 'integer' }),
    tellReadOnly: handler({ readOnly, message: 'string' }),
    addThenExit: integer,
  };

  revision(_message, context) {
    return context.revision;
  }
  touch() {
    // The state stays as it is.
  }
  addReadOnly(amount) {
    return this.add(amount);
  }
  tellReadOnly(key, context) {
    context.tell(context.actor(Counter, key), 'add', 1);
  }
  addThenExit(amount) {
    this.value += amount;
    process.exit(3);
  }
}

class Scratch extends Value {
  static options = { transient: true };
  static handlers = { add: integer, get: handler({ readOnly }), addThenFail: integer, addSlowly, peekSlowly };
}

/** What journal and the narrow kinds share. */
class Entries extends Actor {
  entries = [];

  append(entry) {
    this.entries.push(entry);
    return this.entries.length;
  }
  async appendSlowly({ entry, gate }, context) {
    this.entries.push(entry);
    await passGate(gate, context);
    return this.entries.length;
  }
  all() {
    return this.entries;
  }
}

const entryHandlers = {
  append: text,
  all: handler({ name: 'entries', readOnly }),
  appendSlowly: handler({ message: { entry: 'string', gate: 'string' } }),
};

class Journal extends Entries {
  static handlers = { ...entryHandlers, appendSender: handler() };

  appendSender(_message, { sender }) {
    this.entries.push(sender === undefined ? '' : `${sender.kind}/${sender.key}`);
  }
}

class Narrow extends Entries {
  static options = { transient: true, mailboxCapacityMessages: 2, overflow: 'reject' };
  static handlers = entryHandlers;
}

class NarrowOldest extends Entries {
  static options = { transient: true, mailboxCapacityMessages: 2, overflow: 'drop_oldest' };
  static handlers = entryHandlers;
}

class NarrowWait extends Entries {
  static options = { transient: true, mailboxCapacityMessages: 2, overflow: 'wait' };
  static handlers = entryHandlers;
}

const parcel = { to: 'string', amount: 'integer' };

class Courier extends Actor {
  static handlers = {
    send: handler({ message: parcel }),
    sendThenFail: handler({ message: parcel }),
    sendSlowly: handler({ message: { ...parcel, gate: 'string' } }),
    sendMany: handler({ message: { ...parcel, count: 'integer' } }),
    writeMany: handler({ message: { to: 'string', prefix: 'string', count: 'integer' } }),
    sign: text,
    tellScratch: handler({ message: parcel }),
    askCounter: handler({ name: 'ask', message: parcel }),
    askFailing: handler({ message: { to: 'string' } }),
    askSlowly: handler({ message: { to: 'string', gate: 'string' } }),
    sentSoFar: handler({ name: 'sent', readOnly }),
    deliver: handler({ message: { to: 'string', handler: 'string', texts: ['string'] } }),
    deliverMetadata: handler({ message: { to: 'string', trip: 'string' } }),
    post: handler({ message: { ...parcel, count: 'integer' } }),
    postBehind: handler({ message: { to: 'string', gate: 'string' } }),
  };
  sent = 0;

  deliver({ to, handler: name, texts }, context) {
    for (const message of texts) context.tell(context.actor('collector', to), name, message);
    this.sent += texts.length;
    return this.sent;
  }
  deliverMetadata({ to, trip }, context) {
    const metadata = { 'x-trip': trip };
    context.tell(context.actor('collector', to), 'take_metadata', undefined, { metadata });
  }
  post({ to, amount, count }, context) {
    for (let at = 0; at < count; at++) context.tell(context.actor('edition', to), 'add', amount);
    this.sent += count;
    return this.sent;
  }
  postBehind({ to, gate }, context) {
    context.tell(context.actor('edition', to), 'add_behind', { amount: 1, gate });
  }

  send({ to, amount }, context) {
    context.tell(context.actor(Counter, to), 'add', amount);
    this.sent += 1;
    return this.sent;
  }
  sendThenFail(message, context) {
    this.send(message, context);
    throw new Error('boom');
  }
  async sendSlowly(message, context) {
    this.send(message, context);
    await passGate(message.gate, context);
    return this.sent;
  }
  sendMany({ count, ...message }, context) {
    for (let at = 0; at < count; at++) this.send(message, context);
    return this.sent;
  }
  writeMany({ to, prefix, count }, context) {
    for (let at = 0; at < count; at++) {
      context.tell(context.actor(Journal, to), 'append', `${prefix}${at}`);
    }
    this.sent += count;
    return this.sent;
  }
  sign(key, context) {
    context.tell(context.actor(Journal, key), 'appendSender');
  }
  tellScratch({ to, amount }, context) {
    context.tell(context.actor(Scratch, to), 'add', amount);
  }
  async askCounter({ to, amount }, context) {
    const answer = await context.actor(Counter, to).add(amount);
    this.sent += 1;
    return answer;
  }
  async askFailing({ to }, context) {
    try {
      await context.actor(Counter, to).addThenFail(1);
      return 'no error';
    } catch (error) {
      this.sent += 1;
      return error.name;
    }
  }
  askSlowly({ to, gate }, context) {
    return context.actor(Counter, to).addSlowly({ amount: 1, gate });
  }
  sentSoFar() {
    return this.sent;
  }
}

const path = { path: ['string'], fail: 'boolean' };

class Link extends Actor {
  static handlers = {
    visit: handler({ message: path }),
    visitAgain: handler({ message: path, reentrant: true }),
    visitCount: handler({ name: 'visits', readOnly }),
  };
  visits = 0;

  visit(message, context) {
    return this.#go('visit', message, context);
  }
  visitAgain(message, context) {
    return this.#go('visitAgain', message, context);
  }
  visitCount() {
    return this.visits;
  }
  async #go(method, { path: [next, ...rest], fail }, context) {
    this.visits += 1;
    const answer =
      next === undefined ? [] : await context.actor(Link, next)[method]({ path: rest, fail: false });
    if (fail) throw new Error('boom');
    return [context.key, ...answer];
  }
}

class Sleeper extends Actor {
  static options = { idleTimeoutMs: 150 };
  static handlers = { add: integer, report: handler({ readOnly }), leave: handler() };
  value = 0;
  activations = 0;
  passivations = 0;

  activated(context) {
    this.activations += 1;
    note(`activated sleeper/${context.key}`);
  }
  passivating(context) {
    this.passivations += 1;
    note(`passivating sleeper/${context.key}`);
  }
  add(amount) {
    this.value += amount;
    return this.value;
  }
  report() {
    return { value: this.value, activations: this.activations, passivations: this.passivations };
  }
  leave(_message, context) {
    context.passivate();
  }
}

class Nap extends Actor {
  static options = { transient: true, idleTimeoutMs: 150 };
  static handlers = { add: integer, get: handler({ readOnly }) };
  value = 0;

  passivating(context) {
    note(`passivating nap/${context.key}`);
  }
  add(amount) {
    this.value += amount;
    return this.value;
  }
  get() {
    return this.value;
  }
}

const person = { name: 'string', age: 'integer', tags: ['string'], home: { zip: 'integer' } };

export class Echo extends Actor {
  static options = { transient: true };
  static handlers = {
    echo: handler(),
    bytes: handler({ message: 'bytes', reply: 'bytes' }),
    make: handler({ message: 'integer', reply: 'bytes' }),
    greet: handler({ message: person }),
    nothing: handler(),
    address: handler(),
    fail: text,
    spin: integer,
  };

  echo(message) {
    return message;
  }
  bytes(message) {
    return message;
  }
  make(length) {
    return Uint8Array.from({ length }, (_, at) => at % 251);
  }
  greet({ name, age }) {
    note('greet');
    return `${name} is ${age}`;
  }
  nothing() {
    // No reply.
  }
  address(_message, context) {
    return `${context.kind}/${context.key}`;
  }
  fail(message) {
    throw new Error(message);
  }
  spin(milliseconds) {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
  }
}

class Dice extends Actor {
  static handlers = { roll: handler() };
  rolls = 0;

  async roll(_message, context) {
    this.rolls += 1;
    const now_before = context.now;
    const ids = [context.newId(), context.newId()];
    const randoms = [context.random(), context.random()];
    await sleep(20);
    return { now_before, ids, randoms, now_after: context.now, rolls: this.rolls };
  }
}

/** All kinds, in the order of the README. */
export const catalogue = [
  Counter,
  Scratch,
  Journal,
  Courier,
  Link,
  Sleeper,
  Nap,
  Narrow,
  NarrowOldest,
  NarrowWait,
  Echo,
  Dice,
];

for (const kind of catalogue) kind.options = { ...kind.options, exposed: true };
