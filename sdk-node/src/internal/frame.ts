/**
 * Writes commands into the buffer that the core reads (docs/reference/boundary.md, "Frames").
 *
 * One buffer serves for the engine's life; it grows when a message needs it and shrinks again after. Keys and short
 * payloads are mostly ASCII: up to some length a loop beats any call into the runtime.
 */

import { Buffer } from 'node:buffer';

import { type Payload } from '../codec.js';
import { InvalidArgument } from '../errors.js';
import { type Turn } from '../scope.js';
import { type AskFields } from './ask_record.js';
import * as layout from './generated/layout.js';
import {
  ALIGNMENT,
  bytesMax,
  type Effect,
  effectsRoom,
  type Exit,
  PROCESS_BYTES,
  type Target,
  targetBytesMax,
  type Written,
} from './parts.js';
import { writeNumber, writeText } from './text.js';

/** The buffer's size when nothing large is under way. */
const COMMAND_BYTES = 1 << 20;
/** The core takes at most 8192 commands in one call. */
const COMMANDS_MAX = 4096;

/** The commands that wait for the next exchange. */
export class CommandBuffer {
  /** Where the commands begin that the core has not taken. */
  start = 0;
  /** Where the next command goes. */
  at = 0;
  /** Whether outcomes wait whose callers are answered by the core. */
  owesAnswers = false;
  /** Commands since the last mark. */
  #count = 0;
  /** Where further calls into the core must end, since one call takes only so many commands. */
  readonly #marks: number[] = [];
  /** Called with the new buffer after each growth, before the next exchange. */
  readonly #onReplaced: (bytes: Uint8Array) => void;
  #bytes: Buffer;
  #words: Uint32Array;
  #halves: Uint16Array;

  constructor(onReplaced: (bytes: Uint8Array) => void) {
    this.#onReplaced = onReplaced;
    this.#bytes = Buffer.from(new ArrayBuffer(COMMAND_BYTES));
    this.#words = new Uint32Array(this.#bytes.buffer);
    this.#halves = new Uint16Array(this.#bytes.buffer);
  }

  /** The buffer itself, to hand to the core. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Whether so much waits that it should leave at once. */
  get isLarge(): boolean {
    return this.at - this.start > COMMAND_BYTES / 2 || this.#marks.length > 0;
  }

  /** The buffer in words; replaced when it grows. */
  get words(): Uint32Array {
    return this.#words;
  }

  /** The same in halves of words. */
  get halves(): Uint16Array {
    return this.#halves;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.at === this.start;
  }

  /** Where the commands of the next call end. */
  get end(): number {
    return this.#marks[0] ?? this.at;
  }

  /** Forgets the commands up to `end`, which the core has taken. */
  taken(end: number): void {
    if (this.#marks.length > 0) {
      this.#marks.shift();
    } else {
      this.#count = 0;
    }
    this.start = end;
    if (end === this.at) {
      this.owesAnswers = false;
      this.start = 0;
      this.at = 0;
      this.#count = 0;
      if (this.#bytes.length > COMMAND_BYTES) {
        this.#replace(COMMAND_BYTES);
      }
    }
  }

