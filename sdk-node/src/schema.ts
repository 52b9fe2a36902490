/**
 * What a handler's message must look like, checked before the handler runs.
 *
 * TypeScript's types vanish when the program runs, so a handler that wants a check declares a schema: one of this
 * file's short descriptors, or any validator that speaks Standard Schema (zod, valibot, arktype, ...).
 */

import { InvalidPayload } from './errors.js';
import { type Manner, Unfit } from './internal/form.js';
import { formOf } from './internal/forms.js';
import { isStandard, issueText } from './internal/standard.js';
import { type Message, type ProcessRef } from './process_ref.js';

/** The part of the Standard Schema interface (standardschema.dev, version 1) that a check needs. */
export interface StandardSchema<Output = unknown> {
  /** The validator. */
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** What it takes and gives, for TypeScript alone. */
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** What a Standard Schema validator answers. */
export type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong with a value. */
export interface StandardIssue {
  /** What is wrong. */
  readonly message: string;
  /** Where. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A type by its name; with a question mark it may be absent or null. */
export type TypeName =
  | 'string'
  | 'number'
  | 'integer'
  | 'boolean'
  | 'any'
  | 'int64'
  | 'bigint'
  | 'bytes'
  | 'timestamp'
  | 'decimal'
  | 'duration'
  | 'uuid'
  | 'process';

/** A set of values; in JSON a list. */
export class SetType<D = unknown> {
  readonly item: D;
  /** @internal */
  constructor(item: D) {
    this.item = item;
  }
}

/** A map; in JSON an object whose names are the keys' texts. */
export class MapType<D = unknown, K = unknown> {
  readonly value: D;
  readonly key: K;
  /** @internal */
  constructor(value: D, key: K) {
    this.value = value;
    this.key = key;
  }
}

/** A reference to a process that takes messages of some type. */
export class ProcessType<M extends Message = Message> {
  /** For TypeScript alone. */
  declare readonly takes: { of(message: M): M }['of'];
}

/** One of some texts. */
export class OneOfType<T extends string = string> {
  readonly texts: readonly T[];
  /** @internal */
  constructor(texts: readonly T[]) {
    this.texts = texts;
  }
}

/** Describes a `Set` of values; in JSON a list. */
export function setOf<const D extends Descriptor>(item: D): SetType<D> {
  return new SetType(item);
}

/** Describes a `Map`; in JSON an object. Its keys are texts unless said otherwise. */
export function mapOf<const D extends Descriptor, K extends 'string' | 'integer' | 'int64' = 'string'>(
  value: D,
  key: K = 'string' as K,
): MapType<D, K> {
  return new MapType(value, key);
}

/**
 * Describes a reference to a process, as `'process'` does, with the type of the messages that it takes.
 *
 * @example
 * process('pong', { messages: { ping: { from: processOf<{ type: 'pong' }>() } } }, async (context) => { ... });
 */
export function processOf<M extends Message>(): ProcessType<M> {
  return new ProcessType();
}

/** Describes one of some texts. */
export function oneOf<const T extends string>(...texts: readonly T[]): OneOfType<T> {
  return new OneOfType(texts);
}

/**
 * A short description of a message, or of a field of a state: a type's name, a list of one description, an object of them, or
 * what `setOf`, `mapOf` and `oneOf` give.
 *
 * @example
 * const departure = { destination: 'string', delay: 'integer', tags: ['string'], note: 'string?' } as const;
 */
export type Descriptor =
  | TypeName
  | `${TypeName}?`
  | readonly [Descriptor]
  | SetType
  | MapType
  | OneOfType
  | ProcessType
  | { readonly [field: string]: Descriptor };

/** What a handler may declare about its message; `'bytes'` takes the payload as it is, unencoded. */
export type MessageSchema = Descriptor | StandardSchema;

interface Types {
  string: string;
  number: number;
  integer: number;
  boolean: boolean;
  any: unknown;
  int64: bigint;
  bigint: bigint;
  bytes: Uint8Array;
  timestamp: Date;
  decimal: string;
  duration: string;
  uuid: string;
  process: ProcessRef;
}

type OptionalField<D> = { [K in keyof D]: D[K] extends `${string}?` ? K : never }[keyof D];

/** The TypeScript type that a descriptor, or a validator, describes. */
export type Described<D> =
  D extends StandardSchema<infer Output>
    ? Output
    : D extends TypeName
      ? Types[D]
      : D extends `${infer T extends TypeName}?`
        ? Types[T] | null | undefined
        : D extends readonly [infer Item]
          ? Described<Item>[]
          : D extends SetType<infer Item>
            ? Set<Described<Item>>
            : D extends MapType<infer Value, infer Key>
              ? Map<Described<Key>, Described<Value>>
              : D extends OneOfType<infer Text>
                ? Text
                : D extends ProcessType<infer M>
                  ? ProcessRef<M>
                  : D extends object
                    ? { -readonly [K in Exclude<keyof D, OptionalField<D>>]: Described<D[K]> } & {
                        -readonly [K in OptionalField<D>]?: Described<D[K]>;
                      }
                    : never;

/** What a validator takes, where that is another type than what it gives. */
interface Takes<Input> {
  readonly '~standard': { readonly types?: { readonly input: Input } | undefined };
}

/** The TypeScript type of what is sent where a descriptor or a validator describes the message. */
export type Given<D> = D extends StandardSchema
  ? D extends Takes<infer Input>
    ? unknown extends Input
      ? Described<D>
      : Input
    : Described<D>
  : Described<D>;

/** Checks a value: the value to hand to the handler, or a promise of it. Throws InvalidPayload. */
export type Check = (value: unknown) => unknown;

const MESSAGES: Manner = { isClosed: true, takesLong: false };

/**
 * Makes the check of a schema.
 *
 * @param schema - the handler's declaration.
 * @param owner - the handler's name, for the error's text.
 * @throws InvalidDeclaration when the schema itself is not one.
 */
export function compileSchema(schema: MessageSchema, owner: string): Check {
  if (isStandard(schema)) {
    return (value) => checkStandard(schema, value);
  }
  const form = formOf(schema, owner, MESSAGES);
  const { fits } = form;
  return (value) => {
    if (fits?.(value) === true) {
      return value;
    }
    try {
      return form.read(value, '');
    } catch (error) {
      throw error instanceof Unfit ? new InvalidPayload(error.message) : error;
    }
  };
}

function checkStandard(schema: StandardSchema, value: unknown): unknown {
  const result = schema['~standard'].validate(value);
  return 'then' in result ? result.then(acceptStandard) : acceptStandard(result);
}

function acceptStandard(result: StandardResult<unknown>): unknown {
  if (result.issues === undefined) {
    return result.value;
  }
  throw new InvalidPayload(issueText(result.issues[0], ''));
}
