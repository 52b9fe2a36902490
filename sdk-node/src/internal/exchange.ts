/**
 * The way into the core: commands of one lane in a buffer, and the events that come back in another.
 *
 * Most commands wait for the end of the current microtask run. Those whose answer the caller needs at once (`command`) go out
 * with all that waits before them; what else comes back stays in the buffer, in its order, so that no turn begins within another.
 */

import { Buffer } from 'node:buffer';

import { Closed, fromCode, Internal } from '../errors.js';
import { EventBuffer } from './events.js';
import { CommandBuffer } from './frame.js';
import * as layout from './generated/layout.js';
import { exchange, native, poll } from './native.js';
import { hasStack } from './stack.js';

/** Turns that one call into the core may bring back; the rest waits in the core's queue. */
const TURNS_OF_A_CALL_MAX = 1024;
/** The slot of commands that are answered at once: no open ask has it. */
const COMMAND_SLOT = 2 ** 32 - 1;
/** The slot of messages that nothing is answered to; no open ask has it either. */
export const SILENT_SLOT = 2 ** 32 - 2;
/** The last generation: one more would set the sign of the number. */
const GENERATION_MAX = 2 ** 31 - 1;
/** The type of a record that has been taken. */
const TAKEN = 0;

/** Writes a command of this number. */
export type WriteCommand = (commands: CommandBuffer, low: number, high: number) => void;

/** The two buffers of one lane. */
export class Exchange {
  readonly commands: CommandBuffer;
  readonly events: EventBuffer;
  /** The lane's number at the native library; negative before it is open and after it is freed. */
  number = -1;
  /** Called when a call into the core failed as a whole. */
  readonly #onFailed: (code: number) => void;
  #generation = 0;

  constructor(onFailed: (code: number) => void) {
    this.#onFailed = onFailed;
    const attach = (): void => {
      this.attach();
    };
    this.events = new EventBuffer((low, high, bytes) => this.#blob(low, high, bytes), attach);
    this.commands = new CommandBuffer(attach);
  }

  /** Gives the core the buffers as they are now. */
  attach(): void {
    native().attach(this.number, this.commands.bytes, this.events.bytes, TURNS_OF_A_CALL_MAX);
  }

  /** Takes what waits in the core's queue. */
  poll(): void {
    do {
      this.events.makeRoom();
      this.#brought(poll(native(), this.number, this.events.tail));
    } while (this.events.isCramped);
  }

  /** Hands in the commands of the next call. What found no room among its events is fetched at once: nothing may overtake it. */
  handIn(): void {
    const { commands, events } = this;
    const { start, end } = commands;
    events.makeRoom();
    const bytes = exchange(native(), this.number, start, end, events.tail);
    commands.taken(end);
    this.#brought(bytes);
    if (events.isCramped) {
      this.poll();
    }
  }

  /** Hands in all commands in the middle of whatever runs: what comes back is not looked at before that has ended. */
  handInAll(): void {
    this.events.hasAside = true;
    while (!this.commands.isEmpty) {
      this.handIn();
    }
  }

  /**
   * Hands in a command that the core answers in the same call.
   *
   * @param owner - what it is asked of, for the error's text.
   * @returns the payload of its answer.
   * @throws what the core answers; Closed.
   */
  command(write: WriteCommand, owner: string): Buffer {
    if (this.number < 0) {
      throw new Closed(`The ${owner} is closed.`);
    }
    if (!hasStack()) {
      throw new RangeError('There is no room on the stack for a call into the core.');
    }
    this.#generation = this.#generation >= GENERATION_MAX ? 1 : this.#generation + 1;
    write(this.commands, COMMAND_SLOT, this.#generation);
    const before = this.events.tail;
    this.handInAll();
    return this.#answer(before, this.#generation);
  }

  #brought(bytes: number): void {
    if (bytes < 0) {
      this.#onFailed(-bytes);
    } else {
      this.events.tail += bytes;
    }
  }

  /** The answer to a command, among the events from an offset on. */
  #answer(from: number, generation: number): Buffer {
    const { words, halves, tail } = this.events;
    for (let at = from; at < tail; at += words[at >>> 2] as number) {
      const word = at >>> 2;
      if (words[word + 2] === COMMAND_SLOT && words[word + 3] === generation) {
        const type = halves[(at + layout.TYPE_AT) >>> 1];
        if (type === layout.REPLY_TYPE || type === layout.FAILURE_TYPE) {
          halves[(at + layout.TYPE_AT) >>> 1] = TAKEN;
          return this.#read(at, type === layout.FAILURE_TYPE);
        }
      }
    }
    throw new Internal('The core did not answer a command.');
  }

  #read(at: number, isFailure: boolean): Buffer {
    const { bytes, words, halves } = this.events;
    const flags = halves[(at + layout.FLAGS_AT) >>> 1] as number;
    if (isFailure || (flags & layout.REPLY_FLAG_FAILED) !== 0) {
      const code = halves[(at + layout.REPLY_CODE_AT) >>> 1] as number;
      const text = isFailure ? this.events.noticeText(at) : this.events.replyText(at, flags);
      throw fromCode(code, text);
    }
    if ((flags & layout.REPLY_FLAG_BLOB) !== 0) {
      const payload = this.events.reply(at, flags, true) as Uint8Array;
      return Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    }
    const start = at + layout.REPLY_FIXED_BYTES;
    return bytes.subarray(start, start + (words[(at + layout.REPLY_PAYLOAD_BYTES_AT) >>> 2] as number));
  }

  #blob(idLow: number, idHigh: number, bytes: number): Buffer {
    const blob = Buffer.allocUnsafeSlow(bytes);
    const read = native().blob(this.number, idLow, idHigh, blob);
    if (read < 0) {
      throw fromCode(-read, 'A long payload could not be fetched.');
    }
    return blob;
  }
}
