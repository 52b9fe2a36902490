/**
 * Dead letters: told messages whose handler failed for good. They are kept until somebody sends them again or drops them.
 */

import { Buffer } from 'node:buffer';

import { decodeText, encodeJson } from './codec.js';
import { InvalidArgument } from './errors.js';
import { type Lane } from './internal/lane.js';
import { inquire } from './internal/native.js';

/** Which dead letters. */
export interface DeadLetterFilter {
  /** Those for actors of this kind. */
  readonly kind?: string;
  /** Those for the actor of this key. */
  readonly key?: string;
}

/** A message whose handler failed for good. */
export interface DeadLetter {
  /** Its number, never used again. */
  readonly id: number;
  /** The kind of the actor that it is for. */
  readonly kind: string;
  /** The key of the actor that it is for. */
  readonly key: string;
  /** The handler that failed. */
  readonly handler: string;
  /** The actor that sent it, as `kind/key`; null where none did. */
  readonly sender: string | null;
  /** The sender's number of the message. */
  readonly sequence: number | null;
  /** How often the handler ran. */
  readonly attempts: number;
  /** The name of the last error. */
  readonly error: string;
  /** Its number. */
  readonly code: number;
  /** Its text. */
  readonly text: string;
  /** When it failed for the last time, in milliseconds since the Unix epoch. */
  readonly failedAtMs: number;
  /** Whether its sender's later messages wait for it. */
  readonly held: boolean;
  /** The message's size in bytes. */
  readonly bytes: number;
  /** What travelled beside the message. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A dead letter with its message. */
export interface OpenedDeadLetter extends DeadLetter {
  /** The message as it is stored. */
  readonly payload: Uint8Array;
  /**
   * The message.
   *
   * @throws InvalidPayload where it is not JSON.
   */
  readonly message: unknown;
}

/** What is sent in place of the old message. */
export interface RetryOptions {
  /** A message, encoded as JSON. */
  readonly message?: unknown;
  /** A message in bytes. */
  readonly payload?: Uint8Array;
}

type Letter = Omit<DeadLetter, 'failedAtMs'> & { failed_at_ms: number; payload_base64?: string };

/** @internal All that fit, oldest first, page by page. */
export async function* deadLetters(lane: Lane, filter: DeadLetterFilter): AsyncGenerator<DeadLetter, void> {
  let after: number | null = 0;
  while (after !== null) {
    const page: { dead_letters: Letter[]; next: number | null } = await inquire(lane, {
      topic: 'dead_letters',
      ...filter,
      after,
    });
    yield* page.dead_letters.map(letterOf);
    after = page.next;
  }
}

/** @internal One with its message. */
export async function deadLetter(lane: Lane, id: number): Promise<OpenedDeadLetter> {
  const letter = await inquire<Letter>(lane, { topic: 'dead_letter', id });
  const payload = Buffer.from(letter.payload_base64 ?? '', 'base64');
  return {
    ...letterOf(letter),
    payload: new Uint8Array(payload),
    get message() {
      return payload.length === 0 ? undefined : decodeText(payload.toString('utf8'));
    },
  };
}

/** @internal Sends one again. */
export async function retryDeadLetter(lane: Lane, id: number, options: RetryOptions): Promise<void> {
  if ('message' in options && options.payload !== undefined) {
    throw new InvalidArgument('A dead letter is sent again with a message or with a payload, not both.');
  }
  const given = 'message' in options ? (encodeJson(options.message) ?? '') : options.payload;
  const payload =
    given === undefined ? {} : { payload_base64: Buffer.from(given as Uint8Array).toString('base64') };
  await inquire(lane, { topic: 'dead_retry', id, ...payload });
}

/** @internal Drops one. */
export async function dropDeadLetter(lane: Lane, id: number): Promise<void> {
  await inquire(lane, { topic: 'dead_drop', id });
}

function letterOf(letter: Letter): DeadLetter {
  const { failed_at_ms: failedAtMs, ...rest } = letter;
  const found = { ...rest, failedAtMs };
  delete found.payload_base64;
  return found;
}
