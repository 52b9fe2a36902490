/** The kinds of dead letters, callers and application errors (tests/conformance/README.md, "Catalogue additions"). */

import { Actor, ApplicationError, handler } from 'everact';

import { isOn, note } from './tables.mjs';

const readOnly = true;
const options = { exposed: true };

export class SeatTaken extends ApplicationError {
  constructor(seat, row) {
    super(`seat ${seat} is taken`);
    this.seat = seat;
    this.row = row;
  }
}

class Hopeless extends Error {
  name = 'Hopeless';
}

const short = { attemptsMax: 3, firstWaitMs: 20, waitMaxMs: 40, factor: 2, jitter: 0 };
const patient = { attemptsMax: 100, firstWaitMs: 50, waitMaxMs: 50, factor: 1, jitter: 0 };
const takes = (retry) => handler({ message: 'string', ...(retry === undefined ? {} : { retry }) });

export class Collector extends Actor {
  static options = options;
  static errors = [SeatTaken];
  static handlers = {
    take: takes(short),
    takeHeld: takes({ ...short, onFailure: 'hold' }),
    takePatiently: takes(patient),
    takeHopeless: takes({ ...short, notRetried: ['Hopeless'] }),
    refuse: takes(short),
    takeByDefault: takes(undefined),
    takeMetadata: handler({ retry: short }),
    fall: takes(undefined),
    entryList: handler({ name: 'entries', readOnly }),
  };
  entries = [];

  take(message) {
    this.#take(message, Error);
  }
  takeHeld(message) {
    this.#take(message, Error);
  }
  takePatiently(message) {
    this.#take(message, Error);
  }
  takeHopeless(message) {
    this.#take(message, Hopeless);
  }
  takeByDefault(message) {
    this.#take(message, Error);
  }
  refuse(message) {
    note(`take ${message}`);
    throw new SeatTaken(message, 1);
  }
  takeMetadata(_message, context) {
    this.entries.push(context.metadata['x-trip'] ?? '');
  }
  fall(message) {
    if (isOn('falls')) process.exit(3);
    this.entries.push(message);
  }
  entryList() {
    return this.entries;
  }
  #take(message, failure) {
    note(`take ${message}`);
    if (message.startsWith('bad') && !isOn('repaired')) throw new failure(`broken: ${message}`);
    this.entries.push(message);
  }
}

const seat = handler({ message: { seat: 'string', row: 'integer' } });

export class Guarded extends Actor {
  static options = { ...options, transient: true };
  static errors = [SeatTaken];
  static handlers = {
    secret: handler({ internal: true }),
    through: handler(),
    caller: handler(),
    callerThrough: handler(),
    metadata: handler(),
    book: seat,
    bookThrough: seat,
    bookCatching: seat,
    bookUndeclared: handler(),
    bookHuge: handler(),
    bookBadly: handler(),
  };

  secret() {
    return 'secret';
  }
  through(_message, context) {
    return context.actor(Guarded, 'inner').secret();
  }
  caller(_message, context) {
    return context.caller ?? null;
  }
  callerThrough(_message, context) {
    return context.actor(Guarded, 'inner').caller();
  }
  metadata(_message, context) {
    return context.metadata;
  }
  book({ seat: taken, row }) {
    throw new SeatTaken(taken, row);
  }
  bookThrough(message, context) {
    return context.actor(Guarded, 'inner').book(message);
  }
  async bookCatching(message, context) {
    try {
      return await context.actor(Guarded, 'inner').book(message);
    } catch (error) {
      if (!(error instanceof SeatTaken)) throw error;
      return `${error.seat} in row ${error.row}`;
    }
  }
  bookUndeclared() {
    const details = { show: 'hamlet', seats: [1, 2] };
    throw new ApplicationError('no such show', { type: 'no_such_show', status: 404, details });
  }
  bookHuge() {
    throw new SeatTaken('x'.repeat(100_000), 1);
  }
  bookBadly() {
    throw new SeatTaken('a\ud800', 1);
  }
}
