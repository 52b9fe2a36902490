/**
 * What is done about processes: spawned, tied, named, watched, timed. The core answers most of it in the call that asks for it.
 */

import { decodeText, encodeJson, type Payload } from '../codec.js';
import { InvalidArgument, UnknownKind } from '../errors.js';
import {
  decodeReason,
  encodeReason,
  type ExitReason,
  type GivenReason,
  GroupMonitor,
  Monitor,
} from '../exits.js';
import { AnyProcess, type ProcessRef, type ProcessRefClass } from '../process_ref.js';
import { type AnyReference } from '../reference.js';
import { type Route, type Turn } from '../scope.js';
import {
  ENDED_KIND,
  type Supervisor,
  SUPERVISOR_KIND,
  SupervisorError,
  supervisorJson,
  SupervisorRef,
} from '../supervisor.js';
import { argumentOf, refClassOf } from './process_kinds.js';
import { type WriteCommand } from './exchange.js';
import { type AskTable } from './asks.js';
import * as layout from './generated/layout.js';
import { type Kind } from './kind.js';
import { type Lane } from './lane.js';
import { jsonOf } from './message.js';
import { messageOf } from './thrown.js';
import { type Wide } from './parts.js';
import {
  type JsonFields,
  MANAGE,
  NOBODY,
  type Resident,
  SUPERVISE,
  type TimerFields,
  writeJson,
  writeName,
  writePublish,
  writeSpawn,
  writeTie,
  writeTimer,
} from './process_frame.js';

/** Bytes of a number. */
const NUMBER_BYTES = 8;
const DIGITS = /^\d{1,20}$/;
const NUMBER_MAX = 2n ** 64n - 1n;
const U32_MAX = 2 ** 32 - 1;

/** How a process is spawned. */
export interface Spawning {
  readonly link: boolean;
  readonly monitor: boolean;
  readonly name: string | undefined;
}

/** The processes of one engine. */
export class Processes {
  readonly #lane: Lane;
  readonly #asks: AskTable;
  readonly #classes = new Map<Kind, ProcessRefClass>();
  /** Numbers of monitors: each is used once. */
  #monitors = 0;

  constructor(lane: Lane, asks: AskTable) {
    this.#lane = lane;
    this.#asks = asks;
  }

  /** A reference to a process. */
  reference(kind: Kind, id: Wide, route: Route): ProcessRef {
    let made = this.#classes.get(kind);
    if (made === undefined) {
      made = refClassOf(kind);
      this.#classes.set(kind, made);
    }
    return new made(route, kind, id);
  }

