/**
 * Reaches the actors of an engine elsewhere: the same references, asks and errors as in its own process.
 */

import { type ActorClass } from './actor.js';
import {
  deadLetter,
  type DeadLetter,
  type DeadLetterFilter,
  deadLetters,
  dropDeadLetter,
  type OpenedDeadLetter,
  retryDeadLetter,
  type RetryOptions,
} from './dead_letters.js';
import { InvalidArgument } from './errors.js';
import { connectionKinds, kindSettings } from './internal/declared.js';
import { Lane } from './internal/lane.js';
import { inquire } from './internal/native.js';
import { connectionSettings, type ConnectOptions } from './options.js';
import { Producer } from './producer.js';
import { type AnyReference, type NamedReference, type Reference } from './reference.js';
import { type Route, type Scope } from './scope.js';

/** Time to answer what is open when a connection closes, unless the caller says otherwise. */
const CLOSE_DEADLINE_MS = 10_000;

/**
 * A connection to an engine, or to several that serve the same actors. It connects again by itself; what was open when a
 * connection broke is sent again where that is safe (read-only and idempotent handlers, an idempotency key, a producer), else
 * it is rejected with ConnectionLost.
 *
 * @example
 * await using engine = await connect('http://127.0.0.1:8080', { actors: [Airport] });
 * console.log(await engine.actor(Airport, 'SFO').landed(12));
 */
export class Connection implements Scope {
  readonly #lane: Lane;
  #closing: Promise<void> | undefined = undefined;

  /** @internal */
  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** @internal */
  get route(): Route {
    return { lane: this.#lane, context: undefined };
  }

  /**
   * A reference to an actor; nothing happens until it is used.
   *
   * @param actor - the actor's class, or its kind's name.
   * @param key - the actor's key: 1 to 1,024 bytes of text.
   * @throws UnknownKind when the connection was not told of the kind.
   */
  actor<C extends ActorClass>(actor: C, key: string): Reference<C>;
  actor(actor: string, key: string): NamedReference;
  actor(actor: ActorClass | string, key: string): AnyReference {
    return this.#lane.reference(actor, key, undefined);
  }

  /**
   * Looks at what runs, and acts on it, as the command `everact` does: `await engine.describe('top', { by: 'mailbox' })`.
   *
   * @param topic - a row of "Topics of `describe`" (docs/reference/boundary.md) that is an object: `actors`, `inspect`, `top`, `tree`,
   *   `crashes`, `trace_start`, `suspend` and more.
   * @param members - its members.
   * @throws InvalidArgument for what the topic does not take, NoProcess where there is none.
   */
  describe(
    topic: string,
    members: Readonly<Record<string, unknown>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    return inquire(this.#lane, { ...members, topic });
  }

  /**
   * Told messages whose handler failed for good, oldest first.
   *
   * @param filter - only those for a kind, or for an actor.
   */
  deadLetters(filter: DeadLetterFilter = {}): AsyncGenerator<DeadLetter, void> {
    return deadLetters(this.#lane, filter);
  }

  /**
   * A dead letter with its message.
   *
   * @throws InvalidArgument when there is none of this number.
   */
  deadLetter(id: number): Promise<OpenedDeadLetter> {
    return deadLetter(this.#lane, id);
  }

  /**
   * Sends a dead letter again, as a message that was never tried.
   *
   * @param id - its number.
   * @param options - what to send in place of the old message.
   * @throws InvalidArgument when there is none of this number.
   */
  retryDeadLetter(id: number, options: RetryOptions = {}): Promise<void> {
    return retryDeadLetter(this.#lane, id, options);
  }

  /**
   * Drops a dead letter.
   *
   * @throws InvalidArgument when there is none of this number.
   */
  dropDeadLetter(id: number): Promise<void> {
    return dropDeadLetter(this.#lane, id);
  }

  /** A source of numbered messages, each applied once however often it is sent. */
  producer(name: string): Producer {
    return new Producer(this.#lane, name);
  }

  /**
   * Closes the connection: no new asks, open ones are waited for.
   *
   * @param options - `deadlineMs`: time to wait; asks still open after it are rejected with Closed.
   */
  close(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#lane.close(options.deadlineMs ?? CLOSE_DEADLINE_MS);
    return this.#closing;
  }

  /** Closes the connection at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Connects to an engine that listens, and waits until it has answered.
 *
 * @param addresses - one or several, as `http://host:port` or `https://host:port`; asks are spread over several.
 * @param options - the actors and the settings.
 * @throws Unreachable naming the address and why, Unauthenticated, InvalidConfiguration, InvalidDeclaration, DuplicateKind.
 */
export async function connect(
  addresses: string | readonly string[],
  options: ConnectOptions,
): Promise<Connection> {
  const list = typeof addresses === 'string' ? [addresses] : addresses;
  if (!Array.isArray(list)) {
    throw new InvalidArgument('connect takes an address or a list of addresses.');
  }
  const kinds = connectionKinds(options.actors);
  const config = { ...connectionSettings(list, options), ...kindSettings(kinds) };
  return new Connection(await Lane.open(config, kinds, options, 'connection'));
}
