/**
 * The messages that a process's function was handed and has not taken, in their order.
 *
 * A receive looks at each of them once. One that wants types of which none waits looks at none of them, and one that waits for the
 * word of a watch begins where the watch began: what came before cannot be it.
 */

import { type Metadata } from '../metadata.js';

/** A message with what came beside it. */
export interface Envelope {
  readonly message: { readonly type: string };
  /** The ask that it is; 0 when nobody waits. */
  readonly askLow: number;
  readonly askHigh: number;
  readonly now: number;
  readonly remainingMs: number;
  readonly sender: string;
  readonly isFromProcess: boolean;
  readonly metadata: Metadata;
}

/** What a receive wants. */
export interface Pattern {
  /** Types of which one is enough; undefined: any type. */
  readonly types: readonly string[] | undefined;
  /** What it must fulfil beside that; undefined: nothing. */
  readonly matches: ((message: never) => boolean) | undefined;
  /** Only those that came after so many. */
  readonly since: number;
}

interface Entry {
  readonly envelope: Envelope;
  /** How many came before it. */
  readonly index: number;
  before: Entry | undefined;
  after: Entry | undefined;
}

/** Whether a receive wants a message. */
export function isWanted({ types, matches }: Pattern, { message }: Envelope): boolean {
  return types?.includes(message.type) !== false && matches?.(message as never) !== false;
}

/** Messages that were passed over, and those that nobody has looked at. */
export class Mailbox {
  /** How many wait. */
  count = 0;
  /** How many have ever come. */
  came = 0;
  #first: Entry | undefined = undefined;
  #last: Entry | undefined = undefined;
  /** Made for the first one that waits: in most processes none ever does. */
  #byType: Map<string, number> | undefined = undefined;

  /** A message has come. */
  push(envelope: Envelope): void {
    const entry: Entry = { envelope, index: this.came, before: this.#last, after: undefined };
    if (this.#last === undefined) {
      this.#first = entry;
    } else {
      this.#last.after = entry;
    }
    this.#last = entry;
    this.came += 1;
    this.#count(envelope.message.type, 1);
  }

  /** Takes the first message that is wanted. */
  take(pattern: Pattern): Envelope | undefined {
    if (this.#byType === undefined || pattern.types?.some((type) => this.#byType?.has(type)) === false) {
      return undefined;
    }
    for (let entry = this.#from(pattern.since); entry !== undefined; entry = entry.after) {
      if (isWanted(pattern, entry.envelope)) {
        this.#remove(entry);
        return entry.envelope;
      }
    }
    return undefined;
  }

  /** The first entry that came after so many. */
  #from(since: number): Entry | undefined {
    if (since === 0) {
      return this.#first;
    }
    let found: Entry | undefined;
    for (let entry = this.#last; entry !== undefined && entry.index >= since; entry = entry.before) {
      found = entry;
    }
    return found;
  }

  #remove({ envelope, before, after }: Entry): void {
    if (before === undefined) {
      this.#first = after;
    } else {
      before.after = after;
    }
    if (after === undefined) {
      this.#last = before;
    } else {
      after.before = before;
    }
    this.#count(envelope.message.type, -1);
  }

  #count(type: string, by: number): void {
    this.count += by;
    this.#byType ??= new Map();
    const now = (this.#byType.get(type) ?? 0) + by;
    if (now === 0) {
      this.#byType.delete(type);
    } else {
      this.#byType.set(type, now);
    }
  }
}
