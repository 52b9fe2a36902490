/**
 * The way back to whoever asked, for an answer that is given now or later.
 */

import { type Payload } from './codec.js';
import { type Wide } from './internal/parts.js';
import { failureOf } from './internal/thrown.js';
import { type Metadata } from './metadata.js';

/** @internal What answers asks. */
export interface Responder {
  respond(ask: Wide, code: number, payload: Payload, metadata: Metadata | undefined): void;
}

/** @internal Makes the payload of a reply; throws InvalidPayload for what cannot be encoded. */
export type EncodeReply = (value: unknown) => Payload;

/** Who asked: the way for an answer, now or later. */
export class ReplyTo {
  readonly #responder: Responder;
  readonly #ask: Wide;
  readonly #encode: EncodeReply;

  /** @internal */
  constructor(responder: Responder, ask: Wide, encode: EncodeReply) {
    this.#responder = responder;
    this.#ask = ask;
    this.#encode = encode;
  }

  /** @internal The ask's number, in digits. */
  get ask(): string {
    return String((BigInt(this.#ask.high) << 32n) | BigInt(this.#ask.low));
  }

  /**
   * Answers. A second answer is dropped.
   *
   * @param value - the reply.
   * @param metadata - what goes back beside it.
   * @throws InvalidPayload for what cannot be encoded, InvalidArgument outside of every turn of whoever was asked.
   */
  reply(value?: unknown, metadata?: Metadata): void {
    this.#answer(0, this.#encode(value), metadata);
  }

  /** Answers with a failure, as if a handler had thrown it. */
  fail(error: unknown): void {
    const { code, text } = failureOf(error);
    this.#answer(code, text, undefined);
  }

  /** Where nobody waits, nothing is to be answered. */
  #answer(code: number, payload: Payload, metadata: Metadata | undefined): void {
    if (this.#ask.low !== 0 || this.#ask.high !== 0) {
      this.#responder.respond(this.#ask, code, payload, metadata);
    }
  }
}
