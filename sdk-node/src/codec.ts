/**
 * Payloads: JSON text by default, raw bytes where a handler says so.
 *
 * No message is an empty payload, `null` is the JSON null. Values that cannot change (numbers, strings, booleans,
 * null) need no decoding when they stay inside the process: their copy is themselves.
 */

import { Buffer, isUtf8 } from 'node:buffer';

import { InvalidPayload } from './errors.js';
import { parseExact, stringifyExact } from './internal/exact.js';
import { JsonForm, misfitText } from './internal/json_form.js';
import { asSaid } from './internal/said.js';
import { describeThrown } from './internal/thrown.js';

/** What crosses the boundary: JSON text, a whole number that is written as such, raw bytes, or nothing. */
export type Payload = string | number | Uint8Array | undefined;

/** Bytes that give text: a Buffer by what it does, so that the published types need none of Node's own. */
export interface TextBytes extends Uint8Array {
  toString(encoding?: 'utf8', start?: number, end?: number): string;
}

const ZERO = 0x30;
const NINE = 0x39;
const INTEGER_DIGITS_MAX = 15;

/**
 * A message that is JSON already: it is sent as it is.
 *
 * @example
 * await engine.actor('account', 'ada').ask('deposit', new RawJson('{"cents": 500}'));
 */
export class RawJson {
  /** The JSON, in UTF-8. */
  readonly bytes: Uint8Array;

  /**
   * @param json - text, or its bytes in UTF-8.
   * @throws InvalidPayload for bytes that are no UTF-8.
   */
  constructor(json: string | Uint8Array) {
    if (typeof json === 'string' ? !json.isWellFormed() : !isUtf8(json)) {
      throw new InvalidPayload('The payload is not UTF-8.');
    }
    this.bytes = typeof json === 'string' ? Buffer.from(json, 'utf8') : copyBytes(json);
  }
}

/**
 * A value as JSON text, whole numbers beyond 2^53 (a bigint) with all their digits.
 *
 * @param value - anything JSON can hold; `undefined` gives no text.
 * @throws InvalidPayload naming the place of what JSON cannot hold (NaN, a Map, a function, a cycle, a lone surrogate).
 */
export function encodeJson(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      if (Number.isSafeInteger(value)) {
        return String(value);
      }
      break;
    case 'undefined':
      return undefined;
    case 'boolean':
      return value ? 'true' : 'false';
    default:
  }
  try {
    const form = new JsonForm(false);
    const found = form.misfit(value);
    if (found === undefined) {
      const checked = asSaid(value, form);
      return form.isExact ? stringifyExact(checked) : JSON.stringify(checked);
    }
    throw new InvalidPayload(misfitText('', found));
  } catch (error) {
    throw error instanceof InvalidPayload
      ? error
      : new InvalidPayload(`The value is not JSON: ${describeThrown(error)}`, { cause: error });
  }
}

/** Whether a value needs no text of its own to be sent: the commonest messages and replies are counts. */
export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/**
 * The value of a JSON text; integers beyond 2^53 are bigints.
 *
 * @throws InvalidPayload when the text is not JSON.
 */
export function decodeText(text: string): unknown {
  let value: unknown;
  try {
    value = parseExact(text);
  } catch {
    throw new InvalidPayload('The payload is not JSON.');
  }
  // Half a character can be written as an escape only.
  const found = text.includes('\\u') ? new JsonForm(false).misfit(value) : undefined;
  if (found !== undefined) {
    throw new InvalidPayload(misfitText('', found));
  }
  return value;
}

/**
 * The value of JSON bytes; no bytes are `undefined`.
 *
 * @param bytes - a buffer that holds the payload.
 * @param start - where it begins.
 * @param length - its length in bytes.
 * @throws InvalidPayload when the bytes are not JSON.
 */
export function decodeJson(bytes: TextBytes, start: number, length: number): unknown {
  if (length === 0) {
    return undefined;
  }
  const integer = shortInteger(bytes, start, length);
  if (integer >= 0) {
    return integer;
  }
  const text = bytes.toString('utf8', start, start + length);
  // What is not UTF-8 was replaced while it was read.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, start + length))) {
    throw new InvalidPayload('The payload is not UTF-8.');
  }
  return decodeText(text);
}

/** The number that a row of digits spells, or -1: counters are the commonest replies, and this needs no string. */
function shortInteger(bytes: Uint8Array, start: number, length: number): number {
  if (length > INTEGER_DIGITS_MAX || (length > 1 && bytes[start] === ZERO)) {
    return -1;
  }
  let value = 0;
  for (let at = start; at < start + length; at++) {
    const digit = bytes[at] ?? 0;
    if (digit < ZERO || digit > NINE) {
      return -1;
    }
    value = value * 10 + (digit - ZERO);
  }
  return value;
}

/** Whether a value is its own copy once JSON has held it: nobody can change it. */
export function isOwnCopy(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'string':
    case 'boolean':
      return true;
    default:
      return value === null;
  }
}

/** What views have that nobody changed. */
const PLAIN_BYTES = new Set<unknown>([Uint8Array.prototype, Buffer.prototype]);

/**
 * Checks that a value is raw bytes.
 *
 * @throws InvalidPayload when it is anything else.
 */
export function requireBytes(value: unknown, what: string): Uint8Array {
  // A view by what it is, not by what it says: its length must be that of its bytes.
  if (ArrayBuffer.isView(value) && value instanceof Uint8Array) {
    return Object.hasOwn(value, 'length') || !PLAIN_BYTES.has(Object.getPrototypeOf(value))
      ? new Uint8Array(value)
      : value;
  }
  throw new InvalidPayload(`${what} is declared as bytes; it takes a Uint8Array.`);
}

/** Bytes of their own; `slice` of a Buffer would share them. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
