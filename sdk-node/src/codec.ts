/**
 * Payloads: JSON text by default, raw bytes where a handler says so.
 *
 * No message is an empty payload, `null` is the JSON null. Values that cannot change (numbers, strings, booleans,
 * null) need no decoding when they stay inside the process: their copy is themselves.
 */

import { InvalidPayload } from './errors.js';

/** What crosses the boundary: JSON text, raw bytes, or nothing. */
export type Payload = string | Uint8Array | undefined;

/** Bytes that give text: a Buffer by what it does, so that the published types need none of Node's own. */
export interface TextBytes extends Uint8Array {
  toString(encoding?: 'utf8', start?: number, end?: number): string;
}

const ZERO = 0x30;
const NINE = 0x39;
const INTEGER_DIGITS_MAX = 15;

/**
 * A value as JSON text.
 *
 * @param value - anything JSON can hold; `undefined` gives no text.
 * @throws InvalidPayload when JSON cannot hold it (a BigInt, a cycle, a function).
 */
export function encodeJson(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'undefined':
      return undefined;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'function':
    case 'symbol':
      throw new InvalidPayload(`A ${typeof value} cannot be sent.`);
    default:
  }
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw new InvalidPayload(`The value is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * The value of a JSON text.
 *
 * @throws InvalidPayload when the text is not JSON.
 */
export function decodeText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidPayload('The payload is not JSON.');
  }
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
  return integer >= 0 ? integer : decodeText(bytes.toString('utf8', start, start + length));
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

/**
 * Checks that a value is raw bytes.
 *
 * @throws InvalidPayload when it is anything else.
 */
export function requireBytes(value: unknown, what: string): Uint8Array {
  if (value instanceof Uint8Array) {
    return value;
  }
  throw new InvalidPayload(`${what} is declared as bytes; it takes a Uint8Array.`);
}

/** Bytes of their own; `slice` of a Buffer would share them. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
