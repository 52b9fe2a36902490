/**
 * Texts that come again and again in records, so that each need not be made anew: the senders of messages.
 *
 * A place is chosen by the length and the last characters, which tell the numbers of processes apart; what is there is the text only if
 * it is so in every character.
 */

import { type Buffer } from 'node:buffer';

/** Places; a power of two. */
const PLACES = 1024;
/** Longer texts are not kept. */
const CHARACTERS_MAX = 64;
const ASCII_MAX = 0x7f;

/** The texts that were read last, one in each place. */
export class RecentTexts {
  readonly #texts: string[] = new Array<string>(PLACES).fill('');

  /** The text of UTF-8 bytes. */
  read(bytes: Buffer, start: number, length: number): string {
    if (length > CHARACTERS_MAX) {
      return bytes.toString('utf8', start, start + length);
    }
    const end = start + length;
    let place = length;
    for (let at = Math.max(start, end - 4); at < end; at++) {
      place = 10 * place + (bytes[at] as number);
    }
    place &= PLACES - 1;
    const known = this.#texts[place] as string;
    if (isText(bytes, start, known, length)) {
      return known;
    }
    return (this.#texts[place] = bytes.toString('utf8', start, end));
  }
}

/** Whether bytes are those of an ASCII text. */
function isText(bytes: Buffer, start: number, text: string, length: number): boolean {
  if (text.length !== length) {
    return false;
  }
  for (let index = 0; index < length; index++) {
    const unit = bytes[start + index] as number;
    if (unit !== text.charCodeAt(index) || unit > ASCII_MAX) {
      return false;
    }
  }
  return true;
}