  /** Writes an ASK, of a turn where one asks. */
  ask(
    idLow: number,
    idHigh: number,
    kind: number,
    handler: number,
    to: Target,
    payload: Payload,
    fields: AskFields,
    turn: Turn | undefined,
  ): void {
    const start = this.at;
    const room = layout.ASK_FIXED_BYTES + targetBytesMax(to) + bytesMax(payload) + bytesMax(fields.source);
    this.reserve(room + bytesMax(fields.metadata) + ALIGNMENT);
    const word = start >>> 2;
    const words = this.#words;
    const halves = this.#halves;
    words[word + 2] = idLow;
    words[word + 3] = idHigh;
    halves[(start + layout.ASK_KIND_AT) >>> 1] = kind;
    halves[(start + layout.ASK_HANDLER_AT) >>> 1] = handler;
    words[(start + layout.ASK_DEADLINE_MS_AT) >>> 2] = fields.deadlineMs;
    words[(start + layout.ASK_PARENT_AT) >>> 2] = turn?.turnLow ?? 0;
    words[((start + layout.ASK_PARENT_AT) >>> 2) + 1] = turn?.turnHigh ?? 0;
    this.#sequence(start + layout.ASK_SEQUENCE_AT, fields);
    words[(start + layout.ASK_MARK_TTL_MS_AT) >>> 2] = fields.markTtlMs;
    let at = start + layout.ASK_FIXED_BYTES;
    at += words[(start + layout.ASK_KEY_BYTES_AT) >>> 2] = this.#target(to, at);
    at += words[(start + layout.ASK_PAYLOAD_BYTES_AT) >>> 2] = this.part(payload, at);
    at += words[(start + layout.ASK_SOURCE_BYTES_AT) >>> 2] = writeText(this.#bytes, fields.source, at);
    at += this.part(fields.metadata, at);
    const flags = typeof to === 'string' ? fields.flags : fields.flags | layout.ASK_FLAG_PROCESS;
    this.close(start, at, layout.ASK_TYPE, flags);
  }

  /** Writes a COMPLETE of a turn that succeeded. */
  complete(
    turnLow: number,
    turnHigh: number,
    flags: number,
    reply: Payload,
    state: Payload | Written,
    metadata: Uint8Array | undefined,
    effects: readonly Effect[] | undefined,
    exit?: Exit,
    wish?: string,
  ): void {
    const start = this.at;
    let room = layout.COMPLETE_FIXED_BYTES + bytesMax(reply) + bytesMax(state) + 2 * ALIGNMENT;
    room += bytesMax(exit?.detail);
    if (metadata !== undefined) {
      room += metadata.length;
      flags |= layout.COMPLETE_FLAG_METADATA;
    }
    if (effects !== undefined) {
      room += effectsRoom(effects);
    }
    if (wish !== undefined) {
      room += layout.OUTCOME_FIXED_BYTES + bytesMax(wish) + ALIGNMENT;
    }
    this.reserve(room);
    try {
      this.#completeParts(turnLow, turnHigh, flags, reply, state, metadata, effects, exit, wish);
    } catch (error) {
      // Half a record must not stay: the next one begins where this one did.
      this.at = start;
      throw error;
    }
  }

  #completeParts(
    turnLow: number,
    turnHigh: number,
    flags: number,
    reply: Payload,
    state: Payload | Written,
    metadata: Uint8Array | undefined,
    effects: readonly Effect[] | undefined,
    exit: Exit | undefined,
    wish: string | undefined,
  ): void {
    const start = this.at;
    let at = this.#completeHead(turnLow, turnHigh, 0);
    at += this.#words[(start + layout.COMPLETE_REPLY_BYTES_AT) >>> 2] = this.part(reply, at);
    at += this.#words[(start + layout.COMPLETE_STATE_BYTES_AT) >>> 2] = this.part(state, at);
    at += this.#exit(start, at, exit);
    at += this.part(metadata, at);
    if (effects !== undefined || wish !== undefined) {
      const tells = effects ?? [];
      const count = tells.length + (wish === undefined ? 0 : 1);
      this.#halves[(start + layout.COMPLETE_EFFECT_COUNT_AT) >>> 1] = count;
      this.at = this.#pad(at);
      for (const effect of tells) {
        this.#tell(effect);
      }
      if (wish !== undefined) {
        this.#outcome(wish);
      }
      at = this.at;
    }
    this.close(start, at, layout.COMPLETE_TYPE, flags);
  }

  /** Writes why a process ends with the turn of the record at `start`; the result is its bytes. */
  #exit(start: number, at: number, exit: Exit | undefined): number {
    if (exit === undefined) {
      return 0;
    }
    this.#halves[(start + layout.COMPLETE_EXIT_AT) >>> 1] = exit.code;
    return (this.#halves[(start + layout.COMPLETE_EXIT_BYTES_AT) >>> 1] = this.part(exit.detail, at));
  }

  /** Writes a COMPLETE of a turn that failed. */
  fail(turnLow: number, turnHigh: number, flags: number, code: number, text: string, exit?: Exit): void {
    const start = this.at;
    this.reserve(layout.COMPLETE_FIXED_BYTES + bytesMax(text) + bytesMax(exit?.detail) + ALIGNMENT);
    let at = this.#completeHead(turnLow, turnHigh, code);
    at += this.#words[(start + layout.COMPLETE_REPLY_BYTES_AT) >>> 2] = writeText(this.#bytes, text, at);
    this.#words[(start + layout.COMPLETE_STATE_BYTES_AT) >>> 2] = 0;
    at += this.#exit(start, at, exit);
    this.close(start, at, layout.COMPLETE_TYPE, flags);
  }

  /** Writes a CANCEL. */
  cancel(idLow: number, idHigh: number): void {
    const start = this.at;
    this.reserve(layout.CANCEL_FIXED_BYTES);
    this.#words[(start >>> 2) + 2] = idLow;
    this.#words[(start >>> 2) + 3] = idHigh;
    this.close(start, start + layout.CANCEL_FIXED_BYTES, layout.CANCEL_TYPE, 0);
  }

