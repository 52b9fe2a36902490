/**
 * The state of an actor: its fields, how they are checked, kept, compared and put back.
 *
 * A snapshot is the state that was last accepted. Where every field is a plain value it is a list of them, so that
 * comparing costs no encoding; else it is the JSON text. A state becomes one only when JSON gives it back as it is: what the
 * next turn sees is what a restart reads.
 */

import { type Actor, type ActorClass } from './actor.js';
import { decodeText, type Payload } from './codec.js';
import { InvalidDeclaration, InvalidState, StateMismatch } from './errors.js';
import { stringifyExact } from './internal/exact.js';
import { type Form, type Manner, Unfit } from './internal/form.js';
import { formOf } from './internal/forms.js';
import { JsonForm, misfitText } from './internal/json_form.js';
import { type Written } from './internal/parts.js';
import { Scalars, ScalarState } from './internal/scalars.js';
import { describeThrown, messageOf } from './internal/thrown.js';
import { type Descriptor, type StandardSchema } from './schema.js';

/** A state as it was at some moment; it never changes. */
export interface Snapshot {
  /** The fields' values in their order, when all of them are plain. */
  readonly values: readonly unknown[] | undefined;
  /** The encoded state, when they are not. */
  readonly encoded: Payload;
  /** Stored fields that the class does not know, as members of a JSON object; they are stored again. */
  readonly rest: string | undefined;
}

/** What an engine does with the state of a kind. */
export interface Shape {
  /** Whether a stored state is taken as bytes; else as text. */
  readonly takesBytes: boolean;
  /** Called once with the names of stored fields that no field takes. */
  onUnknown: ((names: readonly string[]) => void) | undefined;
  /** A new object with its defaults. */
  make(): Actor;
  /** The state of a new object. */
  capture(object: Actor): Snapshot;
  /**
   * The state of an object after a turn: the given snapshot itself when it still holds.
   *
   * @throws InvalidState naming the field that cannot be stored.
   */
  captureAfter(object: Actor, before: Snapshot): Snapshot;
  /** The state as it is stored. */
  encode(object: Actor, now: Snapshot): Payload | Written;
  /** Some of the fields as they are stored: what a process is spawned with. Only a class's state has it. */
  encodeSome?(given: object): string;
  /** Puts an object back to a snapshot. */
  restore(object: Actor, snapshot: Snapshot): void;
  /** Gives a new object its stored state, and takes it; throws StateMismatch where it is no state of this kind. */
  load(object: Actor, stored: string | Uint8Array): Snapshot;
}

/** How a field of a state is declared, where its default does not say it. */
export interface FieldOptions {
  /** The name that the field had when older states were stored. */
  readonly was?: string;
}

/** A declared field of a state: its type and its former name. */
export class Field {
  readonly type: Descriptor | StandardSchema;
  readonly options: FieldOptions;

  /** @internal */
  constructor(type: Descriptor | StandardSchema, options: FieldOptions) {
    this.type = type;
    this.options = options;
  }
}

/**
 * Declares a field of a state with what goes beyond its type.
 *
 * @param type - a descriptor, or a validator that speaks Standard Schema.
 * @param options - `was`: its former name.
 *
 * @example
 * static override state: StateTypes = { cents: field('integer', { was: 'amount' }), opened: 'timestamp' };
 */
export function field(type: Descriptor | StandardSchema, options: FieldOptions = {}): Field {
  return new Field(type, options);
}

/** The types of a state's fields, by their names. */
export type StateTypes = Readonly<Record<string, Descriptor | StandardSchema | Field>>;

type Fields = Record<string, unknown>;

/** A field as the engine uses it. */
interface StateField {
  readonly name: string;
  /** Its two forms, where it was declared. */
  readonly form: Form | undefined;
  readonly was: string | undefined;
  /** Whether it may be undefined: its default is. */
  readonly isOpen: boolean;
}

const STATES: Manner = { isClosed: false, takesLong: true };

/** The fields of one kind of actor, kept as one JSON object. */
export class StateShape implements Shape {
  readonly takesBytes = false;
  onUnknown: ((names: readonly string[]) => void) | undefined = undefined;
  readonly #kind: string;
  readonly #fields: readonly StateField[];
  readonly #make: ActorClass;
  /** What takes a state of scalars alone, where no field has two forms. */
  readonly #scalars: Scalars | undefined;
  /** Whether the object itself gives the text that is stored. */
  readonly #isDirect: boolean;

