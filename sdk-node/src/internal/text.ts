/**
 * Writes text and numbers into a buffer, as UTF-8. Keys, short payloads and counters are most of what is written: for them a
 * loop beats any call into the runtime, and a number needs no text of its own.
 */

/** Up to this many characters a loop writes text faster than the runtime does (measured: 24). */
const LOOP_CHARACTERS_MAX = 24;
/** UTF-8 takes at most three bytes for a UTF-16 unit. */
const UTF8_BYTES_MAX = 3;
/** Whole numbers up to here are written by a loop; it divides within 32 bits. */
const LOOP_NUMBER_MAX = 2 ** 31 - 1;
/** As many characters as a number can have. */
export const NUMBER_BYTES_MAX = 25;
const ZERO = 0x30;

/** Bytes that take text: a Buffer by what it does, so that the published types need none of Node's own. */
export interface WritableBytes extends Uint8Array {
  write(text: string, at: number, encoding: 'utf8'): number;
}

/** The most bytes that a text can take. */
export function textBytesMax(text: string): number {
  return text.length * UTF8_BYTES_MAX;
}

/** Writes a text; the result is its bytes. */
export function writeText(bytes: WritableBytes, text: string, at: number): number {
  const { length } = text;
  if (length <= LOOP_CHARACTERS_MAX) {
    let index = 0;
    for (; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        break;
      }
      bytes[at + index] = unit;
    }
    if (index === length) {
      return length;
    }
  }
  return bytes.write(text, at, 'utf8');
}

/** Writes a number as JSON does; the result is its bytes. */
export function writeNumber(bytes: WritableBytes, value: number, at: number): number {
  if (value < 0 || value > LOOP_NUMBER_MAX || (value | 0) !== value) {
    return writeText(bytes, String(value), at);
  }
  let length = 1;
  for (let power = 10; value >= power; power *= 10) {
    length += 1;
  }
  let rest = value | 0;
  for (let digit = at + length - 1; digit >= at; digit--) {
    const tenth = (rest / 10) | 0;
    bytes[digit] = ZERO + (rest - tenth * 10);
    rest = tenth;
  }
  return length;
}
