/**
 * Reaches generated actors: one by its key, or all of a kind by the keys in their requests.
 */

import { InvalidArgument, UnknownKind } from '../errors.js';
import { type BoundHandler, type Kind as BoundKind } from '../internal/kind.js';
import { type AskOptions, type TellOptions } from '../options.js';
import { type Route, type Scope } from '../scope.js';
import { type Kind } from './kind.js';
import { type Method, type Sealed } from './method.js';
import { type MethodName, type ReplyOf, type RequestOf } from './types.js';

const SETTLED = Promise.resolve();

/** The way from a scope to the actors of a kind. */
class Way {
  readonly #kind: Kind;
  readonly #route: Route;
  #bound: BoundKind | undefined;

  constructor(scope: Scope, kind: Kind) {
    this.#kind = kind;
    this.#route = scope.route;
  }

  /** Asks; every failure is a rejection. */
  async ask(name: string, given: unknown, key: string | undefined, options?: AskOptions): Promise<unknown> {
    const method = this.#kind.method(name);
    const { lane, context } = this.#route;
    const bound = this.#kindThere();
    const sealed = this.#seal(method, given, key);
    const handler = bound.handler(method.name);
    const reply = await lane.ask(bound, handler, sealed.key, sealed.payload, options, context);
    return method.open(reply as Uint8Array | undefined);
  }

  /** Tells: inside a handler with the turn's commit (what cannot be sent is thrown), else until the mailbox has the message. */
  tell(name: string, given: unknown, key: string | undefined, options?: TellOptions): Promise<void> {
    const { lane, context } = this.#route;
    const seal = (): [BoundKind, BoundHandler, Sealed] => {
      const method = this.#kind.method(name);
      const bound = this.#kindThere();
      return [bound, bound.handler(method.name), this.#seal(method, given, key)];
    };
    if (context !== undefined) {
      const [bound, handler, sealed] = seal();
      context.sendLater(bound, handler, sealed.key, sealed.payload, options);
      return SETTLED;
    }
    return new Promise((resolve, reject) => {
      const [bound, handler, sealed] = seal();
      lane.submitTell(bound, handler, sealed.key, sealed.payload, options, resolve, reject);
    });
  }

  #seal(method: Method, given: unknown, key: string | undefined): Sealed {
    const sealed = method.seal(given, key, this.#kind.name);
    if (sealed.key === '' || !sealed.key.isWellFormed()) {
      throw new InvalidArgument('A key is well-formed text of at least one character.');
    }
    return sealed;
  }

  #kindThere(): BoundKind {
    this.#bound ??= this.#route.lane.find(this.#kind.name);
    if (this.#bound?.service !== this.#kind.service) {
      throw new UnknownKind(
        `No kind ${this.#kind.name} of the service ${this.#kind.service} is registered there.`,
      );
    }
    return this.#bound;
  }
}

/** One actor of a declared kind. */
export class Reference<K extends Kind> {
  /** The actor's key. */
  readonly key: string;
  readonly #way: Way;

  /** @internal */
  constructor(scope: Scope, kind: K, key: string | number | bigint) {
    this.key = String(key);
    this.#way = new Way(scope, kind);
  }

  /**
   * Sends a request and waits for its reply.
   *
   * @param method - the method's local name.
   * @param request - the request, or for client streaming a list of them; the key may be left open.
   * @param options - deadline, cancellation, exactly-once marks, metadata.
   * @throws any error of the table, as a rejection; InvalidArgument when a request names another key.
   */
  ask<N extends MethodName<K>>(
    method: N,
    request: RequestOf<K, N>,
    options?: AskOptions,
  ): Promise<ReplyOf<K, N>> {
    return this.#way.ask(method, request, this.key, options) as Promise<ReplyOf<K, N>>;
  }

  /**
   * Sends a request and does not wait for its reply: resolves when the actor's mailbox has it. Inside a handler it leaves
   * with the turn's commit.
   *
   * @param method - the method's local name.
   * @param request - the request, or for client streaming a list of them; the key may be left open.
   */
  tell<N extends MethodName<K>>(method: N, request: RequestOf<K, N>, options?: TellOptions): Promise<void> {
    return this.#way.tell(method, request, this.key, options);
  }
}

/** All actors of a declared kind: each request says by its key which one it is for. */
export class Client<K extends Kind> {
  readonly #way: Way;

  /** @internal */
  constructor(scope: Scope, kind: K) {
    this.#way = new Way(scope, kind);
  }

  /** As {@link Reference.ask}, to the actor whose key the request names. */
  ask<N extends MethodName<K>>(
    method: N,
    request: RequestOf<K, N>,
    options?: AskOptions,
  ): Promise<ReplyOf<K, N>> {
    return this.#way.ask(method, request, undefined, options) as Promise<ReplyOf<K, N>>;
  }

  /** As {@link Reference.tell}, to the actor whose key the request names. */
  tell<N extends MethodName<K>>(method: N, request: RequestOf<K, N>, options?: TellOptions): Promise<void> {
    return this.#way.tell(method, request, undefined, options);
  }
}

/**
 * A reference to one actor; nothing happens until it is used.
 *
 * @param scope - an engine, a connection, or inside a handler its context.
 * @param kind - the declaration.
 * @param key - the actor's key.
 */
export function reference<K extends Kind>(
  scope: Scope,
  kind: K,
  key: string | number | bigint,
): Reference<K> {
  return new Reference(scope, kind, key);
}

/**
 * A client for all actors of a kind.
 *
 * @param scope - an engine, a connection, or inside a handler its context.
 * @param kind - the declaration.
 */
export function client<K extends Kind>(scope: Scope, kind: K): Client<K> {
  return new Client(scope, kind);
}