  /**
   * Reads the fields from a first instance.
   *
   * @throws InvalidDeclaration when a field's default is nothing that JSON can hold, or does not fit its declared type.
   */
  constructor(actor: ActorClass, kind: string) {
    this.#make = actor;
    this.#kind = kind;
    let fields: Fields;
    try {
      fields = new actor() as unknown as Fields;
    } catch (error) {
      throw new InvalidDeclaration(`${kind}: its constructor throws ${describeThrown(error)}.`, {
        cause: error,
      });
    }
    this.#fields = this.#readFields(fields, actor.state);
    const isPlain = this.#fields.every(({ form }) => form?.isPlain !== false);
    this.#scalars = isPlain ? new Scalars(this.#fields) : undefined;
    this.#isDirect = isPlain && fields.toJSON === undefined;
    try {
      this.#capture(fields, undefined);
    } catch (error) {
      throw new InvalidDeclaration(
        `${kind}.${(error as Error).message}; a state field holds plain JSON values or what \`static state\` ` +
          'declares, anything else belongs in a #private field.',
      );
    }
  }

  /** A new object with its defaults; fields cannot be added to it later, they would be lost silently. */
  make(): Actor {
    return Object.seal(new this.#make());
  }

  /** The state of a new object, whose fields are its own from then on: a default may be one object for all actors. */
  capture(object: Actor): Snapshot {
    return this.#own(object, this.#capture(object as unknown as Fields, undefined));
  }

  /** The state of an object now: the given snapshot itself when it still holds. */
  captureAfter(object: Actor, before: Snapshot): Snapshot {
    const fields = object as unknown as Fields;
    if (before.values !== undefined) {
      if (this.#isSame(fields, before.values)) {
        return before;
      }
      const scalars = this.#scalars?.take(fields, before.rest);
      if (scalars !== undefined) {
        return scalars;
      }
    }
    const after = this.#capture(fields, before.rest);
    return after.encoded !== undefined && after.encoded === before.encoded ? before : after;
  }

  /** The state as JSON. */
  encode(object: Actor, now: Snapshot): Payload | Written {
    if (now instanceof ScalarState) {
      return now;
    }
    const { values = [], encoded, rest } = now;
    return encoded ?? this.#text(object, values, true, rest);
  }

  /**
   * Some of the fields as they are stored: what a process is spawned with.
   *
   * @throws InvalidState naming the field that there is not, or cannot be stored.
   */
  encodeSome(given: object): string {
    const form = new JsonForm(true);
    const found = Object.entries(given).filter(([, value]) => value !== undefined);
    const record = found.map(([name]) => {
      const declared = this.#fields.find((field) => field.name === name);
      if (declared === undefined) {
        throw new InvalidState(`${this.#kind} has no field ${name}`);
      }
      return [name, this.#check(given as Fields, declared, form)];
    });
    return stringifyExact(Object.fromEntries(record));
  }

  /** Puts an object back to a snapshot. */
  restore(object: Actor, snapshot: Snapshot): void {
    const fields = object as unknown as Fields;
    const { values } = snapshot;
    if (values !== undefined) {
      this.#fields.forEach(({ name }, at) => {
        fields[name] = values[at];
      });
      return;
    }
    const stored = decodeText(snapshot.encoded as string) as Fields;
    for (const { name, form } of this.#fields) {
      const json = Object.hasOwn(stored, name) ? stored[name] : undefined;
      fields[name] = form === undefined || json === undefined ? json : form.read(json, name);
    }
  }

  /**
   * Gives a new object its stored state. Fields that the state does not know keep their defaults; what the class does not
   * know is kept beside them.
   */
  load(object: Actor, text: string | Uint8Array): Snapshot {
    const stored = this.#storedFields(text as string);
    const fields = object as unknown as Fields;
    const unknown = new Set(Object.keys(stored));
    let hasDefaults = false;
    for (const { name, form, was } of this.#fields) {
      const source = Object.hasOwn(stored, name) ? name : was;
      if (source !== undefined && Object.hasOwn(stored, source)) {
        unknown.delete(source);
        fields[name] = this.#read(form, stored[source], name);
      } else {
        hasDefaults = true;
      }
    }
    const rest = unknown.size === 0 ? undefined : this.#keep(stored, [...unknown]);
    try {
      const now = this.#capture(fields, rest);
      return hasDefaults ? this.#own(object, now) : now;
    } catch (error) {
      throw new StateMismatch(`${this.#kind}.${messageOf(error)}`, { cause: error });
    }
  }

