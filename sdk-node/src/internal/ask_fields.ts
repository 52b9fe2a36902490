/**
 * What goes with an ask beside its address and message: the options of a call in the form of the frame.
 */

import { InvalidArgument } from '../errors.js';
import { encodeMetadata } from '../metadata.js';
import { type AskOptions, type TellOptions } from '../options.js';
import { type AskFields } from './ask_record.js';
import * as layout from './generated/layout.js';

const U32_MAX = 2 ** 32 - 1;
/** What the store can hold. */
const SEQUENCE_MAX = 2n ** 63n - 1n;

/** An ask without options. */
export const PLAIN_ASK: AskFields = {
  flags: layout.ASK_FLAG_CALLER_RUNS,
  deadlineMs: 0,
  sequence: 0n,
  markTtlMs: 0,
  source: '',
  metadata: undefined,
};

/** A tell: it waits for acceptance only, so its turn never runs on the caller's payload. */
export const TELL_FIELDS: AskFields = { ...PLAIN_ASK, flags: layout.ASK_FLAG_TELL };

/**
 * The fields of an ask with options.
 *
 * @throws InvalidArgument naming the option that is out of range.
 */
export function askFields(options: AskOptions): AskFields {
  const { deadlineMs, producer, sequence, idempotencyKey, keepMs } = options;
  if (producer !== undefined && idempotencyKey !== undefined) {
    throw new InvalidArgument('An ask has a producer with a sequence or an idempotencyKey, not both.');
  }
  let { flags } = PLAIN_ASK;
  if (producer !== undefined) {
    flags |= layout.ASK_FLAG_PRODUCER;
  } else if (idempotencyKey !== undefined) {
    flags |= layout.ASK_FLAG_KEY;
  }
  const metadata = options.metadata === undefined ? undefined : encodeMetadata(options.metadata);
  if (metadata !== undefined) {
    flags |= layout.ASK_FLAG_METADATA;
  }
  return {
    flags,
    deadlineMs: deadlineMs === undefined ? 0 : milliseconds('deadlineMs', deadlineMs),
    sequence: sequenceOf(producer, sequence),
    markTtlMs: keepMs === undefined ? 0 : keepOf(keepMs),
    source: producer ?? idempotencyKey ?? '',
    metadata,
  };
}

/** The fields of a tell with options. */
export function tellFields(options: TellOptions): AskFields {
  const fields = askFields(options);
  return { ...fields, flags: (fields.flags & ~layout.ASK_FLAG_CALLER_RUNS) | layout.ASK_FLAG_TELL };
}

/** Of a tell of a process's turn: nothing is answered, and the receiver's turn comes back from the call that hands it in. */
const SILENT_FLAGS = layout.ASK_FLAG_TELL | layout.ASK_FLAG_SILENT | layout.ASK_FLAG_CALLER_RUNS;
const SILENT_FIELDS: AskFields = { ...PLAIN_ASK, flags: SILENT_FLAGS };

/** The fields of a tell of a process's turn, to which nothing is answered: it leaves at once. */
export function silentFields(options: TellOptions | undefined): AskFields {
  if (options === undefined) {
    return SILENT_FIELDS;
  }
  const fields = askFields(options);
  return { ...fields, flags: fields.flags | SILENT_FLAGS };
}

function sequenceOf(producer: string | undefined, sequence: number | bigint | undefined): bigint {
  if (producer === undefined) {
    if (sequence !== undefined) {
      throw new InvalidArgument('A sequence belongs to a producer.');
    }
    return 0n;
  }
  if (typeof sequence === 'number' ? Number.isSafeInteger(sequence) : typeof sequence === 'bigint') {
    const number = BigInt(sequence as number | bigint);
    if (number >= 1n && number <= SEQUENCE_MAX) {
      return number;
    }
  }
  throw new InvalidArgument('A producer needs a sequence: a whole number from 1 to 2^63 - 1.');
}

/** How long a key is kept: nothing is kept without an end, and the field has 32 bits. */
function keepOf(value: number): number {
  if (!(value >= 1) || value >= U32_MAX) {
    throw new InvalidArgument(`keepMs must be a time from 1 to ${String(U32_MAX - 1)} milliseconds.`);
  }
  return Math.ceil(value);
}

/** Milliseconds for a 32-bit field whose largest value means "none" and whose 0 means "the default". */
function milliseconds(name: string, value: number): number {
  if (value === Infinity) {
    return layout.NO_DEADLINE;
  }
  if (!(value > 0) || value >= U32_MAX) {
    throw new InvalidArgument(`${name} must be above 0 and below ${String(U32_MAX)}, or Infinity.`);
  }
  return Math.ceil(value);
}
