/**
 * Writes the commands about processes (docs/reference/boundary.md, "Frames").
 */

import { type Payload } from '../codec.js';
import { type CommandBuffer } from './frame.js';
import { ALIGNMENT, bytesMax, type Exit, type Wide } from './parts.js';
import * as layout from './generated/layout.js';

/** No process, no turn. */
export const NOBODY: Wide = { low: 0, high: 0 };

/** Whom a tie or a timer is about: a process, or an actor by kind and key. */
export interface Resident {
  readonly process: Wide | undefined;
  readonly kind: number;
  readonly key: string;
}

/** Begins a record: its fixed part is zeros but for the id. */
function begin(commands: CommandBuffer, id: Wide, fixedBytes: number, ...parts: readonly Payload[]): number {
  let room = fixedBytes + ALIGNMENT;
  for (const part of parts) {
    room += bytesMax(part);
  }
  commands.reserve(room);
  const { at, words } = commands;
  words.fill(0, at >>> 2, (at + fixedBytes) >>> 2);
  wide(commands, at + layout.ID_AT, id);
  return at;
}

function wide({ words }: CommandBuffer, at: number, { low, high }: Wide): void {
  words[at >>> 2] = low;
  words[(at >>> 2) + 1] = high;
}

/** Writes a part and its length. */
function part(commands: CommandBuffer, lengthAt: number, payload: Payload, at: number): number {
  return at + (commands.words[lengthAt >>> 2] = commands.part(payload, at));
}

/** What a process is spawned with. */
export interface SpawnFields {
  readonly kind: number;
  /** The turn that spawns it. */
  readonly parent: Wide;
  readonly flags: number;
  readonly monitor: number;
  readonly argument: Payload;
  readonly name: string;
}

/** Writes a SPAWN. */
export function writeSpawn(commands: CommandBuffer, id: Wide, fields: SpawnFields): void {
  const start = begin(commands, id, layout.SPAWN_FIXED_BYTES, fields.argument, fields.name);
  commands.halves[(start + layout.SPAWN_KIND_AT) >>> 1] = fields.kind;
  wide(commands, start + layout.SPAWN_PARENT_AT, fields.parent);
  wide(commands, start + layout.SPAWN_MONITOR_ID_AT, halved(fields.monitor));
  let at = start + layout.SPAWN_FIXED_BYTES;
  at = part(commands, start + layout.SPAWN_ARGUMENT_BYTES_AT, fields.argument, at);
  at = part(commands, start + layout.SPAWN_NAME_BYTES_AT, fields.name, at);
  commands.close(start, at, layout.SPAWN_TYPE, fields.flags);
}

/** What is done about a tie. */
export interface TieFields {
  readonly what: number;
  readonly turn: Wide;
  readonly to: Resident | undefined;
  readonly flags: number;
  readonly monitor: number;
  readonly reason: Exit | undefined;
}

/** Writes a TIE. */
export function writeTie(commands: CommandBuffer, id: Wide, fields: TieFields): void {
  const { to, reason } = fields;
  const start = begin(commands, id, layout.TIE_FIXED_BYTES, to?.key, reason?.detail);
  const { halves } = commands;
  let { flags } = fields;
  halves[(start + layout.TIE_WHAT_AT) >>> 1] = fields.what;
  wide(commands, start + layout.TIE_TURN_AT, fields.turn);
  wide(commands, start + layout.TIE_MONITOR_ID_AT, halved(fields.monitor));
  let at = start + layout.TIE_FIXED_BYTES;
  if (to?.process !== undefined) {
    flags |= layout.TIE_FLAG_PROCESS;
    wide(commands, start + layout.TIE_PROCESS_AT, to.process);
  } else if (to !== undefined) {
    halves[(start + layout.TIE_KIND_AT) >>> 1] = to.kind;
    at = part(commands, start + layout.TIE_KEY_BYTES_AT, to.key, at);
  }
  if (reason !== undefined) {
    halves[(start + layout.TIE_REASON_AT) >>> 1] = reason.code;
    at = part(commands, start + layout.TIE_REASON_BYTES_AT, reason.detail, at);
  }
  commands.close(start, at, layout.TIE_TYPE, flags);
}

/** Writes a NAME. */
export function writeName(
  commands: CommandBuffer,
  id: Wide,
  what: number,
  name: string,
  process: Wide,
): void {
  const start = begin(commands, id, layout.NAME_FIXED_BYTES, name);
  commands.halves[(start + layout.NAME_WHAT_AT) >>> 1] = what;
  wide(commands, start + layout.NAME_PROCESS_AT, process);
  const at = part(commands, start + layout.NAME_NAME_BYTES_AT, name, start + layout.NAME_FIXED_BYTES);
  commands.close(start, at, layout.NAME_TYPE, 0);
}

/** Writes a RECEIVE: the turn of a process's function wants a message. */
export function writeReceive(commands: CommandBuffer, turn: Wide, timeoutMs: number, held: number): void {
  const start = begin(commands, turn, layout.RECEIVE_FIXED_BYTES);
  commands.words[(start + layout.RECEIVE_TIMEOUT_MS_AT) >>> 2] = timeoutMs;
  commands.words[(start + layout.RECEIVE_HELD_AT) >>> 2] = held;
  commands.close(start, start + layout.RECEIVE_FIXED_BYTES, layout.RECEIVE_TYPE, 0);
}