  /** Gives an object values of its own, equal to those of its snapshot. */
  #own(object: Actor, now: Snapshot): Snapshot {
    if (now.encoded !== undefined) {
      this.restore(object, now);
    }
    return now;
  }

  #readFields(fields: Fields, declared: StateTypes): StateField[] {
    const names = Object.keys(fields);
    for (const name of Object.keys(declared)) {
      if (!names.includes(name)) {
        throw new InvalidDeclaration(
          `${this.#kind}: \`static state\` declares ${name}, but there is no such field.`,
        );
      }
    }
    return names
      .filter((name) => {
        if (Object.getOwnPropertyDescriptor(fields, name)?.get !== undefined) {
          throw new InvalidDeclaration(`${this.#kind}.${name}: a field of the state cannot be an accessor.`);
        }
        return typeof fields[name] !== 'function';
      })
      .map((name) => {
        const given = Object.hasOwn(declared, name) ? declared[name] : undefined;
        const type = given instanceof Field ? given.type : given;
        const owner = `${this.#kind}.${name}`;
        const byDefault = typeof fields[name] === 'bigint' ? 'bigint' : undefined;
        return {
          name,
          form:
            type === undefined && byDefault === undefined
              ? undefined
              : formOf(type ?? 'bigint', owner, STATES),
          was: given instanceof Field ? given.options.was : undefined,
          isOpen: fields[name] === undefined,
        };
      });
  }

  #isSame(fields: Fields, values: readonly unknown[]): boolean {
    const declared = this.#fields;
    for (let at = 0; at < values.length; at++) {
      if (!Object.is(fields[(declared[at] as StateField).name], values[at])) {
        return false;
      }
    }
    return true;
  }

  /** Checks the fields and takes them. @throws InvalidState */
  #capture(fields: Fields, rest: string | undefined): Snapshot {
    const form = new JsonForm(true);
    const values: unknown[] = [];
    let isScalar = true;
    for (const declared of this.#fields) {
      const value = this.#check(fields, declared, form);
      isScalar &&= typeof value !== 'object' || value === null;
      values.push(value);
    }
    if (isScalar && this.#scalars !== undefined) {
      return { values, encoded: undefined, rest };
    }
    const now = { values: undefined, encoded: this.#text(fields, values, form.isExact, rest), rest };
    if (form.isShared) {
      // What is shared in memory is not after a restart, and a later change would show it.
      this.restore(fields, now);
    }
    return now;
  }

  /** The text of the fields in their JSON forms, and of what was kept. */
  #text(object: object, values: readonly unknown[], isExact: boolean, rest: string | undefined): string {
    if (this.#isDirect && !isExact) {
      return withRest(JSON.stringify(object), rest);
    }
    const record = Object.fromEntries(this.#fields.map(({ name }, at) => [name, values[at]]));
    return withRest(isExact ? stringifyExact(record) : JSON.stringify(record), rest);
  }

  /** A field's value in its JSON form. */
  #check(fields: Fields, { name, form, isOpen }: StateField, json: JsonForm): unknown {
    let value = fields[name];
    if (value === undefined && isOpen) {
      return undefined;
    }
    if (Object.is(value, -0)) {
      // JSON has no negative zero that every language reads.
      value = fields[name] = 0;
    }
    if (form !== undefined) {
      try {
        value = form.write(value, name);
      } catch (error) {
        throw new InvalidState(error instanceof Unfit ? error.message : `${name}: ${describeThrown(error)}`);
      }
    }
    json.takesBigints = form?.hasBigints === true;
    const found = json.misfit(value);
    if (found !== undefined) {
      throw new InvalidState(misfitText(name, found));
    }
    return value;
  }

  #storedFields(text: string): Fields {
    let stored: unknown;
    try {
      stored = decodeText(text);
    } catch (error) {
      throw new StateMismatch(`The stored state of ${this.#kind} is not JSON.`, { cause: error });
    }
    if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) {
      throw new StateMismatch(`The stored state of ${this.#kind} is no JSON object.`);
    }
    return stored as Fields;
  }

  #read(form: Form | undefined, json: unknown, name: string): unknown {
    try {
      return form === undefined ? json : form.read(json, name);
    } catch (error) {
      const text = error instanceof Unfit ? error.message : `${name}: ${describeThrown(error)}`;
      throw new StateMismatch(`${this.#kind}.${text}`);
    }
  }

  /** The stored fields that no field takes. */
  #keep(stored: Fields, names: readonly string[]): string {
    this.onUnknown?.(names);
    this.onUnknown = undefined;
    return stringifyExact(Object.fromEntries(names.map((name) => [name, stored[name]]))).slice(1, -1);
  }
}

/** A JSON object with further members. */
function withRest(text: string, rest: string | undefined): string {
  if (rest === undefined) {
    return text;
  }
  return text === '{}' ? `{${rest}}` : `${text.slice(0, -1)},${rest}}`;
}
