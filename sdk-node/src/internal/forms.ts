/**
 * The types that descriptors name: what a value looks like in JSON, what it is in memory, and the way between the two.
 *
 * Most types are the same in both (`isPlain`): then there is nothing to convert, only to check. The JSON forms are those of
 * docs/reference/data-model.md.
 */

import { Buffer } from 'node:buffer';

import { InvalidDeclaration } from '../errors.js';
import {
  type Descriptor,
  MapType,
  OneOfType,
  SetType,
  type StandardSchema,
  type TypeName,
} from '../schema.js';
import { nameOf } from './json_form.js';
import { isStandard, schemaForm } from './standard.js';

/** A value does not fit; the text names its place. */
export class Unfit extends Error {}

/** The two forms of a type. */
export interface Form {
  /** Whether a value is the same in JSON and in memory. */
  readonly isPlain: boolean;
  /** Whether it reads small integers as bigints. */
  readonly hasBigints: boolean;
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

const ISO_TIME = /^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const DECIMAL = /^-?\d+(?:\.\d+)?$/;
const DURATION = /^-?P(?!$)(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d{1,9})?S)?)?$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A type that is the same in JSON and in memory: one rule for both ways. */
function plain(type: string, fits: (value: unknown, manner: Manner) => boolean) {
  return (manner: Manner): Form => {
    const check = (value: unknown, path: string): unknown => {
      if (fits(value, manner)) {
        return value;
      }
      throw new Unfit(misfit(path, type, value));
    };
    return { isPlain: true, hasBigints: false, read: check, write: check };
  };
}

/** A text of a certain form, kept as text. */
function written(type: string, form: RegExp) {
  return plain(type, (value) => typeof value === 'string' && form.test(value));
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Always a bigint in memory, however small; in JSON an integer. */
function whole(type: 'int64' | 'bigint') {
  const fits = (value: bigint): boolean => type === 'bigint' || (value >= INT64_MIN && value <= INT64_MAX);
  return (): Form => ({
    isPlain: false,
    hasBigints: true,
    read(json, path) {
      if (typeof json === 'bigint' || Number.isSafeInteger(json)) {
        const value = BigInt(json as number | bigint);
        if (fits(value)) {
          return value;
        }
      }
      throw new Unfit(misfit(path, type, json));
    },
    write(value, path) {
      if (typeof value === 'bigint' && fits(value)) {
        return value;
      }
      throw new Unfit(misfit(path, type, value));
    },
  });
}

const bytes = (): Form => ({
  isPlain: false,
  hasBigints: false,
  read(json, path) {
    if (typeof json === 'string' && BASE64.test(json)) {
      return new Uint8Array(Buffer.from(json, 'base64'));
    }
    throw new Unfit(misfit(path, 'bytes', json));
  },
  write(value, path) {
    if (value instanceof Uint8Array) {
      return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
    }
    throw new Unfit(misfit(path, 'bytes', value));
  },
});

/** A `Date` has milliseconds; what is finer in storage cannot be held, and is not cut. */
const timestamp = (): Form => ({
  isPlain: false,
  hasBigints: false,
  read(json, path) {
    if (typeof json === 'string' && ISO_TIME.test(json)) {
      const time = new Date(json.replace(/(\.\d{3})0+(?=\D)/, '$1'));
      const isFine = /\.\d{3}0*[1-9]/.test(json);
      if (!Number.isNaN(time.getTime()) && !isFine) {
        return time;
      }
      if (isFine) {
        throw new Unfit(
          `${path}: a Date holds milliseconds, and the timestamp is finer; declare it as string`,
        );
      }
    }
    throw new Unfit(misfit(path, 'timestamp', json));
  },
  write(value, path) {
    if (value instanceof Date && value.getUTCFullYear() >= 1 && value.getUTCFullYear() <= 9999) {
      return value.toISOString();
    }
    throw new Unfit(misfit(path, 'timestamp', value));
  },
});

const isLong = (value: unknown): boolean => typeof value === 'bigint' && !Number.isSafeInteger(Number(value));

const TYPES: Readonly<Record<TypeName, (manner: Manner) => Form>> = {
  any: plain('any', () => true),
  boolean: plain('boolean', (value) => typeof value === 'boolean'),
  integer: plain(
    'integer',
    (value, { takesLong }) => Number.isSafeInteger(value) || (takesLong && isLong(value)),
  ),
  number: plain('number', (value, { takesLong }) => Number.isFinite(value) || (takesLong && isLong(value))),
  string: plain('string', (value) => typeof value === 'string'),
  decimal: written('decimal', DECIMAL),
  duration: written('duration', DURATION),
  uuid: written('uuid', UUID),
  int64: whole('int64'),
  bigint: whole('bigint'),
  bytes,
  timestamp,
};

/**
 * The form that a descriptor describes.
 *
 * @param owner - whose descriptor it is, for the error's text.
 * @throws InvalidDeclaration when it describes no type.
 */
export function formOf(descriptor: Descriptor | StandardSchema, owner: string, manner: Manner): Form {
  if (isStandard(descriptor)) {
    return schemaForm(descriptor);
  }
  if (typeof descriptor === 'string') {
    return namedForm(descriptor, owner, manner);
  }
  if (descriptor instanceof SetType) {
    return setForm(formOf(descriptor.item as Descriptor, owner, manner));
  }
  if (descriptor instanceof MapType) {
    return mapForm(formOf(descriptor.value as Descriptor, owner, manner), descriptor.key as KeyName);
  }
  if (descriptor instanceof OneOfType) {
    return oneOfForm(descriptor.texts);
  }
  if (Array.isArray(descriptor) && descriptor.length === 1) {
    return listForm(formOf((descriptor as readonly [Descriptor])[0], owner, manner));
  }
  if (typeof descriptor === 'object' && (descriptor as unknown) !== null && !Array.isArray(descriptor)) {
    const fields = Object.entries(descriptor).map(
      ([field, inner]) => [field, formOf(inner, owner, manner)] as const,
    );
    return recordForm(new Map(fields), manner);
  }
  throw new InvalidDeclaration(`${owner}: ${JSON.stringify(descriptor)} describes no type.`);
}

function namedForm(name: string, owner: string, manner: Manner): Form {
  const isOptional = name.endsWith('?');
  const type = isOptional ? name.slice(0, -1) : name;
  if (!Object.hasOwn(TYPES, type)) {
    const known = Object.keys(TYPES).join(', ');
    throw new InvalidDeclaration(`${owner}: "${name}" is no type; known are ${known}.`);
  }
  const form = TYPES[type as TypeName](manner);
  if (!isOptional) {
    return form;
  }
  const open = (convert: Form['read']): Form['read'] => {
    return (value, path) => (value === undefined || value === null ? value : convert(value, path));
  };
  return { ...form, read: open(form.read), write: open(form.write) };
}

function listForm(item: Form): Form {
  const each = (convert: Form['read']): Form['read'] => {
    return (value, path) => {
      if (!Array.isArray(value)) {
        throw new Unfit(misfit(path, 'a list', value));
      }
      const items = value as unknown[];
      const converted = items.map((entry, at) => convert(entry, `${path}[${String(at)}]`));
      return item.isPlain ? items : converted;
    };
  };
  return {
    isPlain: item.isPlain,
    hasBigints: item.hasBigints,
    read: each(item.read),
    write: each(item.write),
  };
}

function setForm(item: Form): Form {
  const list = listForm(item);
  return {
    isPlain: false,
    hasBigints: item.hasBigints,
    read: (json, path) => new Set(list.read(json, path) as unknown[]),
    write(value, path) {
      if (value instanceof Set) {
        return list.write([...(value as Set<unknown>)], path);
      }
      throw new Unfit(misfit(path, 'set', value));
    },
  };
}

type KeyName = 'string' | 'integer' | 'int64';

/** Keys of maps and their texts; a text that is not what its key would be written as is none. */
const KEYS: Readonly<Record<KeyName, { fits: (key: unknown) => boolean; from: (text: string) => unknown }>> =
  {
    string: { fits: (key) => typeof key === 'string', from: (text) => text },
    integer: { fits: Number.isSafeInteger, from: Number },
    int64: {
      fits: (key) => typeof key === 'bigint' && key >= INT64_MIN && key <= INT64_MAX,
      from: (text) => (/^-?\d+$/.test(text) ? BigInt(text) : undefined),
    },
  };

function mapForm(item: Form, keyName: KeyName): Form {
  const key = KEYS[keyName];
  return {
    isPlain: false,
    hasBigints: item.hasBigints,
    read(json, path) {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) {
        throw new Unfit(misfit(path, 'map', json));
      }
      return new Map(
        Object.entries(json).map(([text, value]) => {
          const found = key.from(text);
          if (!key.fits(found) || String(found) !== text) {
            throw new Unfit(`${path}: a name does not fit the key type ${keyName}`);
          }
          return [found, item.read(value, `${path}.${text}`)];
        }),
      );
    },
    write(value, path) {
      if (!(value instanceof Map)) {
        throw new Unfit(misfit(path, 'map', value));
      }
      const entries = [...(value as Map<unknown, unknown>)].map(([name, inner]) => {
        if (!key.fits(name)) {
          throw new Unfit(`${path}: a key of type ${typeof name} does not fit ${keyName}`);
        }
        return [String(name), item.write(inner, `${path}.${String(name)}`)] as const;
      });
      return Object.fromEntries(entries);
    },
  };
}

