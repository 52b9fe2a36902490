/**
 * The types that have names. Their JSON forms are those of docs/reference/data-model.md.
 */

import { Buffer } from 'node:buffer';

import { InvalidDeclaration } from '../errors.js';
import { type TypeName } from '../schema.js';
import { AnyProcess } from '../process_ref.js';
import { type Form, type Manner, misfit, Unfit } from './form.js';
import { reader } from './reading.js';

const ISO_TIME = /^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const DECIMAL = /^-?\d+(?:\.\d+)?$/;
const DURATION = /^-?P(?!$)(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d{1,9})?S)?)?$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A type that is the same in JSON and in memory: one rule for both ways. */
function plain(type: string, rule: (manner: Manner) => (value: unknown) => boolean) {
  return (manner: Manner): Form => {
    const fits = rule(manner);
    const check = (value: unknown, path: string): unknown => {
      if (fits(value)) {
        return value;
      }
      throw new Unfit(misfit(path, type, value));
    };
    return { isPlain: true, hasBigints: false, fits, read: check, write: check };
  };
}

/** A text of a certain form, kept as text. */
function written(type: string, form: RegExp) {
  return plain(type, () => (value) => typeof value === 'string' && form.test(value));
}

export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;

/** Always a bigint in memory, however small; in JSON an integer. */
function whole(type: 'int64' | 'bigint') {
  const fits = (value: bigint): boolean => type === 'bigint' || (value >= INT64_MIN && value <= INT64_MAX);
  return (): Form => ({
    isPlain: false,
    hasBigints: true,
    fits: undefined,
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
  fits: undefined,
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
  fits: undefined,
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

/** In JSON its kind, a slash and its number; in memory a reference that sends in the name of whom it is read for. */
const process = (): Form => ({
  isPlain: false,
  hasBigints: false,
  fits: undefined,
  read(json, path) {
    const route = reader();
    const found = typeof json === 'string' && route?.lane.processes.parse(json, route);
    if (found instanceof AnyProcess) {
      return found;
    }
    throw new Unfit(misfit(path, 'process', json));
  },
  write(value, path) {
    if (value instanceof AnyProcess) {
      return value.toString();
    }
    throw new Unfit(misfit(path, 'process', value));
  },
});

const isLong = (value: unknown): boolean => typeof value === 'bigint' && !Number.isSafeInteger(Number(value));

const TYPES: Readonly<Record<TypeName, (manner: Manner) => Form>> = {
  any: plain('any', () => () => true),
  boolean: plain('boolean', () => (value) => typeof value === 'boolean'),
  integer: plain('integer', ({ takesLong }) => {
    return (value) => Number.isSafeInteger(value) || (takesLong && isLong(value));
  }),
  number: plain('number', ({ takesLong }) => {
    return (value) => Number.isFinite(value) || (takesLong && isLong(value));
  }),
  string: plain('string', () => (value) => typeof value === 'string'),
  decimal: written('decimal', DECIMAL),
  duration: written('duration', DURATION),
  uuid: written('uuid', UUID),
  int64: whole('int64'),
  bigint: whole('bigint'),
  bytes,
  timestamp,
  process,
};

/**
 * The form of a type by its name; with a question mark it may be absent or null.
 *
 * @throws InvalidDeclaration when there is no such type.
 */
export function namedForm(name: string, owner: string, manner: Manner): Form {
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
  const { fits } = form;
  return {
    ...form,
    fits: fits && ((value) => value === undefined || value === null || fits(value)),
    read: open(form.read),
    write: open(form.write),
  };
}
