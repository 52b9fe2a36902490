/**
 * The open asks of an engine: numbers that are never used twice while open, and who waits for what.
 *
 * An id is a slot in a table and a generation, so that a reply that comes late or twice is recognized and dropped. The
 * generation is the upper half of an id that the core takes below 2^63 only, so it counts from 1 to 2^31 - 1 and starts again.
 */

import { Buffer } from 'node:buffer';

import { copyBytes, isOwnCopy, type Payload } from '../codec.js';
import { type Metadata } from '../metadata.js';
import { type AskOptions } from '../options.js';
import { type BoundHandler } from './kind.js';

/** The last generation: one more would set the sign of the id. */
const GENERATION_MAX = 2 ** 31 - 1;

/** A caller that waits for a reply. */
export class OpenAsk {
  readonly slot: number;
  readonly generation: number;
  /** The message, for a turn that runs in the call that submitted it: `OWN` means this one. */
  readonly message: unknown;
  /** Whether `message` is JSON text still to be decoded, or the value itself. */
  readonly isEncoded: boolean;
  /** The reply of the turn that completes in the call that brings it: `OWN` means this one. */
  reply: unknown = undefined;
  /** Whether `reply` is JSON text still to be decoded, or the value itself. */
  isReplyEncoded = false;
  readonly takesReplyBytes: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Hears what came beside the reply. */
  readonly onMetadata: ((metadata: Metadata) => void) | undefined;
  /** Whether it was asked without options: then its reply may be given before the core knows that its turn has ended. */
  isPlain = false;
  /** Stops listening to the caller's AbortSignal. */
  unlisten: (() => void) | undefined = undefined;

  constructor(
    slot: number,
    generation: number,
    message: unknown,
    isEncoded: boolean,
    takesReplyBytes: boolean,
    resolve: (value: unknown) => void,
    reject: (error: Error) => void,
    onMetadata: ((metadata: Metadata) => void) | undefined,
  ) {
    this.slot = slot;
    this.generation = generation;
    this.message = message;
    this.isEncoded = isEncoded;
    this.takesReplyBytes = takesReplyBytes;
    this.resolve = resolve;
    this.reject = reject;
    this.onMetadata = onMetadata;
  }

  /** Has the ask cancelled when the caller's signal aborts. */
  listen(signal: AbortSignal, cancel: () => void): void {
    if (signal.aborted) {
      cancel();
      return;
    }
    signal.addEventListener('abort', cancel, { once: true });
    this.unlisten = () => {
      signal.removeEventListener('abort', cancel);
    };
  }
}

/** All open asks. */
export class AskTable {
  /** How many are open. */
  count = 0;
  readonly #slots: (OpenAsk | undefined)[] = [];
  readonly #free: number[] = [];
  #generation: number;

  /** @param before - the generation before the first one; tests start near the last. */
  constructor(before = 0) {
    this.#generation = before;
  }

  /** Opens an ask. */
  open(
    message: unknown,
    isEncoded: boolean,
    takesReplyBytes: boolean,
    resolve: (value: unknown) => void,
    reject: (error: Error) => void,
    onMetadata: ((metadata: Metadata) => void) | undefined,
  ): OpenAsk {
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#generation = this.#generation >= GENERATION_MAX ? 1 : this.#generation + 1;
    const ask = new OpenAsk(
      slot,
      this.#generation,
      message,
      isEncoded,
      takesReplyBytes,
      resolve,
      reject,
      onMetadata,
    );
    this.#slots[slot] = ask;
    this.count += 1;
    return ask;
  }

  /** Opens one for a handler, with a copy of its message for the turn that runs in the call that submits it. */
  ask(
    handler: BoundHandler,
    message: unknown,
    payload: Payload,
    options: AskOptions | undefined,
    resolve: (value: unknown) => void,
    reject: (error: Error) => void,
  ): OpenAsk {
    let own = message;
    let isEncoded = false;
    if (handler.takesBytes) {
      own = typeof payload === 'object' ? copyBytes(payload) : new Uint8Array(0);
    } else if (payload !== undefined && !isOwnCopy(message)) {
      own = typeof payload === 'object' ? Buffer.from(payload).toString('utf8') : payload;
      isEncoded = true;
    }
    const ask = this.open(own, isEncoded, handler.givesBytes, resolve, reject, options?.onMetadata);
    ask.isPlain = options === undefined;
    return ask;
  }

  /** The open ask of an id. */
  find(slot: number, generation: number): OpenAsk | undefined {
    const ask = this.#slots[slot];
    return ask?.generation === generation ? ask : undefined;
  }

  /** Closes an ask; its slot serves the next one. */
  close(ask: OpenAsk): void {
    this.#slots[ask.slot] = undefined;
    this.#free.push(ask.slot);
    this.count -= 1;
    ask.unlisten?.();
  }

  /** Closes all asks with an error. */
  rejectAll(makeError: () => Error): void {
    for (const ask of this.#slots) {
      if (ask !== undefined) {
        this.close(ask);
        ask.reject(makeError());
      }
    }
  }
}
