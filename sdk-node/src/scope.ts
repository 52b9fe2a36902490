/**
 * What references are made from: an engine, a connection, or inside a handler its context.
 */

import { type Payload } from './codec.js';
import { type Target } from './internal/parts.js';
import { type BoundHandler, type Kind } from './internal/kind.js';
import { type Lane } from './internal/lane.js';
import { type TellOptions } from './options.js';
import { type NamedReference } from './reference.js';

/** @internal A turn, as what leaves it sees it. */
export interface Turn {
  readonly turnLow: number;
  readonly turnHigh: number;
  /** @throws when the turn is over. */
  requireOpen(): void;
  /** Sends a message with the turn: with its commit, or at once where the turn is a process's. */
  sendLater(
    kind: Kind,
    handler: BoundHandler,
    to: Target,
    payload: Payload,
    options: TellOptions | undefined,
  ): void;
}

/** @internal Which way the messages of a scope go. */
export interface Route {
  readonly lane: Lane;
  /** The turn that they belong to. */
  readonly context: Turn | undefined;
}

/** Where references and clients are made from: an engine, a connection, or inside a handler its context. */
export interface Scope {
  /** @internal */
  readonly route: Route;
  /**
   * A reference to an actor; nothing happens until it is used.
   *
   * @param actor - its kind's name.
   * @param key - its key.
   */
  actor(actor: string, key: string): NamedReference;
}
