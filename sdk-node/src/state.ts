/**
 * The state of an actor: its fields, how they are kept, compared and put back.
 *
 * A snapshot is the state that was last accepted. Where every field is a plain value it is a list of them, so that
 * comparing costs no encoding; else it is the JSON text.
 */

import { type Actor, type ActorClass } from './actor.js';
import { decodeText, type Payload } from './codec.js';
import { Corrupted, InvalidDeclaration } from './errors.js';

/** A state as it was at some moment; it never changes. */
export interface Snapshot {
  /** The fields' values in their order, when all of them are plain. */
  readonly values: readonly unknown[] | undefined;
  /** The encoded state, when they are not. */
  readonly encoded: Payload;
}

/** What an engine does with the state of a kind. */
export interface Shape {
  /** Whether a stored state is taken as bytes; else as text. */
  readonly takesBytes: boolean;
  /** A new object with its defaults. */
  make(): Actor;
  /** The state of an object now. */
  capture(object: Actor): Snapshot;
  /** The state of an object now: the given snapshot itself when it still holds. */
  captureAfter(object: Actor, before: Snapshot): Snapshot;
  /** The state as it is stored. */
  encode(object: Actor): Payload;
  /** Puts an object back to a snapshot. */
  restore(object: Actor, snapshot: Snapshot): void;
  /** Gives a new object its stored state; throws Corrupted where that is none. */
  load(object: Actor, stored: string | Uint8Array): void;
}

type Fields = Record<string, unknown>;

/** The fields of one kind of actor, kept as one JSON object. */
export class StateShape implements Shape {
  readonly takesBytes = false;
  /** The names of the fields, in the order of their declaration. */
  readonly names: readonly string[];
  readonly #make: ActorClass;

  /**
   * Reads the fields from a first instance.
   *
   * @throws InvalidDeclaration when a field's default is nothing that JSON can hold.
   */
  constructor(actor: ActorClass, kind: string) {
    this.#make = actor;
    const fields = new actor() as unknown as Fields;
    this.names = Object.keys(fields).filter((name) => typeof fields[name] !== 'function');
    for (const name of this.names) {
      if (!isState(fields[name])) {
        throw new InvalidDeclaration(
          `${kind}.${name}: a state field holds plain JSON values; keep anything else in a #private field.`,
        );
      }
    }
  }

  /** A new object with its defaults; fields cannot be added to it later, they would be lost silently. */
  make(): Actor {
    return Object.seal(new this.#make());
  }

  /** The state of an object now. */
  capture(object: Actor): Snapshot {
    const fields = object as unknown as Fields;
    const values: unknown[] = [];
    for (const name of this.names) {
      const value = fields[name];
      if (typeof value === 'object' && value !== null) {
        return { values: undefined, encoded: this.encode(object) };
      }
      values.push(value);
    }
    return { values, encoded: undefined };
  }

  /** The state of an object now: the given snapshot itself when it still holds. */
  captureAfter(object: Actor, before: Snapshot): Snapshot {
    return this.isUnchanged(object, before) ? before : this.capture(object);
  }

  /** Whether an object's state is still that of the snapshot. */
  isUnchanged(object: Actor, snapshot: Snapshot): boolean {
    const { values } = snapshot;
    if (values === undefined) {
      return this.encode(object) === snapshot.encoded;
    }
    const fields = object as unknown as Fields;
    for (let at = 0; at < values.length; at++) {
      if (!Object.is(fields[this.names[at] as string], values[at])) {
        return false;
      }
    }
    return true;
  }

  /** The state as JSON text. */
  encode(object: Actor): string {
    return JSON.stringify(object);
  }

  /** Puts an object back to a snapshot. */
  restore(object: Actor, snapshot: Snapshot): void {
    const fields = object as unknown as Fields;
    if (snapshot.values !== undefined) {
      snapshot.values.forEach((value, at) => {
        fields[this.names[at] as string] = value;
      });
    } else {
      this.#assign(fields, decodeText((snapshot.encoded as string | undefined) ?? '{}') as Fields, true);
    }
  }

  /**
   * Gives a new object its stored state. Fields that the state does not know keep their defaults, values that the
   * class does not know are left out.
   *
   * @throws Corrupted when the stored state is no JSON object.
   */
  load(object: Actor, text: string | Uint8Array): void {
    let stored: unknown;
    try {
      stored = JSON.parse(text as string);
    } catch (error) {
      throw new Corrupted('The stored state is not JSON.', { cause: error });
    }
    if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) {
      throw new Corrupted('The stored state is no JSON object.');
    }
    this.#assign(object as unknown as Fields, stored as Fields, false);
  }

  #assign(fields: Fields, from: Fields, all: boolean): void {
    for (const name of this.names) {
      if (all || Object.hasOwn(from, name)) {
        fields[name] = from[name];
      }
    }
  }
}

/** Whether JSON gives a value back as it was: a plain value, a list, or an object without a class. */
function isState(value: unknown): boolean {
  if (typeof value === 'bigint' || typeof value === 'symbol') {
    return false;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
