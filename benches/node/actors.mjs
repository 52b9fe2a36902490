/** The actor of all figures, in memory and durable. */

import { Actor, handler } from 'everact';

/** A durable number. */
export class Counter extends Actor {
  static handlers = { add: handler({ message: 'integer' }) };
  value = 0;

  add(amount) {
    this.value += amount;
    return this.value;
  }
}

/** The same in memory only. */
export class Scratch extends Counter {
  static options = { transient: true };
}

export const actors = [Counter, Scratch];
