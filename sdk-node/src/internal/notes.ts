/**
 * What the core itself tells a process or an actor, as the values of `exits`.
 */

import {
  decodeReason,
  Down,
  Exit,
  GroupMonitor,
  HandlerGone,
  Joined,
  Left,
  Monitor,
  type SystemMessage,
} from '../exits.js';
import { type Address } from '../context.js';
import { type AnyProcess, type Message, type ProcessRef } from '../process_ref.js';
import { type AnyReference } from '../reference.js';
import { type Route } from '../scope.js';
import * as layout from './generated/layout.js';
import { type Wide } from './parts.js';
import { wideOf } from './processes.js';

/** A part of a note. */
export type Json = Record<string, unknown>;

/** A process or an actor in a note. */
interface Who {
  readonly process?: string;
  readonly kind?: number;
  readonly key?: string;
}

/** A note as the core writes it (core/boundary/src/note.rs). */
interface Note {
  readonly from: Who;
  readonly reason: Record<string, unknown>;
  readonly monitor: string;
  readonly group: string;
  readonly joined: boolean;
  readonly parent?: boolean;
  readonly process: string;
  readonly kind?: number;
  readonly manager: Who;
  readonly handler: string;
}

/** Who sent a message, from its text: `kind/key`, or a process's `kind/number`. */
export function senderOf(
  text: string,
  isFromProcess: boolean,
  route: Route,
): Address | ProcessRef | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) {
    return undefined;
  }
  const process = isFromProcess ? route.lane.processes.parse(text, route) : undefined;
  return process ?? { kind: text.slice(0, slash), key: text.slice(slash + 1) };
}

/** Whether a turn brings a note. */
export function isNote(handler: number): boolean {
  return (
    handler === layout.HANDLER_EXIT ||
    handler === layout.HANDLER_DOWN ||
    handler === layout.HANDLER_GROUP ||
    handler === layout.HANDLER_MANAGER
  );
}

/** What a note says. */
export function noteOf(handler: number, json: unknown, route: Route): SystemMessage {
  const note = json as Note;
  switch (handler) {
    case layout.HANDLER_EXIT:
      return new Exit(whoOf(note.from, route), decodeReason(note.reason), note.parent === true);
    case layout.HANDLER_DOWN:
      return new Down(new Monitor(note.monitor), whoOf(note.from, route), decodeReason(note.reason));
    case layout.HANDLER_MANAGER:
      return new HandlerGone(whoOf(note.manager, route), note.handler, decodeReason(note.reason));
    default: {
      const process = processOf(note.process, note.kind, route);
      const monitor = new GroupMonitor(note.monitor);
      return note.joined ? new Joined(monitor, note.group, process) : new Left(monitor, note.group, process);
    }
  }
}

/** A message of an event manager that is no event: one to a declared handler, or a note. */
export function infoOf(
  { name, message, note }: { readonly name?: string; readonly message?: unknown; readonly note?: Json },
  route: Route,
): Message | SystemMessage {
  if (note === undefined) {
    return { ...(typeof message === 'object' ? message : {}), type: name ?? '' };
  }
  return noteOf('group' in note ? layout.HANDLER_GROUP : layout.HANDLER_DOWN, note, route);
}

/** A process or an actor that a note names. */
export function whoOf({ process, kind, key = '' }: Who, route: Route): AnyProcess | AnyReference {
  return process === undefined
    ? route.lane.referenceTo(kind ?? 0, key, route.context)
    : processOf(process, kind, route);
}

function processOf(digits: string, kind: number | undefined, route: Route): AnyProcess {
  const { processes } = route.lane;
  return processes.reference(processes.kindAt(kind), wideOf(digits) as Wide, route);
}
