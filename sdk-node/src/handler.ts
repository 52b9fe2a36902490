/**
 * Declares a handler: a method of an actor, or a function beside its schema, that answers messages.
 */

import { type Context } from './context.js';
import { type Described, type Given, type MessageSchema } from './schema.js';

/**
 * What happens to a told message whose handler fails: it is tried again, and at last becomes a dead letter. A policy that cannot be
 * used is `InvalidDeclaration` when an engine opens.
 */
export interface Retry {
  /** How often the handler runs at most, the first time included; at least 1. */
  readonly attemptsMax?: number;
  /** The wait before the second attempt, in milliseconds: 1 to 4,294,967,294, and at most `waitMaxMs`. */
  readonly firstWaitMs?: number;
  /** The longest wait between two attempts, in milliseconds: 1 to 4,294,967,294. */
  readonly waitMaxMs?: number;
  /** By what each wait is longer than the one before; at least 1. */
  readonly factor?: number;
  /** How much of a wait is random, 0 to 1. */
  readonly jitter?: number;
  /** Errors that are not worth another attempt, by their names. */
  readonly notRetried?: readonly string[];
  /** `'park'`: it becomes a dead letter and the sender's later messages go on. `'hold'`: they wait for it. */
  readonly onFailure?: 'park' | 'hold';
}

/** How a handler is called and what its messages look like. */
export interface HandlerOptions<
  M extends MessageSchema | 'bytes' | undefined = MessageSchema | 'bytes' | undefined,
> {
  /** The handler's name in every language; its method's name in lower snake case when left out. */
  readonly name?: string;
  /** Turns of this handler may overlap one another; it must neither change state nor tell. */
  readonly readOnly?: boolean;
  /** A chain of asks that began at this actor may come back to this handler. */
  readonly reentrant?: boolean;
  /**
   * Handling a message twice is the same as handling it once: a connection that broke may send it again. Read-only
   * handlers are so without saying it.
   */
  readonly idempotent?: boolean;
  /** Only actors of this engine and its own process may call it: it is not served to others. */
  readonly internal?: boolean;
  /** What happens when it fails on a told message; five attempts within a minute when left out. */
  readonly retry?: Retry;
  /** What it does, for the pages that describe it. */
  readonly doc?: string;
  /** What the message must look like, checked before the handler runs; `'bytes'` takes it unencoded. */
  readonly message?: M;
  /** `'bytes'`: the handler gives a Uint8Array, sent unencoded. */
  readonly reply?: 'bytes';
}

/** A declared handler, as it stands in an actor's `static handlers`. */
export class Handler<M extends MessageSchema | 'bytes' | undefined = MessageSchema | 'bytes' | undefined> {
  /** What was declared. */
  readonly options: HandlerOptions<M>;

  /** @internal */
  constructor(options: HandlerOptions<M>) {
    this.options = options;
  }
}

/** A handler that is declared with its function. `F` is how it looks to those who ask. */
export class InlineHandler<
  F extends (...given: never[]) => unknown = (...given: never[]) => unknown,
> extends Handler {
  /** @internal What runs. */
  readonly run: unknown;
  /** For TypeScript alone. */
  declare readonly asked: F;

  /** @internal */
  constructor(options: HandlerOptions, run: unknown) {
    super(options);
    this.run = run;
  }
}

/** How an inline handler looks to those who ask: without the context, its message as the schema takes it. */
export type Asked<M, R> = M extends 'bytes'
  ? (message: Uint8Array) => R
  : M extends MessageSchema
    ? (message: Given<M>) => R
    : () => R;

/** The message as an inline handler gets it: as the schema gives it. */
export type Taken<M> = M extends 'bytes' ? Uint8Array : M extends MessageSchema ? Described<M> : undefined;

/** The type of the message that a handler takes: what its schema describes. */
export type MessageOf<H> =
  H extends Handler<infer M>
    ? M extends 'bytes'
      ? Uint8Array
      : M extends MessageSchema
        ? Described<M>
        : unknown
    : never;

/**
 * Declares a method of the same name as a handler.
 *
 * @param options - how it is called and what its messages look like; may be left out.
 *
 * @example
 * class Airport extends Actor {
 *   static handlers = { landed: handler({ message: 'integer' }), flights: handler({ readOnly: true }) };
 *   count = 0;
 *   landed(delay: number) { this.count += 1; return delay; }
 *   flights() { return this.count; }
 * }
 */
export function handler<const M extends MessageSchema | 'bytes' | undefined = undefined>(
  options?: HandlerOptions<M>,
): Handler<M>;
/**
 * Declares a handler with its function, whose message has the type that the schema describes.
 *
 * @param message - what the message must look like, as the option `message`; `undefined` where it takes none.
 * @param run - what runs: a `function`, because `this` is the actor.
 * @param options - how it is called.
 *
 * @example
 * class Airport extends Actor {
 *   static handlers = {
 *     landed: handler({ delay: 'integer' }, function (this: Airport, { delay }) { return (this.delays += delay); }),
 *   };
 *   delays = 0;
 * }
 */
export function handler<const M extends MessageSchema | 'bytes' | undefined, R>(
  message: M,
  run: (this: never, message: Taken<M>, context: Context) => R,
  options?: Omit<HandlerOptions, 'message'>,
): InlineHandler<Asked<M, R>>;
export function handler(first?: unknown, run?: unknown, options: HandlerOptions = {}): Handler {
  if (run === undefined) {
    return new Handler(first ?? {});
  }
  const message = first as HandlerOptions['message'];
  return new InlineHandler(message === undefined ? options : { ...options, message }, run);
}
