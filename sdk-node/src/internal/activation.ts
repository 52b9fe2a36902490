/**
 * The activations of this engine in the host: one object per actor, between its turns.
 */

import { type Actor } from '../actor.js';
import { type Snapshot } from '../state.js';
import { type Kind } from './kind.js';

/** An actor's live instance. */
export class Activation {
  readonly kind: Kind;
  readonly key: string;
  /** Shard and generation of the activation's id; the slot is its place in the table. */
  readonly high: number;
  object: Actor;
  /** The state that was last accepted. */
  accepted: Snapshot;
  #isBroken = false;

  constructor(kind: Kind, key: string, high: number, object: Actor, accepted: Snapshot) {
    this.kind = kind;
    this.key = key;
    this.high = high;
    this.object = object;
    this.accepted = accepted;
  }

  /**
   * Puts the object back to a snapshot. One that does not let itself be put back (frozen, with fields of its own making) is
   * replaced by a new one; where that cannot be made either, the answer is false, and the next turn tries again.
   */
  putBack(snapshot: Snapshot): boolean {
    const { shape } = this.kind;
    try {
      shape.restore(this.object, snapshot);
      return true;
    } catch {
      // Below: a new object.
    }
    try {
      this.#replace(snapshot);
      return true;
    } catch {
      this.#isBroken = true;
      return false;
    }
  }

  /**
   * Makes the object that could not be made when a turn failed.
   *
   * @throws what its class throws.
   */
  mend(): void {
    if (this.#isBroken) {
      this.#replace(this.accepted);
      this.#isBroken = false;
    }
  }

  #replace(snapshot: Snapshot): void {
    const object = this.kind.shape.make();
    this.kind.shape.restore(object, snapshot);
    this.object = object;
  }
}

const SHARD_SHIFT = 24;

/**
 * Things by the core's ids (`shard << 56 | generation << 32 | slot`, here in two halves): slots are small and dense,
 * so a list for each shard finds them without hashing.
 */
export class SlotTable<T> {
  readonly #shards: (T | undefined)[][] = [];

  /** What is kept in a slot. */
  get(low: number, high: number): T | undefined {
    return this.#shards[high >>> SHARD_SHIFT]?.[low];
  }

  /** Keeps something in a slot; `undefined` empties it. */
  set(low: number, high: number, value: T | undefined): void {
    const shard = high >>> SHARD_SHIFT;
    const slots = (this.#shards[shard] ??= []);
    slots[low] = value;
  }
}
