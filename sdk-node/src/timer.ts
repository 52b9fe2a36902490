/**
 * Messages that are sent later, once or again and again.
 */

import { type Lane } from './internal/lane.js';
import { type Wide } from './internal/parts.js';
import { NOBODY } from './internal/process_frame.js';
import * as layout from './internal/generated/layout.js';

/** A message that is to be sent later. */
export class Timer {
  readonly #lane: Lane;
  readonly #id: Wide;

  /** @internal */
  constructor(lane: Lane, id: Wide) {
    this.#lane = lane;
    this.#id = id;
  }

  /** Takes the message back; the milliseconds that were left, or `undefined` if it was sent already. */
  cancel(): number | undefined {
    return this.#left(layout.TIMER_CANCEL);
  }

  /** The milliseconds that are left, or `undefined` if it was sent already. */
  read(): number | undefined {
    return this.#left(layout.TIMER_READ);
  }

  #left(what: number): number | undefined {
    const left = this.#lane.processes.timer({
      what,
      turn: NOBODY,
      to: undefined,
      kind: 0,
      handler: 0,
      payload: undefined,
      timer: this.#id,
      afterMs: 0,
    });
    return left === undefined ? undefined : left.high * 2 ** 32 + left.low;
  }
}
