/**
 * States that are scalars alone, the commonest: checked in one pass and written without JSON.stringify.
 *
 * What is taken here needs no other look. Everything else (objects, values that JSON would change, values that do not fit) is
 * left to `StateShape`, which tells what is wrong.
 */

import { type Snapshot } from '../state.js';
import { isBeyondSafe } from './exact.js';
import { type Form } from './form.js';
import { type Written } from './parts.js';
import { NUMBER_BYTES_MAX, textBytesMax, type WritableBytes, writeNumber, writeText } from './text.js';

const OPENING = 0x7b;
const CLOSING = 0x7d;
const COMMA = 0x2c;
const BRACES_BYTES = 3;
const QUOTES_BYTES = 2;
/** A character of a text as JSON escapes it. */
const ESCAPE_BYTES_MAX = 6;

/** A field of a state, as far as its scalars go. */
interface Scalar {
  readonly name: string;
  readonly form: Form | undefined;
  /** Whether it may be undefined. */
  readonly isOpen: boolean;
}

/** The fields of one kind of actor, where each may be a scalar. */
export class Scalars {
  readonly #names: readonly string[];
  readonly #fits: readonly NonNullable<Form['fits']>[];
  readonly #isOpen: readonly boolean[];
  /** The names as they stand in JSON, with their colons. */
  readonly #labels: readonly string[];

  /** The most bytes of a state whose values take none. */
  readonly #room: number;

  constructor(fields: readonly Scalar[]) {
    this.#names = fields.map(({ name }) => name);
    this.#fits = fields.map(({ form }) => (form === undefined ? () => true : (form.fits ?? (() => false))));
    this.#isOpen = fields.map(({ isOpen }) => isOpen);
    this.#labels = fields.map(({ name }) => `${JSON.stringify(name)}:`);
    this.#room = BRACES_BYTES + this.#labels.reduce((room, label) => room + textBytesMax(label), 0);
  }

  /**
   * The state of an object, where all of its fields are scalars that fit and that JSON gives back as they are.
   *
   * @param rest - members of JSON that are stored behind them.
   */
  take(object: Readonly<Record<string, unknown>>, rest: string | undefined): ScalarState | undefined {
    const names = this.#names;
    const values = new Array<unknown>(names.length);
    let room = this.#room;
    for (let at = 0; at < names.length; at++) {
      const value = object[names[at] as string];
      const isTaken = value === undefined ? this.#isOpen[at] : isKept(value) && this.#fits[at]?.(value);
      if (isTaken !== true) {
        return undefined;
      }
      values[at] = value;
      room += roomOf(value);
    }
    return new ScalarState(this.#labels, values, rest, rest === undefined ? room : room + textBytesMax(rest));
  }
}

/** A state of scalars: a snapshot, and on its way into the frame it writes itself. */
export class ScalarState implements Snapshot, Written {
  readonly values: readonly unknown[];
  readonly encoded = undefined;
  readonly rest: string | undefined;
  readonly bytesMax: number;
  readonly #labels: readonly string[];

  constructor(
    labels: readonly string[],
    values: readonly unknown[],
    rest: string | undefined,
    bytesMax: number,
  ) {
    this.#labels = labels;
    this.values = values;
    this.rest = rest;
    this.bytesMax = bytesMax;
  }

  /** Writes the JSON; the result is its bytes. */
  write(bytes: WritableBytes, start: number): number {
    const { values, rest } = this;
    let at = start;
    for (let field = 0; field < values.length; field++) {
      const value = values[field];
      if (value !== undefined) {
        bytes[at] = at === start ? OPENING : COMMA;
        at += 1 + writeText(bytes, this.#labels[field] as string, at + 1);
        at += typeof value === 'number' ? writeNumber(bytes, value, at) : writeText(bytes, textOf(value), at);
      }
    }
    if (rest !== undefined) {
      bytes[at] = at === start ? OPENING : COMMA;
      at += 1 + writeText(bytes, rest, at + 1);
    }
    if (at === start) {
      bytes[at++] = OPENING;
    }
    bytes[at++] = CLOSING;
    return at - start;
  }
}

/** Whether a value is a scalar that comes back from JSON as it was. */
function isKept(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) && !isBeyondSafe(value) && !Object.is(value, -0);
    case 'string':
      return value.isWellFormed();
    case 'boolean':
      return true;
    default:
      return value === null;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** The most bytes of a value and its comma. */
function roomOf(value: unknown): number {
  return 1 + (typeof value === 'string' ? value.length * ESCAPE_BYTES_MAX + QUOTES_BYTES : NUMBER_BYTES_MAX);
}
