/**
 * Which activations have begun and which are gone already: what comes back from a call may overtake the lane's queue, so an
 * activation may be forgotten before its first turn comes in, where a process is killed at once.
 */

import { SlotTable } from './activation.js';

/** The activations of one engine. */
export class Beginnings {
  /** The upper half of the id of the activation in each slot. */
  readonly #begun = new SlotTable<number>();
  readonly #gone = new Set<string>();

  /** How many were forgotten and have not begun. */
  get gone(): number {
    return this.#gone.size;
  }

  /** The first turn of an activation has come in; false where it is gone already. */
  begin(low: number, high: number): boolean {
    if (this.#gone.size > 0 && this.#gone.delete(idOf(low, high))) {
      return false;
    }
    this.#begun.set(low, high, high);
    return true;
  }

  /** An activation has been forgotten. */
  end(low: number, high: number): void {
    if (this.#begun.get(low, high) === high) {
      this.#begun.set(low, high, undefined);
    } else {
      this.#gone.add(idOf(low, high));
    }
  }
}

function idOf(low: number, high: number): string {
  return `${String(high)}/${String(low)}`;
}
