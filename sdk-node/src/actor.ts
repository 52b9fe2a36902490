/**
 * Declares an actor: a class whose fields are its state and whose declared methods answer messages.
 */

import { type Context } from './context.js';
import { type ApplicationErrorClass } from './errors.js';
import { type HandlerGone } from './exits.js';
import { type Handler } from './handler.js';
import { type StateTypes } from './state.js';
import { type StateOptions } from './state_machine.js';

/** What a full mailbox does with a further message. */
export type Overflow = 'reject' | 'drop_oldest' | 'wait';

/** How the actors of a kind live. */
export interface ActorOptions {
  /** The kind's name in every language; the class's name in lower snake case when left out. */
  readonly name?: string;
  /** True: the state lives in memory only and is lost with the activation. */
  readonly transient?: boolean;
  /** Idle time before an activation leaves memory, in milliseconds; the engine's when left out. */
  readonly idleTimeoutMs?: number;
  /** Messages that may wait for one actor; the engine's when left out. */
  readonly mailboxCapacityMessages?: number;
  /** What happens to the message after that; `'reject'` when left out. */
  readonly overflow?: Overflow;
  /** Serve the kind's handlers to callers from the network (all but internal ones); kinds from a .proto are served anyway. */
  readonly exposed?: boolean;
  /** What the actor is, for the pages that describe it. */
  readonly doc?: string;
  /**
   * The pool of worker threads in which its handlers run: `'cpu'`, which every engine has, or one of the engine's option `pools`.
   * For handlers that compute for long.
   */
  readonly pool?: string;
  /** Where a worker finds the class: `import.meta.url` of the module that exports it. Needed with `pool`. */
  readonly module?: string;
}

/** The handlers of an actor, by the name of their method. */
export type Handlers = Readonly<Record<string, Handler>>;

/**
 * The base of every actor. One instance lives per key, made by the first message.
 *
 * Fields are the state: plain JSON values with defaults, or what `static state` declares, stored with every turn that changed
 * them. What is no state (a connection, a cache) goes into a `#private` field. Only the methods named in `static handlers` can be reached.
 *
 * @example
 * class Airport extends Actor {
 *   static handlers = { landed: handler() };
 *   flights = 0;
 *   landed(delay: number) { this.flights += 1; return this.flights; }
 * }
 */
export abstract class Actor {
  /** How the actors of this kind live. */
  static readonly options: ActorOptions = {};
  /** Which methods answer messages, and how. */
  static readonly handlers: Handlers = {};
  /** The types of the state's fields, where defaults do not say enough: checked before a turn commits and on loading. */
  static readonly state: StateTypes = {};
  /** The application's own errors that its handlers throw: a caller gets them as they are. */
  static readonly errors: readonly ApplicationErrorClass[] = [];

  /** Called when the activation has come to life, before its first message; a turn of its own. */
  activated?(context: Context): void | Promise<void>;
  /** Called before the activation leaves memory; a turn of its own. */
  passivating?(context: Context): void | Promise<void>;
  /** Called when a handler that it supervises has left its event manager. */
  onHandlerGone?(gone: HandlerGone, context: Context): void | Promise<void>;
}

/** A class of actors that may be abstract: enough to reach them, where nothing of them runs. */
export type AnyActorClass = (abstract new () => Actor) & Omit<ActorClass, 'prototype'>;

/** A kind that generated code declares (`kind` of `everact/proto`). */
export interface DeclaredKind {
  /** The kind's name in every language. */
  readonly name: string;
  /** The full name of the service that it was generated from. */
  readonly service: string;
}

/** A class of actors. */
export interface ActorClass<A extends Actor = Actor> {
  new (): A;
  readonly name: string;
  readonly options: ActorOptions & Partial<StateOptions>;
  readonly handlers: Handlers;
  readonly state: StateTypes;
  readonly errors: readonly ApplicationErrorClass[];
}
