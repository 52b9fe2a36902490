/**
 * Reaches an actor: its handlers as methods where the class is known, by name where it is not.
 */

import { type ActorClass } from './actor.js';
import { type InlineHandler } from './handler.js';
import { type Target } from './internal/parts.js';
import { type BoundHandler, type Kind } from './internal/kind.js';
import { type Lane } from './internal/lane.js';
import { type AskOptions, type TellOptions } from './options.js';
import { type Turn } from './scope.js';

/** The handlers that are declared with their functions. */
type InlineName<C extends ActorClass> = {
  [K in keyof C['handlers']]: C['handlers'][K] extends InlineHandler ? K : never;
}[keyof C['handlers']];

/** The handlers of an actor class: the methods that it declares as such, and those declared with their functions. */
export type HandlerName<C extends ActorClass> = (
  (keyof C['handlers'] & keyof InstanceType<C>) | InlineName<C>
) &
  string;

type MethodOf<C extends ActorClass, K extends HandlerName<C>> = (
  C['handlers'][K] extends InlineHandler<infer F> ? F : InstanceType<C>[K & keyof InstanceType<C>]
) extends (...given: infer P extends readonly unknown[]) => infer R
  ? (...given: P) => R
  : never;

/** What a handler takes: no message, one that may be left out, or one. */
export type MessageArguments<C extends ActorClass, K extends HandlerName<C>> =
  Parameters<MethodOf<C, K>> extends readonly []
    ? [message?: undefined]
    : undefined extends Parameters<MethodOf<C, K>>[0]
      ? [message?: Parameters<MethodOf<C, K>>[0]]
      : [message: Parameters<MethodOf<C, K>>[0]];

/** What a handler gives. */
export type ReplyOf<C extends ActorClass, K extends HandlerName<C>> = Awaited<ReturnType<MethodOf<C, K>>>;

/** The asks of an actor class as methods. */
export type Asks<C extends ActorClass> = {
  readonly [K in HandlerName<C>]: (
    ...given: [...message: MessageArguments<C, K>, options?: AskOptions]
  ) => Promise<ReplyOf<C, K>>;
};

/** What every reference has. */
export class AnyReference {
  /** The actor's key. */
  readonly key: string;
  /** @internal */ readonly boundKind: Kind;
  /** @internal */ readonly lane: Lane;
  /** @internal The turn that this reference asks from. */
  readonly context: Turn | undefined;

  /** @internal */
  constructor(lane: Lane, kind: Kind, key: string, context: Turn | undefined) {
    this.lane = lane;
    this.boundKind = kind;
    this.key = key;
    this.context = context;
  }

  /** @internal */
  get target(): Target {
    return this.key;
  }

  /** The name of the actor's kind. */
  get kind(): string {
    return this.boundKind.name;
  }
}

/** A reference by the name of a kind: handlers are named too, and nothing is known about their types. */
export class NamedReference extends AnyReference {
  /**
   * Sends a message and waits for its reply.
   *
   * @param handler - the handler's name.
   * @param message - the message; left out for none.
   * @param options - deadline, cancellation, exactly-once marks.
   * @returns the reply.
   * @throws any error of the table, as a rejection.
   */
  ask<R = unknown>(handler: string, message?: unknown, options?: AskOptions): Promise<R> {
    return this.lane.askByName(this, handler, message, options) as Promise<R>;
  }

  /**
   * Sends a message without waiting for a reply: resolves when the actor's mailbox has it. Inside a handler the message leaves
   * with the turn's commit.
   *
   * @throws MailboxFull, Overloaded and others, as a rejection; inside a handler what cannot be sent is thrown.
   */
  get tell(): NamedTell {
    this.#tell ??= tellOf(this);
    return this.#tell;
  }

  #tell: NamedTell | undefined = undefined;
}

/**
 * Tells by the handler's name.
 *
 * @param handler - the handler's name.
 * @param message - the message; left out for none.
 * @param options - metadata, and from outside exactly-once marks.
 */
