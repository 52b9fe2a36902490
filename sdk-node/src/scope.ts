/**
 * What references are made from: an engine, a connection, or inside a handler its context.
 */

import { type Context } from './context.js';
import { type Lane } from './internal/lane.js';
import { type NamedReference } from './reference.js';

/** @internal Which way the messages of a scope go. */
export interface Route {
  readonly lane: Lane;
  /** The turn that they belong to. */
  readonly context: Context | undefined;
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
