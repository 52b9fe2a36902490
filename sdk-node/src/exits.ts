/**
 * Why processes end, and what a process is told of the ends of others and of the groups that it watches.
 */

import { encodeJson, type Payload } from './codec.js';
import { InvalidArgument, NoProcess } from './errors.js';
import { type Exit as ExitFields } from './internal/parts.js';
import * as layout from './internal/generated/layout.js';
import { messageOf, withStack } from './internal/thrown.js';
import { type AnyProcess } from './process_ref.js';
import { type AnyReference } from './reference.js';

/** Why a process ended. `normal` and `shutdown` are orderly ends; any other is a crash for those that are linked to it. */
export type ExitReason =
  /** It has done what it was for. */
  | { readonly type: 'normal' }
  /** It was asked to end in good order. */
  | { readonly type: 'shutdown'; readonly detail?: unknown }
  /** A request that cannot be trapped; those that are linked to its receiver see `killed`. */
  | { readonly type: 'kill' }
  /** It ended because of `kill`. */
  | { readonly type: 'killed' }
  /** There was no such process. */
  | { readonly type: 'no_process' }
  /** An actor that was watched has left memory; the next message brings it back. */
  | { readonly type: 'passivated' }
  /** Its code threw. */
  | { readonly type: 'failed'; readonly name: string; readonly text: string; readonly stack: string }
  /** A reason of the application's. */
  | { readonly type: 'custom'; readonly detail: unknown };

/**
 * A reason that a program gives: a word, or one with a detail, which is anything that JSON can hold; or one that it was told
 * and passes on.
 */
export type GivenReason = 'normal' | 'shutdown' | 'kill' | Exclude<ExitReason, { readonly type: 'failed' }>;

/** A process that is linked to this one has ended, or asks it to end; it is told of that because it traps exits. */
export class Exit {
  readonly type = 'exit';
  /** Who it is about. */
  readonly from: AnyProcess | AnyReference;
  readonly reason: ExitReason;
  /** Whether it comes from who spawned this process: a supervisor that wants it to end. */
  readonly isFromParent: boolean;

  /** @internal */
  constructor(from: AnyProcess | AnyReference, reason: ExitReason, isFromParent: boolean) {
    this.from = from;
    this.reason = reason;
    this.isFromParent = isFromParent;
  }
}

/** Who was watched has ended. */
export class Down {
  readonly type = 'down';
  /** The watch, which is over. */
  readonly monitor: Monitor;
  /** Who has ended. */
  readonly from: AnyProcess | AnyReference;
  readonly reason: ExitReason;

  /** @internal */
  constructor(monitor: Monitor, from: AnyProcess | AnyReference, reason: ExitReason) {
    this.monitor = monitor;
    this.from = from;
    this.reason = reason;
  }
}

/** A process has joined a group that is watched. */
export class Joined {
  readonly type = 'joined';
  readonly monitor: GroupMonitor;
  readonly group: string;
  readonly process: AnyProcess;

  /** @internal */
  constructor(monitor: GroupMonitor, group: string, process: AnyProcess) {
    this.monitor = monitor;
    this.group = group;
    this.process = process;
  }
}

/** A process has left a group that is watched. */
export class Left {
  readonly type = 'left';
  readonly monitor: GroupMonitor;
  readonly group: string;
  readonly process: AnyProcess;

  /** @internal */
  constructor(monitor: GroupMonitor, group: string, process: AnyProcess) {
    this.monitor = monitor;
    this.group = group;
    this.process = process;
  }
}

/** A handler that this process or actor supervises has left its event manager. */
export class HandlerGone {
  readonly type = 'handler_gone';
  readonly manager: AnyProcess | AnyReference;
  /** Its name within the manager. */
  readonly id: string;
  /** Why; `swapped` where another one has its place. */
  readonly reason: ExitReason | { readonly type: 'swapped'; readonly new: string };

  /** @internal */
  constructor(manager: AnyProcess | AnyReference, id: string, reason: HandlerGone['reason']) {
    this.manager = manager;
    this.id = id;
    this.reason = reason;
  }
}

