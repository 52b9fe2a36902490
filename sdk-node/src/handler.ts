/**
 * Declares a handler: a method of an actor that answers messages.
 */

import { type MessageSchema } from './schema.js';

/** How a handler is called and what its messages look like. */
export interface HandlerOptions {
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
  /** What the message must look like, checked before the handler runs; `'bytes'` takes it unencoded. */
  readonly message?: MessageSchema;
  /** `'bytes'`: the handler gives a Uint8Array, sent unencoded. */
  readonly reply?: 'bytes';
}

/** A declared handler, as it stands in an actor's `static handlers`. */
export class Handler {
  /** What was declared. */
  readonly options: HandlerOptions;

  /** @internal */
  constructor(options: HandlerOptions) {
    this.options = options;
  }
}

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
export function handler(options: HandlerOptions = {}): Handler {
  return new Handler(options);
}
