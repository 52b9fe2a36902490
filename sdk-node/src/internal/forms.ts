/**
 * The forms that descriptors describe: types by their names, and lists, sets, maps and records of them.
 */

import { InvalidDeclaration } from '../errors.js';
import { type Descriptor, MapType, OneOfType, ProcessType, SetType, type StandardSchema } from '../schema.js';
import { type Form, type Manner, misfit, Unfit } from './form.js';
import { isStandard, schemaForm } from './standard.js';
import { INT64_MAX, INT64_MIN, namedForm } from './type_names.js';

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
  if (descriptor instanceof ProcessType) {
    return namedForm('process', owner, manner);
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
  const { fits } = item;
  return {
    isPlain: item.isPlain,
    hasBigints: item.hasBigints,
    fits: fits && ((value) => Array.isArray(value) && allFit(value, fits)),
    read: each(item.read),
    write: each(item.write),
  };
}

function allFit(items: readonly unknown[], fits: (value: unknown) => boolean): boolean {
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- a list may have an iterator of its own
  for (let at = 0; at < items.length; at++) {
    if (!fits(items[at])) {
      return false;
    }
  }
  return true;
}

function setForm(item: Form): Form {
  const list = listForm(item);
  return {
    isPlain: false,
    hasBigints: item.hasBigints,
    fits: undefined,
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
    fits: undefined,
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
  const fits = (value: unknown): boolean => typeof value === 'string' && texts.includes(value);
  const check = (value: unknown, path: string): unknown => {
    if (fits(value)) {
      return value;
    }
    throw new Unfit(`${path === '' ? 'message' : path}: it is none of ${texts.join(', ')}`);
  };
  return { isPlain: true, hasBigints: false, fits, read: check, write: check };
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
  return { isPlain, hasBigints, fits: recordFits(fields, manner), read: each('read'), write: each('write') };
}

/** The quick check of a record, where each field has one. */
function recordFits(fields: ReadonlyMap<string, Form>, { isClosed }: Manner): Form['fits'] {
  const quick: (readonly [string, (value: unknown) => boolean])[] = [];
  for (const [name, { fits }] of fields) {
    if (fits === undefined) {
      return undefined;
    }
    quick.push([name, fits]);
  }
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return false;
    }
    for (const [name, fits] of quick) {
      if (!fits(Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined)) {
        return false;
      }
    }
    return !isClosed || Object.keys(value).every((name) => fields.has(name));
  };
}

function refuseUnknown(record: object, fields: ReadonlyMap<string, Form>, path: string): void {
  for (const name of Object.keys(record)) {
    if (!fields.has(name)) {
      throw new Unfit(`${path === '' ? name : `${path}.${name}`}: unknown field`);
    }
  }
}
