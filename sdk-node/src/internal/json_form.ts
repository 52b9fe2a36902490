/**
 * What JSON gives back as it was: the check of states before they are stored, and of messages and replies before they are sent.
 *
 * JSON.stringify writes something for almost everything (a Map is `{}`, NaN is null), so the values are looked at themselves.
 */

import { isBeyondSafe } from './exact.js';
import { hasNames } from './named.js';

/** As deep as the core reads. */
export const DEPTH_MAX = 128;
/** More elements are no state or message that could be stored; this ends a graph that shares its parts. */
const ELEMENTS_MAX = 2 ** 25;

/** What is wrong with a value, and where. */
export interface Misfit {
  path: string;
  readonly text: string;
}

/** Looks through the values of one state or message. */
export class JsonForm {
  /** Whether something was found that JavaScript's own JSON would round: then the exact way writes it. */
  isExact = false;
  /** Whether an object was met twice: in storage there are two. */
  isShared = false;
  /** Whether what is read knows that it is a bigint, however small. */
  takesBigints = false;
  /** What the values with a `toJSON` gave, each asked once: this was checked, so this is what must be written. */
  said: Map<object, unknown> | undefined = undefined;
  /** State: what it was must come back, classes and all. A message may be of a class, and say itself what its JSON is. */
  readonly #isState: boolean;
  #elements = 0;
  #first: object | undefined = undefined;
  #met: Set<object> | undefined = undefined;

  constructor(isState: boolean) {
    this.#isState = isState;
  }

  /** What is wrong with a value, by its name or its place in a list; nothing where JSON gives it back. */
  misfit(value: unknown, depth = 0, key: string | number = ''): Misfit | undefined {
    switch (typeof value) {
      case 'string':
        return value.isWellFormed()
          ? undefined
          : { path: '', text: 'a text with a lone surrogate is not Unicode' };
      case 'boolean':
        return undefined;
      case 'number':
        return this.#number(value);
      case 'bigint':
        this.isExact = true;
        return this.#isState &&
          !this.takesBigints &&
          value >= Number.MIN_SAFE_INTEGER &&
          value <= Number.MAX_SAFE_INTEGER
          ? {
              path: '',
              text: 'a bigint within 2^53 would come back as a number; declare the field as bigint',
            }
          : undefined;
      case 'object':
        return value === null ? undefined : this.#object(value, depth, key);
      default:
        return { path: '', text: `${nameOf(value)} has no form in JSON` };
    }
  }

