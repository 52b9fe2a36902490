/**
 * Reads events from the buffer that the core writes (docs/reference/boundary.md, "Frames").
 *
 * Fixed fields are read through typed arrays over the one buffer by whoever needs them; this file holds the buffer and
 * the parts that vary in length. Events are taken in their order, one after the other; a handler that runs meanwhile may call
 * into the core, which writes behind those that wait. What is read is copied: later calls write over it.
 */

import { Buffer } from 'node:buffer';

import { copyBytes, decodeJson } from '../codec.js';
import { decodeMetadata, type Metadata } from '../metadata.js';
import * as layout from './generated/layout.js';
import { type Wide } from './parts.js';
import { RecentTexts } from './recent_texts.js';

/** Room for some thousands of events; more come with the next call. */
const EVENT_BYTES = 4 * layout.OUT_BYTES_MIN;
/** Up to this many characters a loop reads ASCII text faster than the runtime does. */
const LOOP_CHARACTERS_MAX = 3;

/** Fetches a payload that travels apart. */
export type BlobReader = (idLow: number, idHigh: number, bytes: number) => Buffer;

/** The events that calls into the core brought and nobody has taken. */
export class EventBuffer {
  bytes: Buffer;
  words: Uint32Array;
  halves: Uint16Array;
  /** Where the next event begins that nobody has taken. */
  head = 0;
  /** Where the next call into the core writes. */
  tail = 0;
  /** Whether events may wait of a command that was answered at once, in the middle of a turn. */
  hasAside = false;
  readonly #readBlob: BlobReader;
  readonly #senders = new RecentTexts();
  /** Called with the new buffer before the core next writes. */
  readonly #onReplaced: (bytes: Uint8Array) => void;

  constructor(readBlob: BlobReader, onReplaced: (bytes: Uint8Array) => void) {
    const memory = new ArrayBuffer(EVENT_BYTES);
    this.bytes = Buffer.from(memory);
    this.words = new Uint32Array(memory);
    this.halves = new Uint16Array(memory);
    this.#readBlob = readBlob;
    this.#onReplaced = onReplaced;
  }

  /** Whether all events have been taken. */
  get isEmpty(): boolean {
    return this.head === this.tail;
  }

  /** Whether the call that wrote last may have left events behind for want of room. */
  get isCramped(): boolean {
    return this.bytes.length - this.tail < layout.OUT_BYTES_MIN;
  }

  /** Makes room for what a call may write. Offsets stay what they are: an event may be about to be read. */
  makeRoom(): void {
    if (this.isCramped) {
      this.#replace(2 * this.bytes.length);
    }
  }

  /** All events have been taken: the buffer begins anew. */
  rewind(): void {
    this.head = 0;
    this.tail = 0;
    this.hasAside = false;
    if (this.bytes.length > EVENT_BYTES) {
      this.#replace(EVENT_BYTES);
    }
  }

