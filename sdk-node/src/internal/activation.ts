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
  readonly object: Actor;
  /** The state that was last accepted. */
  accepted: Snapshot;

  constructor(kind: Kind, key: string, high: number, object: Actor, accepted: Snapshot) {
    this.kind = kind;
    this.key = key;
    this.high = high;
    this.object = object;
    this.accepted = accepted;
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