  #number(value: number): Misfit | undefined {
    if (!Number.isFinite(value)) {
      return { path: '', text: `${String(value)} has no form in JSON` };
    }
    if (isBeyondSafe(value)) {
      this.isExact = true;
    }
    return undefined;
  }

  #object(value: object, depth: number, key: string | number): Misfit | undefined {
    if (depth === DEPTH_MAX || ++this.#elements > ELEMENTS_MAX) {
      const text =
        depth === DEPTH_MAX ? 'it is nested too deep, or holds itself' : 'it has too many elements';
      return { path: '', text };
    }
    if (this.#isState) {
      this.#meet(value);
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) {
      return this.#record(value as Record<string, unknown>, depth);
    }
    if (prototype === Array.prototype) {
      return this.#list(value as unknown[], depth);
    }
    if (!isRoot(prototype) && isAsked(value)) {
      return this.#isState ? noForm(value) : this.#ask(value, depth, key);
    }
    return this.#parts(value, depth);
  }

  #parts(value: object, depth: number): Misfit | undefined {
    if (Array.isArray(value)) {
      return this.#list(value, depth);
    }
    if (!isRoot(Object.getPrototypeOf(value))) {
      if (this.#isState || isBuiltIn(value)) {
        return noForm(value);
      }
      if (value instanceof Date) {
        return undefined;
      }
    }
    return this.#record(value as Record<string, unknown>, depth);
  }

  /** Checks what a value says that its JSON is. As in JavaScript's own JSON, what it gives is not asked again. */
  #ask(value: Asked, depth: number, key: string | number): Misfit | undefined {
    this.said ??= new Map();
    const json = this.said.has(value) ? this.said.get(value) : value.toJSON(String(key));
    this.said.set(value, json);
    if (json === undefined && typeof key === 'string') {
      // Like a field that is undefined.
      return undefined;
    }
    return typeof json === 'object' && json !== null ? this.#parts(json, depth) : this.misfit(json, depth);
  }

  #meet(value: object): void {
    if (this.#first === undefined) {
      this.#first = value;
      return;
    }
    this.#met ??= new Set([this.#first]);
    this.isShared ||= this.#met.has(value);
    this.#met.add(value);
  }

  #list(list: unknown[], depth: number): Misfit | undefined {
    this.#elements += list.length;
    for (let at = 0; at < list.length; at++) {
      const value = list[at];
      const found = this.misfit(value, depth + 1, at);
      if (found !== undefined) {
        return within(`[${String(at)}]`, found);
      }
      if (this.#isState && Object.is(value, -0)) {
        list[at] = 0;
      }
    }
    return hasNames(list)
      ? { path: '', text: 'a list with named properties has no form in JSON' }
      : undefined;
  }

  #record(record: Record<string, unknown>, depth: number): Misfit | undefined {
    const names = Object.keys(record);
    this.#elements += names.length;
    for (const name of names) {
      const value = record[name];
      if (value === undefined) {
        this.#drop(record, name);
        continue;
      }
      const found = name.isWellFormed() ? this.misfit(value, depth + 1, name) : UNREADABLE_NAME;
      if (found !== undefined) {
        return within(`.${name}`, found);
      }
      if (this.#isState && Object.is(value, -0)) {
        record[name] = 0;
      }
    }
    return undefined;
  }

  /** JSON leaves out what is undefined; so the object of a state has it no longer, as after a restart. */
  #drop(record: Record<string, unknown>, name: string): void {
    if (this.#isState) {
      Reflect.deleteProperty(record, name);
    }
  }
}

const UNREADABLE_NAME: Misfit = Object.freeze({
  path: '',
  text: 'a name with a lone surrogate is not Unicode',
});

/** The same misfit, seen from one step further out. */
function within(step: string, found: Misfit): Misfit {
  return { path: step + found.path, text: found.text };
}

/** `field path: what is wrong`. */
export function misfitText(name: string, found: Misfit): string {
  const path = name === '' && found.path.startsWith('.') ? found.path.slice(1) : name + found.path;
  return path === '' ? found.text : `${path}: ${found.text}`;
}

/** A value that says itself what its JSON is. */
interface Asked {
  toJSON(key: string): unknown;
}

/** Whether a value is asked for its JSON; a Date as it comes, or another of the language's own, is not. */
function isAsked(value: object): value is Asked {
  const { toJSON } = value as Partial<Asked>;
  return (
    typeof toJSON === 'function' &&
    (Array.isArray(value) || !isBuiltIn(value)) &&
    toJSON !== Date.prototype.toJSON
  );
}

function noForm(value: object): Misfit {
  return { path: '', text: `a value of type ${nameOf(value)} has no form in JSON` };
}

/** Whether a prototype is that of plain objects, of this realm or another. */
function isRoot(prototype: unknown): boolean {
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether an object is one of the language's own that JSON empties: a Map, a Set, bytes, an error, a promise. */
function isBuiltIn(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    (Object.prototype.toString.call(value) !== '[object Object]' && !(value instanceof Date)) ||
    (value instanceof Date && Number.isNaN(value.getTime()))
  );
}

/** The type of a value in a reader's words. */
export function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return value === undefined || value === null ? String(value) : `a ${typeof value}`;
  }
  try {
    const { name } = value.constructor;
    return typeof name === 'string' && name !== '' ? name : 'object';
  } catch {
    return 'object';
  }
}
