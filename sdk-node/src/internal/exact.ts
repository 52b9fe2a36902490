/**
 * JSON with whole numbers of any length: what lies beyond 2^53 is read as a bigint and written with all its digits.
 *
 * JavaScript's own JSON rounds such numbers. It is used for everything else: a test of the text decides, and only a text that has
 * a long integer takes the way through marked strings. The mark is drawn per process and never leaves it, so no value can hold it.
 */

import { randomUUID } from 'node:crypto';

const MARK = `${randomUUID()}:`;
/** Shorter texts hold no integer beyond 2^53. */
const LONG_TEXT = 16;
/** An integer of 16 digits or more where a value may begin; a text within a string may look so too, which costs time only. */
const LONG_INTEGER = /(?:^|[:,[\s])-?[0-9]{16,}(?![0-9.eE])/;
/** Strings, which are passed over, and numbers. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/gs;
const INTEGER = /^-?[0-9]{16,}$/;
const MARKED = new RegExp(`"${MARK}([^"]+)"`, 'g');

/**
 * The value of a JSON text.
 *
 * @throws SyntaxError when the text is not JSON.
 */
export function parseExact(text: string): unknown {
  if (text.length < LONG_TEXT || !LONG_INTEGER.test(text)) {
    return JSON.parse(text);
  }
  // The text must be JSON as it is: marks could make one of what is none.
  JSON.parse(text);
  const marked = text.replace(TOKENS, (token) =>
    INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${MARK}${token}"` : token,
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  );
}

/**
 * A value with bigints, or numbers beyond 2^53, as JSON text: a bigint is an integer, a number never looks like one.
 *
 * @param value - anything JSON can hold, and bigints.
 */
export function stringifyExact(value: unknown): string {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, given: unknown) {
    const raw = this[key];
    if (typeof raw === 'bigint') {
      return MARK + String(raw);
    }
    return typeof given === 'number' && isBeyondSafe(given) ? MARK + given.toExponential() : given;
  });
  return text.replace(MARKED, '$1');
}

/** Whether a number would be written as an integer that JavaScript cannot tell from its neighbours. */
export function isBeyondSafe(value: unknown): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}
