/**
 * The native library: found among the platform packages, checked for its version, with its types.
 */

import { createRequire } from 'node:module';

import { type Context } from '../context.js';
import { fromCode, Internal } from '../errors.js';
import { ABI_VERSION } from './generated/layout.js';

/** A failure as the native library gives it. */
export interface CoreFailure {
  readonly code: number;
  readonly text: string;
}

/** The calls of docs/reference/boundary.md; a negative number is minus an error's number. */
export interface Native {
  abiVersion(): number;
  open(config: string, bell: () => void): Promise<number | CoreFailure>;
  attach(lane: number, commands: Uint8Array, events: Uint8Array, turnsMax: number): boolean;
  /**
   * Lane, start and end of the commands, start of the room for events, for the next `exchange` or `poll`: napi keeps books for
   * each call that has arguments. Behind them two halves of `running`.
   */
  words: Uint32Array | undefined;
  /** The turn whose handler runs, which the words have too: two halves of its number, 0 for none. */
  running: Running | undefined;
  share(words: Uint32Array, running: Running, module: string): void;
  exchange(): number;
  poll(): number;
  blob(lane: number, idLow: number, idHigh: number, into: Uint8Array): number;
  describe(lane: number, topic: string): string | CoreFailure;
  inquire(lane: number, topic: string): Promise<string | CoreFailure>;
  watch(lane: number, slowMs: number): void;
  namedStack(lane: number, who: string): string | null;
  backup(lane: number, folder: string): Promise<CoreFailure | null>;
  restore(from: string, into: string): Promise<CoreFailure | null>;
  close(lane: number, deadlineMs: number): number;
  free(lane: number): number;
  provokePanic(): CoreFailure;
}

/** Words that this isolate shares with the library. */
const WORDS = 6;
/** Where among them the turn is whose handler runs. */
const RUNNING_AT = 4;

/** Which turn's handler has the event loop, for the library's threads, which look at it while it has. */
export class Running {
  /** Read by the library, with its kind, key and handler. */
  context: Context | undefined = undefined;
  readonly #words: Uint32Array;

  constructor(words: Uint32Array) {
    this.#words = words;
  }

  /** A handler is called. */
  begin(context: Context): void {
    this.context = context;
    this.#words[RUNNING_AT] = context.turnLow;
    this.#words[RUNNING_AT + 1] = context.turnHigh;
  }

  /** It has returned or thrown; what it may have promised runs without a name. */
  end(): void {
    this.#words[RUNNING_AT] = 0;
    this.#words[RUNNING_AT + 1] = 0;
    this.context = undefined;
  }
}

/** What the core answers to a topic that may wait for the store or for another machine. */
export async function inquire<T>(
  lane: { readonly number: number; handIn(): void },
  topic: Readonly<Record<string, unknown>>,
): Promise<T> {
  lane.handIn();
  const answer = await native().inquire(lane.number >>> 0, JSON.stringify(topic));
  if (typeof answer === 'string') {
    return JSON.parse(answer) as T;
  }
  throw fromCode(answer.code, answer.text);
}

/** Whether the core has turns, messages or commits under way. */
export function isBusy(lane: number): boolean {
  const answer = native().describe(lane, 'work');
  return typeof answer === 'string' && (JSON.parse(answer) as { busy: boolean }).busy;
}

let loaded: Native | undefined;

/** Hands in the commands from one offset of a lane's buffer to another; answers the bytes of events written, from `room` on. */
export function exchange(library: Native, lane: number, start: number, end: number, room = 0): number {
  const words = library.words as Uint32Array;
  words[0] = lane;
  words[1] = start;
  words[2] = end;
  words[3] = room;
  return library.exchange();
}

/** Takes what waits in a lane's queue; answers the bytes of events written, from `room` on. */
export function poll(library: Native, lane: number, room = 0): number {
  const words = library.words as Uint32Array;
  words[0] = lane;
  words[3] = room;
  return library.poll();
}

/** Agrees with the library on the words; copies of this package in one isolate have the library in common. */
export function shareWords(library: Native): void {
  if (library.words === undefined) {
    library.words = new Uint32Array(WORDS);
    library.running = new Running(library.words);
    library.share(library.words, library.running, __filename);
  }
}

/**
 * The native library of this platform.
 *
 * @throws Internal when there is none or it is of another version.
 */
export function native(): Native {
  loaded ??= load();
  return loaded;
}

function load(): Native {
  const name = `@everact/core-${platform()}`;
  let library: Native;
  try {
    library = createRequire(__filename)(name) as Native;
  } catch (error) {
    throw new Internal(
      `The package ${name} cannot be loaded: ${(error as Error).message}. ` +
        'It comes with everact as an optional dependency; install without --omit=optional on the platform that runs it.',
      { cause: error },
    );
  }
  const version = library.abiVersion();
  if (version !== ABI_VERSION) {
    throw new Internal(
      `${name} speaks version ${String(version)} of the boundary, this package ${String(ABI_VERSION)}.`,
    );
  }
  shareWords(library);
  return library;
}

/** The platform's part of the package name. Linux libraries are built against glibc. */
function platform(): string {
  const suffix = process.platform === 'linux' ? '-gnu' : '';
  return `${process.platform}-${process.arch}${suffix}`;
}
