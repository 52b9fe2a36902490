/**
 * Declares a handler: a method of an actor that answers messages.
 */

import { type Described, type MessageSchema } from './schema.js';

/** What happens to a told message whose handler fails: it is tried again, and at last becomes a dead letter. */
export interface Retry {
  /** How often the handler runs at most, the first time included. */
  readonly attemptsMax?: number;
  /** The wait before the second attempt, in milliseconds. */
  readonly firstWaitMs?: number;
  /** The longest wait between two attempts, in milliseconds. */
  readonly waitMaxMs?: number;
  /** By what each wait is longer than the one before. */
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
  options: HandlerOptions<M> = {},
): Handler<M> {
  return new Handler(options);
}