function oneOfForm(texts: readonly string[]): Form {
  const check = (value: unknown, path: string): unknown => {
    if (typeof value === 'string' && texts.includes(value)) {
      return value;
    }
    throw new Unfit(`${path === '' ? 'message' : path}: it is none of ${texts.join(', ')}`);
  };
  return { isPlain: true, hasBigints: false, read: check, write: check };
}

function recordForm(fields: ReadonlyMap<string, Form>, manner: Manner): Form {
  const isPlain = [...fields.values()].every((field) => field.isPlain);
  const each = (way: 'read' | 'write'): Form['read'] => {
    return (value, path) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new Unfit(misfit(path, 'an object', value));
      }
      const record = value as Record<string, unknown>;
      if (manner.isClosed) {
        refuseUnknown(record, fields, path);
      }
      const converted: Record<string, unknown> = isPlain ? record : { ...record };
      for (const [name, field] of fields) {
        const inner = Object.hasOwn(record, name) ? record[name] : undefined;
        const result = field[way](inner, path === '' ? name : `${path}.${name}`);
        if (!isPlain && result !== undefined) {
          converted[name] = result;
        }
      }
      return converted;
    };
  };
  const hasBigints = [...fields.values()].some((field) => field.hasBigints);
  return { isPlain, hasBigints, read: each('read'), write: each('write') };
}

function refuseUnknown(record: object, fields: ReadonlyMap<string, Form>, path: string): void {
  for (const name of Object.keys(record)) {
    if (!fields.has(name)) {
      throw new Unfit(`${path === '' ? name : `${path}.${name}`}: unknown field`);
    }
  }
}

function misfit(path: string, type: string, value: unknown): string {
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