/** What the engine itself tells a process. */
export type SystemMessage = Exit | Down | Joined | Left | HandlerGone;

/** A watch on a process or an actor. */
export class Monitor {
  /** Its number, used once. */
  readonly id: string;

  /** @internal */
  constructor(id: string) {
    this.id = id;
  }

  /** Whether it is the same watch. */
  equals(other: Monitor): boolean {
    return this.id === other.id;
  }
}

/** A watch on a group, or on all groups. */
export class GroupMonitor {
  /** Its number, used once. */
  readonly id: string;

  /** @internal */
  constructor(id: string) {
    this.id = id;
  }

  /** Whether it is the same watch. */
  equals(other: GroupMonitor): boolean {
    return this.id === other.id;
  }
}

/** The process has ended meanwhile: its function stops where it waits next. */
export class ProcessEnded extends NoProcess {
  /** @internal */
  constructor(message = 'The process has ended.') {
    super(message);
    this.name = 'ProcessEnded';
  }
}

/** @internal Thrown by `context.exit`: ends the turn and its process. */
export class ExitRequest extends Error {
  readonly reason: GivenReason;

  constructor(reason: GivenReason) {
    super('The process ends by context.exit, which a handler must not catch.');
    this.name = 'ExitRequest';
    this.reason = reason;
  }
}

const CODES = {
  normal: layout.EXIT_NORMAL,
  shutdown: layout.EXIT_SHUTDOWN,
  kill: layout.EXIT_KILL,
  custom: layout.EXIT_CUSTOM,
  killed: layout.EXIT_KILLED,
  no_process: layout.EXIT_NO_PROCESS,
  failed: layout.EXIT_FAILED,
  passivated: layout.EXIT_PASSIVATED,
} as const;

/** Longer texts of a failure are cut. */
const FAILURE_CHARACTERS_MAX = 8_192;
/** A detail has at most so many bytes: what the frame's counter holds. */
const DETAIL_BYTES_MAX = 0xffff;

/**
 * @internal A reason as the core takes it.
 *
 * @throws InvalidArgument for what is no reason that can be given, or a detail that cannot be encoded.
 */
export function encodeReason(given: GivenReason): ExitFields {
  const reason = typeof given === 'string' ? { type: given } : given;
  const type: unknown = (reason as { type?: unknown } | null)?.type;
  if (typeof type !== 'string' || !Object.hasOwn(CODES, type)) {
    throw new InvalidArgument(
      "A reason to exit is 'normal', 'shutdown', 'kill', or an object of these types or of the type custom.",
    );
  }
  const detail = type === 'failed' ? failureText(reason as unknown as Failure) : detailOf(reason);
  return { code: CODES[type as keyof typeof CODES], detail };
}

type Failure = Extract<ExitReason, { readonly type: 'failed' }>;

/** The failure of another process that is passed on, as that said it. */
function failureText({ name, text, stack }: Failure): string {
  const said = text.startsWith(name) ? text : `${name}: ${text}`;
  return withStack(said.slice(0, FAILURE_CHARACTERS_MAX), stack.slice(0, FAILURE_CHARACTERS_MAX));
}

function detailOf(reason: object): Payload {
  if (!('detail' in reason) || reason.detail === undefined) {
    return 'type' in reason && reason.type === 'custom' ? 'null' : undefined;
  }
  let text: string | undefined;
  try {
    text = encodeJson(reason.detail);
  } catch (error) {
    throw new InvalidArgument(`the detail of a reason to exit: ${messageOf(error)}`, { cause: error });
  }
  if (text !== undefined && text.length * 3 > DETAIL_BYTES_MAX && byteLength(text) > DETAIL_BYTES_MAX) {
    throw new InvalidArgument(
      `The detail of a reason to exit has at most ${String(DETAIL_BYTES_MAX)} bytes.`,
    );
  }
  return text;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** @internal A reason as the core writes it: the same words, with `is` for `type`. */
export function decodeReason(json: Record<string, unknown>): ExitReason {
  const { is, ...rest } = json;
  return { type: is, ...rest } as ExitReason;
}