  #replace(capacity: number): void {
    const memory = new ArrayBuffer(capacity);
    const bytes = Buffer.from(memory);
    bytes.set(this.bytes.subarray(0, this.tail));
    this.bytes = bytes;
    this.words = new Uint32Array(memory);
    this.halves = new Uint16Array(memory);
    this.#onReplaced(bytes);
  }

  /** The key in a TURN record. */
  turnKey(at: number): string {
    return this.text(at + layout.TURN_FIXED_BYTES, this.#word(at + layout.TURN_KEY_BYTES_AT));
  }

  /** The number of a process, which is the key in a TURN record. */
  turnProcess(at: number): Wide {
    const start = (at + layout.TURN_FIXED_BYTES) >>> 2;
    return { low: this.words[start] as number, high: this.words[start + 1] as number };
  }

  /** The stored state in a TURN record, as text or as it is. */
  turnState(at: number, isRaw: boolean): string | Uint8Array {
    const start = at + layout.TURN_FIXED_BYTES + this.#word(at + layout.TURN_KEY_BYTES_AT);
    const length = this.#word(at + layout.TURN_STATE_BYTES_AT);
    const flags = this.halves[(at + layout.FLAGS_AT) >>> 1] as number;
    if ((flags & layout.TURN_FLAG_STATE_BLOB) !== 0) {
      const blob = this.#blob(start);
      return isRaw ? blob : blob.toString('utf8');
    }
    return isRaw ? copyBytes(this.bytes.subarray(start, start + length)) : this.text(start, length);
  }

  /** The message in a TURN record. */
  turnMessage(at: number, flags: number, isRaw: boolean): unknown {
    const start =
      at +
      layout.TURN_FIXED_BYTES +
      this.#word(at + layout.TURN_KEY_BYTES_AT) +
      this.#word(at + layout.TURN_STATE_BYTES_AT);
    return this.#payload(
      start,
      this.#word(at + layout.TURN_PAYLOAD_BYTES_AT),
      (flags & layout.TURN_FLAG_BLOB) !== 0,
      isRaw,
    );
  }

  /** The sender in a TURN record, `kind/key` or empty. */
  turnSender(at: number): string {
    const length = this.#word(at + layout.TURN_SENDER_BYTES_AT);
    return length === 0 ? '' : this.#senders.read(this.bytes, this.#turnSenderAt(at), length);
  }

  /** What came beside the message in a TURN record that says so. */
  turnMetadata(at: number): Metadata {
    return decodeMetadata(this.bytes, this.#turnSenderAt(at) + this.#word(at + layout.TURN_SENDER_BYTES_AT));
  }

  /** The reply in a REPLY record. */
  reply(at: number, flags: number, isRaw: boolean): unknown {
    return this.#payload(
      at + layout.REPLY_FIXED_BYTES,
      this.#word(at + layout.REPLY_PAYLOAD_BYTES_AT),
      (flags & layout.REPLY_FLAG_BLOB) !== 0,
      isRaw,
    );
  }

  /** What came beside the reply in a REPLY record that says so. */
  replyMetadata(at: number): Metadata {
    return decodeMetadata(
      this.bytes,
      at + layout.REPLY_FIXED_BYTES + this.#word(at + layout.REPLY_PAYLOAD_BYTES_AT),
    );
  }

  /** The text of a REPLY that failed. */
  replyText(at: number, flags: number): string {
    const start = at + layout.REPLY_FIXED_BYTES;
    return (flags & layout.REPLY_FLAG_BLOB) !== 0
      ? this.#blob(start).toString('utf8')
      : this.text(start, this.#word(at + layout.REPLY_PAYLOAD_BYTES_AT));
  }

  /** The text of a NOTICE or FAILURE record, which are laid out alike. */
  noticeText(at: number): string {
    return this.text(at + layout.NOTICE_FIXED_BYTES, this.#word(at + layout.NOTICE_TEXT_BYTES_AT));
  }

  /** UTF-8 bytes as text. */
  text(start: number, length: number): string {
    if (length <= LOOP_CHARACTERS_MAX) {
      let text = '';
      for (let at = start; at < start + length; at++) {
        const unit = this.bytes[at] as number;
        if (unit > 0x7f) {
          return this.bytes.toString('utf8', start, start + length);
        }
        text += String.fromCharCode(unit);
      }
      return text;
    }
    return this.bytes.toString('utf8', start, start + length);
  }

  #turnSenderAt(at: number): number {
    return (
      at +
      layout.TURN_FIXED_BYTES +
      this.#word(at + layout.TURN_KEY_BYTES_AT) +
      this.#word(at + layout.TURN_STATE_BYTES_AT) +
      this.#word(at + layout.TURN_PAYLOAD_BYTES_AT)
    );
  }

  #payload(start: number, length: number, isBlob: boolean, isRaw: boolean): unknown {
    if (isBlob) {
      const blob = this.#blob(start);
      return isRaw
        ? new Uint8Array(blob.buffer, blob.byteOffset, blob.length)
        : decodeJson(blob, 0, blob.length);
    }
    return isRaw
      ? copyBytes(this.bytes.subarray(start, start + length))
      : decodeJson(this.bytes, start, length);
  }

  /** Takes the payload whose id and length stand here. */
  #blob(at: number): Buffer {
    const view = new DataView(this.bytes.buffer, at, layout.BLOB_REFERENCE_BYTES);
    return this.#readBlob(view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true));
  }

  #word(at: number): number {
    return this.words[at >>> 2] as number;
  }
}
