/**
 * What a type is: how its values look in JSON, how in memory, and the way between the two.
 *
 * Most types are the same in both (`isPlain`): then there is nothing to convert, only to check.
 */

import { nameOf } from './json_form.js';

/** A value does not fit; the text names its place. */
export class Unfit extends Error {}

/** The two forms of a type. */
export interface Form {
  /** Whether a value is the same in JSON and in memory. */
  readonly isPlain: boolean;
  /** Whether it reads small integers as bigints. */
  readonly hasBigints: boolean;
  /**
   * Whether a value fits and is the same in both forms, said at once and without places; false decides nothing. Absent where no
   * value is the same, or where code of the user's decides.
   */
  readonly fits: ((value: unknown) => boolean) | undefined;
  /** From JSON to memory. Throws Unfit. */
  readonly read: (json: unknown, path: string) => unknown;
  /** From memory to JSON. Throws Unfit. */
  readonly write: (value: unknown, path: string) => unknown;
}

/** What the rules of messages and of states differ in. */
export interface Manner {
  /** Whether fields that no one declared are refused; a state keeps them. */
  readonly isClosed: boolean;
  /** Whether an integer beyond 2^53 fits a number: a state must be able to hold what another language wrote. */
  readonly takesLong: boolean;
}

/** What is said of a value that does not fit. */
export function misfit(path: string, type: string, value: unknown): string {
  return `${path === '' ? 'message' : path}: ${described(value)} does not fit ${type}`;
}

/** A value's type in the words of the descriptors, with the value where it is short and no secret: never a text. */
function described(value: unknown): string {
  if (value === undefined) {
    return 'nothing';
  }
  if (typeof value === 'number') {
    return `${String(value)} of type number`;
  }
  if (Array.isArray(value)) {
    return 'a list';
  }
  return value === null
    ? 'null'
    : `a value of type ${typeof value === 'object' ? nameOf(value) : typeof value}`;
}