/** Writes a RESPOND: the answer to an ask that a process's function was handed. */
export function writeRespond(
  commands: CommandBuffer,
  ask: Wide,
  turn: Wide,
  code: number,
  reply: Payload,
  metadata: Uint8Array | undefined,
): void {
  const start = begin(commands, ask, layout.RESPOND_FIXED_BYTES, reply, metadata);
  wide(commands, start + layout.RESPOND_TURN_AT, turn);
  commands.halves[(start + layout.RESPOND_CODE_AT) >>> 1] = code;
  const fixed = start + layout.RESPOND_FIXED_BYTES;
  let at = part(commands, start + layout.RESPOND_REPLY_BYTES_AT, reply, fixed);
  at += commands.part(metadata, at);
  const flags = metadata === undefined ? 0 : layout.RESPOND_FLAG_METADATA;
  commands.owesAnswers = true;
  commands.close(start, at, layout.RESPOND_TYPE, flags);
}

/** Where a command has its parts that asks something of a process by JSON. */
interface JsonLayout {
  readonly type: number;
  readonly fixedBytes: number;
  readonly whatAt: number;
  readonly jsonBytesAt: number;
  readonly turnAt: number;
  readonly processAt: number;
}

/** Of a supervisor. */
export const SUPERVISE: JsonLayout = {
  type: layout.SUPERVISE_TYPE,
  fixedBytes: layout.SUPERVISE_FIXED_BYTES,
  whatAt: layout.SUPERVISE_WHAT_AT,
  jsonBytesAt: layout.SUPERVISE_JSON_BYTES_AT,
  turnAt: layout.SUPERVISE_TURN_AT,
  processAt: layout.SUPERVISE_PROCESS_AT,
};

/** Of a behaviour. */
export const MANAGE: JsonLayout = {
  type: layout.MANAGE_TYPE,
  fixedBytes: layout.MANAGE_FIXED_BYTES,
  whatAt: layout.MANAGE_WHAT_AT,
  jsonBytesAt: layout.MANAGE_JSON_BYTES_AT,
  turnAt: layout.MANAGE_TURN_AT,
  processAt: layout.MANAGE_PROCESS_AT,
};

/** What is asked by JSON. */
export interface JsonFields {
  readonly what: number;
  readonly json: string;
  readonly turn: Wide;
  readonly process: Wide;
  readonly flags: number;
}

/** Writes a SUPERVISE or a MANAGE. */
export function writeJson(commands: CommandBuffer, id: Wide, record: JsonLayout, fields: JsonFields): void {
  const start = begin(commands, id, record.fixedBytes, fields.json);
  commands.halves[(start + record.whatAt) >>> 1] = fields.what;
  wide(commands, start + record.turnAt, fields.turn);
  wide(commands, start + record.processAt, fields.process);
  const at = part(commands, start + record.jsonBytesAt, fields.json, start + record.fixedBytes);
  commands.close(start, at, record.type, fields.flags);
}

/** What is done about a timer. */
export interface TimerFields {
  readonly what: number;
  readonly turn: Wide;
  readonly to: Resident | undefined;
  readonly kind: number;
  readonly handler: number;
  readonly payload: Payload;
  readonly timer: Wide;
  readonly afterMs: number;
}

/** Writes a TIMER. */
export function writeTimer(commands: CommandBuffer, id: Wide, fields: TimerFields): void {
  const { to } = fields;
  const key = to?.process === undefined ? to?.key : undefined;
  const start = begin(commands, id, layout.TIMER_FIXED_BYTES, key, fields.payload);
  const { words, halves } = commands;
  let flags = 0;
  halves[(start + layout.TIMER_WHAT_AT) >>> 1] = fields.what;
  halves[(start + layout.TIMER_KIND_AT) >>> 1] = fields.kind;
  halves[(start + layout.TIMER_HANDLER_AT) >>> 1] = fields.handler;
  wide(commands, start + layout.TIMER_TURN_AT, fields.turn);
  wide(commands, start + layout.TIMER_TIMER_AT, fields.timer);
  words[(start + layout.TIMER_AFTER_MS_AT) >>> 2] = fields.afterMs;
  if (to?.process !== undefined) {
    flags |= layout.TIMER_FLAG_PROCESS;
    wide(commands, start + layout.TIMER_PROCESS_AT, to.process);
  }
  let at = start + layout.TIMER_FIXED_BYTES;
  at = part(commands, start + layout.TIMER_KEY_BYTES_AT, key, at);
  at = part(commands, start + layout.TIMER_PAYLOAD_BYTES_AT, fields.payload, at);
  commands.close(start, at, layout.TIMER_TYPE, flags);
}

/** Writes a PUBLISH. */
export function writePublish(
  commands: CommandBuffer,
  id: Wide,
  turn: Wide,
  group: string,
  handler: string,
  payload: Payload,
): void {
  const start = begin(commands, id, layout.PUBLISH_FIXED_BYTES, group, handler, payload);
  wide(commands, start + layout.PUBLISH_TURN_AT, turn);
  let at = start + layout.PUBLISH_FIXED_BYTES;
  at = part(commands, start + layout.PUBLISH_GROUP_BYTES_AT, group, at);
  at = part(commands, start + layout.PUBLISH_HANDLER_BYTES_AT, handler, at);
  at = part(commands, start + layout.PUBLISH_PAYLOAD_BYTES_AT, payload, at);
  commands.close(start, at, layout.PUBLISH_TYPE, 0);
}

/** A whole number up to 2^53, in two halves. */
export function halved(number: number): Wide {
  return { low: number >>> 0, high: Math.floor(number / 2 ** 32) };
}