  /** The kind of a number. */
  kindAt(id: number | undefined): Kind {
    if (id === SUPERVISOR_KIND.id) {
      return SUPERVISOR_KIND;
    }
    return (id === undefined ? undefined : this.#lane.kinds[id]) ?? ENDED_KIND;
  }

  /** The kind of a name. */
  named(name: string): Kind | undefined {
    return [SUPERVISOR_KIND, ENDED_KIND].find((kind) => kind.name === name) ?? this.#lane.find(name);
  }

  /** The process of a text, `kind/number`; nothing for any other text. */
  parse(text: string, route: Route): ProcessRef | undefined {
    const slash = text.indexOf('/');
    const kind = this.named(text.slice(0, slash));
    const id = wideOf(text.slice(slash + 1));
    return slash < 0 || id === undefined || kind === undefined || kind.role === 'actor'
      ? undefined
      : this.reference(kind, id, route);
  }

  /**
   * Spawns a process.
   *
   * @throws UnknownKind, NameTaken, Overloaded, InvalidArgument for what cannot be its argument.
   */
  spawn(
    kind: Kind,
    argument: unknown,
    how: Spawning,
    turn: Turn | undefined,
    route: Route,
  ): [ProcessRef, Monitor] {
    if (kind.role === 'actor') {
      throw new UnknownKind(
        `The kind ${kind.name} is one of actors: they come to life with their first message.`,
      );
    }
    const payload = argumentOf(kind, argument);
    const monitor = how.monitor ? this.#nextMonitor() : 0;
    const flags = (how.link ? layout.SPAWN_FLAG_LINK : 0) | (how.monitor ? layout.SPAWN_FLAG_MONITOR : 0);
    const fields = {
      kind: kind.id,
      parent: turnOf(turn),
      flags,
      monitor,
      argument: payload,
      name: how.name ?? '',
    };
    const numbers = this.#numbers((commands, low, high) => {
      writeSpawn(commands, { low, high }, fields);
    });
    return [this.reference(kind, numbers[0] as Wide, route), new Monitor(String(monitor))];
  }

  /** What a process of a kind is to begin with, as JSON holds it. */
  argumentJson(kind: Kind, argument: unknown): unknown {
    const payload = argumentOf(kind, argument);
    return payload === undefined ? undefined : decodeText(String(payload));
  }

  isAlive(process: Wide): boolean {
    return this.#name(layout.NAME_IS_ALIVE, '', process)[0]?.low === 1;
  }

  link(to: AnyProcess | AnyReference, turn: Turn): void {
    this.#tie(layout.TIE_LINK, turn, residentOf(to));
  }

  unlink(from: AnyProcess | AnyReference, turn: Turn): void {
    this.#tie(layout.TIE_UNLINK, turn, residentOf(from));
  }

  monitor(of: AnyProcess | AnyReference, turn: Turn): Monitor {
    const monitor = this.#nextMonitor();
    this.#tie(layout.TIE_MONITOR, turn, residentOf(of), 0, monitor);
    return new Monitor(String(monitor));
  }

  demonitor({ id }: Monitor, flush: boolean, turn: Turn): boolean {
    const flags = flush ? layout.TIE_FLAG_FLUSH : 0;
    return this.#tie(layout.TIE_DEMONITOR, turn, undefined, flags, Number(id));
  }

  trapExits(isOn: boolean, turn: Turn): boolean {
    return this.#tie(layout.TIE_TRAP_EXITS, turn, undefined, isOn ? layout.TIE_FLAG_ON : 0);
  }

  exit(to: AnyProcess | AnyReference, given: GivenReason, turn: Turn | undefined): void {
    const reason = encodeReason(given);
    const [what, by, whom] = [layout.TIE_EXIT, turnOf(turn), residentOf(to)];
    const fields = { what, turn: by, to: whom, flags: 0, monitor: 0, reason };
    this.#lane.command((commands, low, high) => {
      writeTie(commands, { low, high }, fields);
    });
  }

  register(name: string, process: AnyProcess): void {
    this.#name(layout.NAME_REGISTER, name, process);
  }

  unregister(name: string, route: Route): ProcessRef | undefined {
    return this.#pairs(this.#name(layout.NAME_UNREGISTER, name, NOBODY), route)[0];
  }

  whereis(name: string, route: Route): ProcessRef | undefined {
    return this.#pairs(this.#name(layout.NAME_WHEREIS, name, NOBODY), route)[0];
  }

  join(group: string, process: Wide): void {
    this.#name(layout.NAME_JOIN, group, process);
  }

  leave(group: string, process: Wide): boolean {
    return this.#name(layout.NAME_LEAVE, group, process)[0]?.low === 1;
  }

  members(group: string, route: Route): ProcessRef[] {
    return this.#pairs(this.#name(layout.NAME_MEMBERS, group, NOBODY), route);
  }

  monitorGroup(group: string, process: Wide, route: Route): [GroupMonitor, ProcessRef[]] {
    const [monitor, ...members] = this.#name(layout.NAME_MONITOR_GROUP, group, process);
    return [new GroupMonitor(textOf(monitor as Wide)), this.#pairs(members, route)];
  }

  demonitorGroup({ id }: GroupMonitor): boolean {
    const wide = wideOf(id);
    return wide !== undefined && this.#name(layout.NAME_DEMONITOR_GROUP, '', wide)[0]?.low === 1;
  }

  /** What is done about a timer; the number that the core answers, where it does. */
  timer(fields: TimerFields): Wide | undefined {
    return this.#numbers((commands, low, high) => {
      writeTimer(commands, { low, high }, fields);
    })[0];
  }

  /** Sends a message to the members of a group; how many were told. */
  publish(group: string, handler: string, message: unknown, turn: Turn | undefined): number {
    let payload: Payload;
    try {
      payload = encodeJson(message);
    } catch (error) {
      throw new InvalidArgument(`the message of ${handler}: ${messageOf(error)}`, { cause: error });
    }
    const [told] = this.#numbers((commands, low, high) => {
      writePublish(commands, { low, high }, turnOf(turn), group, handler, payload);
    });
    return told?.low ?? 0;
  }

  /** Starts a supervisor; with `run` it is the engine's root. */
  async startSupervisor(
    tree: Supervisor,
    turn: Turn | undefined,
    route: Route,
    isRoot = false,
  ): Promise<SupervisorRef> {
    const json = supervisorJson(this.#lane, tree);
    const what = isRoot ? layout.SUPERVISE_RUN : layout.SUPERVISE_START;
    const answer = await this.#supervise(what, json, turnOf(turn), NOBODY);
    const id = wideOf((answer as { process: string }).process) as Wide;
    return new SupervisorRef(route, SUPERVISOR_KIND, id);
  }

  /** Hands a supervisor a command; resolves to its answer. */
  supervise(process: Wide, command: Record<string, unknown>): Promise<unknown> {
    return this.#supervise(layout.SUPERVISE_COMMAND, command, NOBODY, process);
  }

  /** Asks something of a behaviour; resolves to its answer. */
  manage(
    process: Wide,
    what: number,
    json: unknown,
    isSupervised: boolean,
    turn: Turn | undefined,
  ): Promise<unknown> {
    const text = jsonOf('what an event manager is given', json);
    turn?.requireOpen();
    const flags = isSupervised ? layout.MANAGE_FLAG_SUPERVISED : 0;
    return this.#request(MANAGE, { what, json: text, turn: turnOf(turn), process, flags });
  }

  async #supervise(what: number, json: unknown, turn: Wide, process: Wide): Promise<unknown> {
    const text = encodeJson(json) ?? '';
    const answer = await this.#request(SUPERVISE, { what, json: text, turn, process, flags: 0 });
    const { error } = answer as { readonly error?: Record<string, unknown> };
    if (error !== undefined) {
      throw new SupervisorError(error);
    }
    return answer;
  }

  /** Why a process has ended, once it has. */
  async ended(process: Wide): Promise<ExitReason> {
    const to = { process, kind: 0, key: '' };
    const fields = { what: layout.TIE_AWAIT, turn: NOBODY, to, flags: 0, monitor: 0, reason: undefined };
    const note = await this.#later((commands, low, high) => {
      writeTie(commands, { low, high }, fields);
    });
    return decodeReason((note as { reason: Record<string, unknown> }).reason);
  }

  #request(record: typeof MANAGE, fields: JsonFields): Promise<unknown> {
    return this.#later((commands, low, high) => {
      writeJson(commands, { low, high }, record, fields);
    });
  }

  /** Hands in a command that the core answers when it is done; resolves to its JSON. */
  #later(write: WriteCommand): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#lane.requireOpen();
      const ask = this.#asks.open(undefined, false, false, resolve, reject, undefined);
      try {
        write(this.#lane.commands, ask.slot, ask.generation);
      } catch (error) {
        this.#asks.close(ask);
        throw error;
      }
      this.#lane.schedule();
    });
  }

  #nextMonitor(): number {
    this.#monitors += 1;
    return this.#monitors;
  }

  #tie(what: number, turn: Turn, to: Resident | undefined, flags = 0, monitor = 0): boolean {
    turn.requireOpen();
    const fields = { what, turn: turnOf(turn), to, flags, monitor, reason: undefined };
    const numbers = this.#numbers((commands, low, high) => {
      writeTie(commands, { low, high }, fields);
    });
    return numbers[0]?.low === 1;
  }

  #name(what: number, name: string, process: Wide): Wide[] {
    if (typeof (name as unknown) !== 'string') {
      throw new InvalidArgument('A name is text.');
    }
    return this.#numbers((commands, low, high) => {
      writeName(commands, { low, high }, what, name, process);
    });
  }

  #numbers(write: Parameters<Lane['command']>[0]): Wide[] {
    const payload = this.#lane.command(write);
    const numbers: Wide[] = [];
    for (let at = 0; at + NUMBER_BYTES <= payload.length; at += NUMBER_BYTES) {
      numbers.push({ low: payload.readUInt32LE(at), high: payload.readUInt32LE(at + 4) });
    }
    return numbers;
  }

  /** Processes and their kinds, one after the other. */
  #pairs(numbers: readonly Wide[], route: Route): ProcessRef[] {
    const found: ProcessRef[] = [];
    for (let at = 0; at + 1 < numbers.length; at += 2) {
      const kind = this.kindAt((numbers[at + 1] as Wide).low);
      found.push(this.reference(kind, numbers[at] as Wide, route));
    }
    return found;
  }
}

