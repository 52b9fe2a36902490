/**
 * The activations of this engine in the host: one object per actor, between its turns.
 */

import { type Actor } from '../actor.js';
import { type Payload } from '../codec.js';
import { type Context } from '../context.js';
import { InvalidArgument } from '../errors.js';
import { type Metadata } from '../metadata.js';
import { type Responder } from '../reply_to.js';
import { type Route } from '../scope.js';
import { type Snapshot } from '../state.js';
import { type Kind } from './kind.js';
import { type Lane } from './lane.js';
import { type Wide } from './parts.js';
import { readFor } from './reading.js';

/** The way of what an activation's references send: through its newest open turn. */
export class OwnRoute implements Route, Responder {
  readonly lane: Lane;
  /** The turn that began last. */
  newest: Context | undefined = undefined;

  constructor(lane: Lane) {
    this.lane = lane;
  }

  /** That turn, while it is open. */
  get context(): Context | undefined {
    return this.newest?.isOpen === true ? this.newest : undefined;
  }

  /**
   * Answers an ask that a turn left open: a later turn does it.
   *
   * @throws InvalidArgument where none is open.
   */
  respond(ask: Wide, code: number, payload: Payload, metadata: Metadata | undefined): void {
    const { context } = this;
    if (context === undefined) {
      throw new InvalidArgument('An answer is given within a turn of whoever was asked; none is open.');
    }
    context.respond(ask, code, payload, metadata);
  }
}

/** An actor's live instance. */
export class Activation {
  readonly kind: Kind;
  readonly key: string;
  /** Shard and generation of the activation's id; the slot is its place in the table. */
  readonly high: number;
  readonly route: OwnRoute;
  /** Its number, where it is a process. */
  readonly process: Wide | undefined;
  object: Actor;
  /** The state that was last accepted. */
  accepted: Snapshot;
  #isBroken = false;

  constructor(
    kind: Kind,
    key: string,
    high: number,
    route: OwnRoute,
    process: Wide | undefined,
    object: Actor,
    accepted: Snapshot,
  ) {
    this.route = route;
    this.process = process;
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
    readFor(this.route);
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
    readFor(this.route);
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