  #completeHead(turnLow: number, turnHigh: number, code: number): number {
    const start = this.at;
    const word = start >>> 2;
    this.#words[word + 2] = turnLow;
    this.#words[word + 3] = turnHigh;
    this.#halves[(start + layout.COMPLETE_CODE_AT) >>> 1] = code;
    this.#halves[(start + layout.COMPLETE_EFFECT_COUNT_AT) >>> 1] = 0;
    this.#words[(start >>> 2) + 7] = 0;
    return start + layout.COMPLETE_FIXED_BYTES;
  }

  /** Writes what a behaviour's callback wants. */
  #outcome(json: string): void {
    const start = this.at;
    this.#words.fill(0, start >>> 2, (start + layout.OUTCOME_FIXED_BYTES) >>> 2);
    let at = start + layout.OUTCOME_FIXED_BYTES;
    at += this.#words[(start + layout.OUTCOME_JSON_BYTES_AT) >>> 2] = this.part(json, at);
    this.close(start, at, layout.OUTCOME_TYPE, 0);
  }

  #tell(effect: Effect): void {
    const start = this.at;
    const words = this.#words;
    words[(start >>> 2) + 2] = 0;
    words[(start >>> 2) + 3] = 0;
    this.#halves[(start + layout.TELL_KIND_AT) >>> 1] = effect.kind;
    this.#halves[(start + layout.TELL_HANDLER_AT) >>> 1] = effect.handler;
    words[(start >>> 2) + 7] = 0;
    let at = start + layout.TELL_FIXED_BYTES;
    at += words[(start + layout.TELL_KEY_BYTES_AT) >>> 2] = this.#target(effect.to, at);
    at += words[(start + layout.TELL_PAYLOAD_BYTES_AT) >>> 2] = this.part(effect.payload, at);
    at += this.part(effect.metadata, at);
    const process = typeof effect.to === 'string' ? 0 : layout.TELL_FLAG_PROCESS;
    const beside = effect.metadata === undefined ? 0 : layout.TELL_FLAG_METADATA;
    this.close(start, at, layout.TELL_TYPE, process | beside);
  }

  #sequence(at: number, fields: AskFields): void {
    const word = at >>> 2;
    if ((fields.flags & layout.ASK_FLAG_PRODUCER) === 0) {
      this.#words[word] = 0;
      this.#words[word + 1] = 0;
    } else {
      this.#bytes.writeBigUInt64LE(fields.sequence, at);
    }
  }

  /** Ends a record that begins at `start`. */
  close(start: number, end: number, type: number, flags: number): void {
    const padded = this.#pad(end);
    this.#words[start >>> 2] = padded - start;
    this.#halves[(start + layout.TYPE_AT) >>> 1] = type;
    this.#halves[(start + layout.FLAGS_AT) >>> 1] = flags;
    this.at = padded;
    const isPart = type === layout.TELL_TYPE || type === layout.OUTCOME_TYPE;
    if (!isPart && ++this.#count === COMMANDS_MAX) {
      this.#count = 0;
      this.#marks.push(padded);
    }
  }

  /** Zeros up to the next multiple of 8, which is the result. */
  #pad(end: number): number {
    const padded = (end + ALIGNMENT - 1) & -ALIGNMENT;
    for (let at = end; at < padded; at++) {
      this.#bytes[at] = 0;
    }
    return padded;
  }

  /** Writes whom a message is for, behind the fixed part of a record; the result is its bytes. */
  #target(to: Target, at: number): number {
    if (typeof to === 'string') {
      return writeText(this.#bytes, to, at);
    }
    this.#words[at >>> 2] = to.low;
    this.#words[(at >>> 2) + 1] = to.high;
    return PROCESS_BYTES;
  }

  /** Writes a part of a record; the result is its bytes. */
  part(payload: Payload | Written, at: number): number {
    if (payload === undefined) {
      return 0;
    }
    if (typeof payload === 'string') {
      return writeText(this.#bytes, payload, at);
    }
    if (typeof payload === 'number') {
      return writeNumber(this.#bytes, payload, at);
    }
    if (!ArrayBuffer.isView(payload)) {
      return payload.write(this.#bytes, at);
    }
    this.#bytes.set(payload, at);
    return payload.length;
  }

  /** Makes room for a record that takes at most so many bytes. */
  reserve(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.#bytes.length) {
      return;
    }
    let capacity = this.#bytes.length;
    while (capacity < needed) {
      capacity *= 2;
    }
    this.#replace(capacity);
  }

  #replace(capacity: number): void {
    let grown: ArrayBuffer;
    try {
      grown = new ArrayBuffer(capacity);
    } catch (error) {
      throw new InvalidArgument(`There is no memory for ${String(capacity)} bytes of commands.`, {
        cause: error,
      });
    }
    const bytes = Buffer.from(grown);
    bytes.set(this.#bytes.subarray(0, this.at));
    this.#bytes = bytes;
    this.#words = new Uint32Array(grown);
    this.#halves = new Uint16Array(grown);
    this.#onReplaced(bytes);
  }
}