/** The turn's number, or none. */
export function turnOf(turn: Turn | undefined): Wide {
  return turn === undefined ? NOBODY : { low: turn.turnLow, high: turn.turnHigh };
}

/** Who a reference is to. */
export function residentOf(to: AnyProcess | AnyReference): Resident {
  return to instanceof AnyProcess
    ? { process: to, kind: 0, key: '' }
    : { process: undefined, kind: to.boundKind.id, key: to.key };
}

/** A number of 64 bits from its digits. */
export function wideOf(digits: string): Wide | undefined {
  if (!DIGITS.test(digits)) {
    return undefined;
  }
  const number = BigInt(digits);
  return number > NUMBER_MAX
    ? undefined
    : { low: Number(number & 0xffff_ffffn), high: Number(number >> 32n) };
}

/** Its digits. */
export function textOf({ low, high }: Wide): string {
  return String((BigInt(high) << 32n) | BigInt(low));
}

/**
 * Milliseconds of a time-out or a timer.
 *
 * @throws InvalidArgument for what is no time.
 */
export function waitOf(name: string, value: number): number {
  if (!(value >= 0) || value >= U32_MAX) {
    throw new InvalidArgument(`${name} is a time from 0 to ${String(U32_MAX - 1)} milliseconds.`);
  }
  return Math.ceil(value);
}
