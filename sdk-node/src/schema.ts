/**
 * What a handler's message must look like, checked before the handler runs.
 *
 * TypeScript's types vanish when the program runs, so a handler that wants a check declares a schema: one of this
 * file's short descriptors, or any validator that speaks Standard Schema (zod, valibot, arktype, ...).
 */

import { InvalidDeclaration, InvalidPayload } from './errors.js';

/** The part of the Standard Schema interface (standardschema.dev, version 1) that a check needs. */
export interface StandardSchema<Output = unknown> {
  /** The validator. */
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
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
export type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'any';

/**
 * A short description of a message: a type's name, a list of one description, or an object of them.
 *
 * @example
 * const departure = { destination: 'string', delay: 'integer', tags: ['string'], note: 'string?' } as const;
 */
export type Descriptor =
  TypeName | `${TypeName}?` | readonly [Descriptor] | { readonly [field: string]: Descriptor };

/** What a handler may declare about its message; `'bytes'` takes the payload as it is, unencoded. */
export type MessageSchema = 'bytes' | Descriptor | StandardSchema;

/** Checks a value: the value to hand to the handler, or a promise of it. Throws InvalidPayload. */
export type Check = (value: unknown) => unknown;

type Rule = (value: unknown, path: string) => string | undefined;

const TYPES: Readonly<Record<TypeName, (value: unknown) => boolean>> = {
  any: () => true,
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === 'number',
  string: (value) => typeof value === 'string',
};

/**
 * Makes the check of a schema.
 *
 * @param schema - the handler's declaration.
 * @param owner - the handler's name, for the error's text.
 * @throws InvalidDeclaration when the schema itself is not one.
 */
export function compileSchema(schema: Exclude<MessageSchema, 'bytes'>, owner: string): Check {
  if (isStandard(schema)) {
    return (value) => checkStandard(schema, value);
  }
  const rule = compileDescriptor(schema, owner);
  return (value) => {
    const complaint = rule(value, '');
    if (complaint !== undefined) {
      throw new InvalidPayload(complaint);
    }
    return value;
  };
}

function isStandard(schema: unknown): schema is StandardSchema {
  return (
    ((typeof schema === 'object' && schema !== null) || typeof schema === 'function') && '~standard' in schema
  );
}

function checkStandard(schema: StandardSchema, value: unknown): unknown {
  const result = schema['~standard'].validate(value);
  return result instanceof Promise ? result.then(acceptStandard) : acceptStandard(result);
}

function acceptStandard(result: StandardResult<unknown>): unknown {
  if (result.issues === undefined) {
    return result.value;
  }
  const issue = result.issues[0];
  const path = (issue?.path ?? [])
    .map((step) => String(typeof step === 'object' ? step.key : step))
    .join('.');
  const message = issue?.message ?? 'the message does not fit';
  throw new InvalidPayload(path === '' ? message : `${path}: ${message}`);
}

function compileDescriptor(descriptor: Descriptor, owner: string): Rule {
  if (typeof descriptor === 'string') {
    return compileName(descriptor, owner);
  }
  if (Array.isArray(descriptor) && descriptor.length === 1) {
    return compileList(compileDescriptor((descriptor as readonly [Descriptor])[0], owner));
  }
  if (typeof descriptor === 'object' && (descriptor as unknown) !== null && !Array.isArray(descriptor)) {
    const fields = Object.entries(descriptor).map(
      ([field, inner]) => [field, compileDescriptor(inner, owner)] as const,
    );
    return compileObject(fields);
  }
  throw new InvalidDeclaration(`${owner}: ${JSON.stringify(descriptor)} describes no type.`);
}

function compileName(name: string, owner: string): Rule {
  const optional = name.endsWith('?');
  const type = optional ? name.slice(0, -1) : name;
  if (!Object.hasOwn(TYPES, type)) {
    throw new InvalidDeclaration(
      `${owner}: "${name}" is no type; known are ${Object.keys(TYPES).join(', ')}.`,
    );
  }
  const fits = TYPES[type as TypeName];
  return (value, path) => {
    if (fits(value) || (optional && (value === undefined || value === null))) {
      return undefined;
    }
    return `${place(path)}: expected ${type}, got ${nameOf(value)}`;
  };
}

function compileList(rule: Rule): Rule {
  return (value, path) => {
    if (!Array.isArray(value)) {
      return `${place(path)}: expected a list, got ${nameOf(value)}`;
    }
    for (const [index, item] of value.entries()) {
      const complaint = rule(item, path === '' ? String(index) : `${path}.${String(index)}`);
      if (complaint !== undefined) {
        return complaint;
      }
    }
    return undefined;
  };
}

function compileObject(fields: readonly (readonly [string, Rule])[]): Rule {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return `${place(path)}: expected an object, got ${nameOf(value)}`;
    }
    for (const [field, rule] of fields) {
      const inner = Object.hasOwn(value, field) ? (value as Record<string, unknown>)[field] : undefined;
      const complaint = rule(inner, path === '' ? field : `${path}.${field}`);
      if (complaint !== undefined) {
        return complaint;
      }
    }
    return undefined;
  };
}

function place(path: string): string {
  return path === '' ? 'message' : path;
}

/** The type of a value in the words of the descriptors. */
function nameOf(value: unknown): string {
  if (value === undefined) {
    return 'nothing';
  }
  if (value === null) {
    return 'null';
  }
  return Array.isArray(value) ? 'a list' : typeof value;
}
