/** The kind whose handlers run in a pool (tests/conformance/README.md, `cruncher`); a worker loads this module. */

import { existsSync } from 'node:fs';

import { Actor, handler } from 'everact';

import { Counter } from './catalogue.mjs';

/** So long a handler computes at most. */
const MILLISECONDS_MAX = 20_000;

export class Cruncher extends Actor {
  static options = { pool: 'cpu', module: import.meta.url, exposed: true };
  static handlers = {
    add: handler({ message: 'integer' }),
    addThenFail: handler({ message: 'integer' }),
    crunch: handler({ message: { amount: 'integer', file: 'string' } }),
    send: handler({ message: { to: 'string', amount: 'integer' } }),
    get: handler({ readOnly: true }),
  };
  value = 0;

  add(amount) {
    this.value += amount;
    return this.value;
  }
  addThenFail(amount) {
    this.value += amount;
    throw new Error('boom');
  }
  crunch({ amount, file }) {
    const end = Date.now() + MILLISECONDS_MAX;
    while (!existsSync(file) && Date.now() < end);
    return this.add(amount);
  }
  send({ to, amount }, context) {
    context.tell(context.actor(Counter, to), 'add', amount);
    return this.add(amount);
  }
  get() {
    return this.value;
  }
}