export type NamedTell = (handler: string, message?: unknown, options?: TellOptions) => Promise<void>;

/** Tells of an actor class: `reference.tell.landed(12)` is the same as `reference.tell('landed', 12)`. */
export type Tells<C extends ActorClass> = {
  readonly [K in HandlerName<C>]: (
    ...given: [...message: MessageArguments<C, K>, options?: TellOptions]
  ) => Promise<void>;
};

/** @internal Whom a message is for, and from which turn. */
export interface Addressee {
  readonly lane: Lane;
  readonly boundKind: Kind;
  readonly target: Target;
  readonly context: Turn | undefined;
}

/** Where a function that tells keeps its reference. */
const REFERENCE = Symbol('reference');

interface BoundTell extends NamedTell {
  [REFERENCE]: Addressee;
}

/** @internal What tells to an actor: called with a handler's name, or by the handlers as its methods. */
export function tellOf(reference: Addressee): NamedTell {
  const tell = (handler: string, message?: unknown, options?: TellOptions): Promise<void> =>
    reference.lane.tellByName(reference, handler, message, options);
  Object.setPrototypeOf(tell, tellMethods(reference.boundKind));
  Reflect.deleteProperty(tell, 'name');
  (tell as BoundTell)[REFERENCE] = reference;
  return tell;
}

const METHODS = new WeakMap<Kind, object>();

/** The methods of what tells to a kind, made once. */
function tellMethods(kind: Kind): object {
  let methods = METHODS.get(kind);
  if (methods === undefined) {
    methods = Object.create(Function.prototype) as object;
    for (const handler of kind.service === undefined ? kind.handlers : []) {
      Object.defineProperty(methods, handler.methodName, {
        value(this: BoundTell, message?: unknown, options?: TellOptions): Promise<void> {
          const reference = this[REFERENCE];
          return reference.lane.tell(reference, handler, message, options);
        },
      });
    }
    METHODS.set(kind, methods);
  }
  return methods;
}

/** What a typed reference has beside its handlers. */
export interface TypedReference<C extends ActorClass> extends AnyReference {
  /**
   * Sends a message and waits for its reply, by the handler's name; `reference.landed(12)` is the same as
   * `reference.ask('landed', 12)`.
   */
  ask<K extends HandlerName<C>>(
    handler: K,
    ...given: [...message: MessageArguments<C, K>, options?: AskOptions]
  ): Promise<ReplyOf<C, K>>;
  /**
   * Sends a message without waiting for a reply, as `reference.tell.landed(12)` or `reference.tell('landed', 12)`: resolves when
   * the actor's mailbox has it. Inside a handler the message leaves with the turn's commit.
   */
  readonly tell: Tells<C> &
    (<K extends HandlerName<C>>(
      handler: K,
      ...given: [...message: MessageArguments<C, K>, options?: TellOptions]
    ) => Promise<void>);
}

/** A reference to an actor of a known class. */
export type Reference<C extends ActorClass> = TypedReference<C> & Asks<C>;

/** @internal A class of references with a method for each handler of a kind. */
export type ReferenceClass = new (
  lane: Lane,
  kind: Kind,
  key: string,
  context: Turn | undefined,
) => NamedReference;

/**
 * Makes the class of the references to a kind: one method for each handler, made once when the engine opens.
 *
 * @internal
 */
export function referenceClass(kind: Kind): ReferenceClass {
  class KindReference extends NamedReference {}
  // What generated code asks for has its own references; by name such a kind takes and gives bytes.
  for (const handler of kind.service === undefined ? kind.handlers : []) {
    Object.defineProperty(KindReference.prototype, handler.methodName, { value: askMethod(handler) });
  }
  return KindReference;
}

/** @internal The method of a handler. */
export function askMethod(handler: BoundHandler) {
  return function ask(this: Addressee, message?: unknown, options?: AskOptions): Promise<unknown> {
    return this.lane.ask(this.boundKind, handler, this.target, message, options, this.context);
  };
}
