/**
 * What can be done about processes, from outside by an engine and from a turn by its context.
 */

import { InvalidArgument } from './errors.js';
import { type EventManager } from './event_manager.js';
import { encodeReason, ExitRequest, type GivenReason, type GroupMonitor, type Monitor } from './exits.js';
import * as layout from './internal/generated/layout.js';
import { encodeMessage } from './internal/message.js';
import { inquire } from './internal/native.js';
import { NOBODY } from './internal/process_frame.js';
import { residentOf, type Spawning, turnOf, waitOf } from './internal/processes.js';
import { type ManagerRef, stopBehaviour } from './manager_ref.js';
import { type FieldsOf, type ProcessClass, type ProcessKind } from './process.js';
import {
  type AnyProcess,
  type AnyMessage,
  type Message,
  named,
  type ProcessRef,
  type TypedProcess,
} from './process_ref.js';
import { type AnyReference } from './reference.js';
import { type Route, type Turn } from './scope.js';
import { type Supervisor, type SupervisorRef } from './supervisor.js';
import { Timer } from './timer.js';

/** What can be spawned: a class of processes, or what `process` gave. */
export type KindGiven = ProcessClass | ProcessKind | EventManager;

/** What a kind is spawned with. */
export type ArgumentGiven<K> =
  K extends ProcessKind<Message, infer A>
    ? A
    : K extends EventManager
      ? undefined
      : K extends ProcessClass
        ? FieldsOf<K>
        : unknown;

/** The reference to a process of a kind. */
export type ProcessOf<K> =
  K extends ProcessKind<infer M>
    ? ProcessRef<M>
    : K extends EventManager
      ? ManagerRef
      : K extends ProcessClass
        ? TypedProcess<K>
        : ProcessRef;

/** Groups that are asked for at a time. */
const PAGE = 1000;

/** What the core tells of groups. */
interface GroupPage {
  readonly groups: readonly { readonly group: string }[];
  readonly next: number | null;
}

/** How a process is spawned. */
export interface SpawnOptions {
  /** A name that it is registered under from its beginning. */
  readonly name?: string;
}

/** The argument, where a kind needs one, and options. */
export type SpawnGiven<K> =
  undefined extends ArgumentGiven<K>
    ? [argument?: ArgumentGiven<K>, options?: SpawnOptions]
    : K extends ProcessClass
      ? [argument?: ArgumentGiven<K>, options?: SpawnOptions]
      : [argument: ArgumentGiven<K>, options?: SpawnOptions];

/** What can be done about processes. */
export abstract class ProcessScope {
  /** @internal */
  abstract get route(): Route;

  /** @internal Through what the references send that are made here. */
  protected get binding(): Route {
    return this.route;
  }

  /**
   * Spawns a process: it is alive when this returns.
   *
   * @param kind - its class, what `process` gave, or its kind's name.
   * @param argument - values of its fields, or what its function takes.
   * @param options - `name`: it is registered under it from its beginning.
   * @throws UnknownKind, NameTaken, Overloaded beyond the bound on processes, InvalidArgument for an argument that does not fit.
   */
  spawn<K extends KindGiven>(kind: K, ...given: SpawnGiven<K>): ProcessOf<K>;
  spawn(kind: string, argument?: unknown, options?: SpawnOptions): ProcessRef;
  spawn(kind: KindGiven | string, argument?: unknown, options?: SpawnOptions): unknown {
    return this.begin(kind, argument, options, false, false)[0];
  }

  /** @internal Spawns, with or without ties. */
  protected begin(
    kind: KindGiven | string,
    argument: unknown,
    options: SpawnOptions | undefined,
    link: boolean,
    monitor: boolean,
  ): [ProcessRef, Monitor] {
    const { lane, context } = this.route;
    const how: Spawning = { link, monitor, name: options?.name };
    context?.requireOpen();
    return lane.processes.spawn(lane.kindOf(kind), argument, how, context, this.binding);
  }

  /**
   * Ends a server, a state machine or an event manager in good order: its `terminate` runs, whether it traps exits or not. Resolves
   * once it has ended.
   *
   * @throws NoProcess, UnknownHandler for any other process, InvalidArgument for a reason that cannot be encoded.
   */
  stop(process: AnyProcess, reason: GivenReason = 'normal'): Promise<void> {
    const { lane, context } = this.route;
    return stopBehaviour(lane, process, reason, context);
  }

  /**
   * A reference that sends from here: from a turn in its name, whoever made the one that is given.
   *
   * @param process - a reference, or its text, `kind/number`.
   * @throws InvalidArgument when the text is none.
   */
  process<M extends Message>(process: string | ProcessRef<M>): ProcessRef<M> {
    const { binding } = this;
    const found = binding.lane.processes.parse(String(process), binding);
    if (found === undefined) {
      throw new InvalidArgument('The text names no process: its kind, a slash and its number.');
    }
    return found;
  }

  /**
   * Gives a process a name that no other one has; it vanishes with the process.
   *
   * @throws NameTaken, NoProcess, InvalidArgument for what is no name.
   */
  register(name: string, process: AnyProcess): void {
    this.route.lane.processes.register(name, process);
  }

  /** Takes a name away; whose it was. */
  unregister(name: string): ProcessRef | undefined {
    const { binding } = this;
    return binding.lane.processes.unregister(name, binding);
  }

  /** The process of a name. */
  whereis(name: string): ProcessRef | undefined {
    const { binding } = this;
    return binding.lane.processes.whereis(name, binding);
  }

  /**
   * What is known of a process or an actor at this moment: its mailbox, its open turns, its links (docs/reference/boundary.md,
   * "Topics of `describe`"). It may be anything tomorrow; for people who look for a fault.
   */
  inspect(of: AnyProcess | AnyReference): Promise<Readonly<Record<string, unknown>>> {
    const { process, key } = residentOf(of);
    const who = process === undefined ? { kind: of.kind, key } : { process: of.key };
    return inquire(this.route.lane, { topic: 'inspect', ...who });
  }

  /** The members of a group, in the order in which they joined. */
  members(group: string): ProcessRef[] {
    const { binding } = this;
    return binding.lane.processes.members(group, binding);
  }

  /** The names of the groups that have members, in no order. */
  async groups(): Promise<string[]> {
    const names: string[] = [];
    for (let after: number | null = 0; after !== null;) {
      const page: GroupPage = await inquire(this.route.lane, { topic: 'groups', after, limit: PAGE });
      names.push(...page.groups.map(({ group }) => group));
      after = page.next;
    }
    return names;
  }

  /**
   * Sends a message to the members of a group whose kinds have such a handler; how many these are.
   *
   * @param group - the group's name.
   * @param message - a message that says its type, or a handler's name with its message.
   */
  publish(group: string, message: AnyMessage): number;
  publish(group: string, handler: string, message?: unknown): number;
  publish(group: string, first: Message | string, second?: unknown): number {
    const [handler, message] = named(first, second);
    const { route } = this;
    return route.lane.processes.publish(group, handler, message, route.context);
  }

  /**
   * Sends a message after a time, unless the receiver has ended or the timer is cancelled.
   *
   * @param afterMs - the time in milliseconds.
   * @param to - the receiver, a process or an actor.
   * @param message - a message that says its type, or a handler's name with its message.
   */
  sendAfter(afterMs: number, to: AnyProcess | AnyReference, message: AnyMessage): Timer;
  sendAfter(afterMs: number, to: AnyProcess | AnyReference, handler: string, message?: unknown): Timer;
  sendAfter(
    afterMs: number,
    to: AnyProcess | AnyReference,
    first: Message | string,
    second?: unknown,
  ): Timer {
    return this.#arm(layout.TIMER_AFTER, 'afterMs', afterMs, to, first, second);
  }

  /** Sends a message again and again, without drift, until the timer is cancelled or the receiver, or who began it, has ended. */
  sendEvery(everyMs: number, to: AnyProcess | AnyReference, message: AnyMessage): Timer;
  sendEvery(everyMs: number, to: AnyProcess | AnyReference, handler: string, message?: unknown): Timer;
  sendEvery(
    everyMs: number,
    to: AnyProcess | AnyReference,
    first: Message | string,
    second?: unknown,
  ): Timer {
    return this.#arm(layout.TIMER_EVERY, 'everyMs', everyMs, to, first, second);
  }

  #arm(
    what: number,
    word: string,
    waitMs: number,
    to: AnyProcess | AnyReference,
    first: Message | string,
    second: unknown,
  ): Timer {
    const { lane, context } = this.route;
    const [handlerName, message] = named(first, second);
    const handler = to.boundKind.handler(handlerName);
    const id = lane.processes.timer({
      what,
      turn: turnOf(context),
      to: residentOf(to),
      kind: to.boundKind.id,
      handler: handler.id,
      payload: encodeMessage(handler, message),
      timer: NOBODY,
      afterMs: waitOf(word, waitMs),
    });
    return new Timer(lane, id ?? NOBODY);
  }

  /**
   * Starts a supervisor; resolves once all its children have started. Begun in a turn, it is linked to that turn's process.
   *
   * @throws InvalidArgument naming what is wrong with the description; the error of a child that did not start.
   */
  startSupervisor(tree: Supervisor): Promise<SupervisorRef> {
    const { lane, context } = this.route;
    return lane.processes.startSupervisor(tree, context, this.binding);
  }
}

/** What a turn can do about processes beside that: its own process, or its actor, is tied to others. */
export abstract class TurnScope extends ProcessScope {
  /** @internal */
  protected abstract get turn(): Turn;
  /** @internal The process whose turn it is. */
  protected abstract get own(): ProcessRef | undefined;

  /**
   * The process itself.
   *
   * @throws InvalidArgument in an actor's turn.
   */
  get self(): ProcessRef {
    const { own } = this;
    if (own === undefined) {
      throw new InvalidArgument('An actor is no process: it is reached by its kind and key.');
    }
    return own;
  }

  /** Spawns a process that is linked to this one from its beginning. */
  spawnLink<K extends KindGiven>(kind: K, ...given: SpawnGiven<K>): ProcessOf<K>;
  spawnLink(kind: string, argument?: unknown, options?: SpawnOptions): ProcessRef;
  spawnLink(kind: KindGiven | string, argument?: unknown, options?: SpawnOptions): unknown {
    return this.begin(kind, argument, options, true, false)[0];
  }

  /** Spawns a process that this one watches from its beginning; with `link` it is linked too. */
  spawnMonitor<K extends KindGiven>(kind: K, ...given: SpawnGiven<K>): [ProcessOf<K>, Monitor];
  spawnMonitor(kind: string, argument?: unknown, options?: SpawnOptions): [ProcessRef, Monitor];
  spawnMonitor(kind: KindGiven | string, argument?: unknown, options?: SpawnOptions): unknown {
    return this.begin(kind, argument, options, false, true);
  }

  /** Links this one to another: when either ends, the other receives its reason as an exit. */
  link(to: AnyProcess | AnyReference): void {
    this.route.lane.processes.link(to, this.turn);
  }

  /** Takes the link away: from now on the other's end does not concern this one. */
  unlink(from: AnyProcess | AnyReference): void {
    this.route.lane.processes.unlink(from, this.turn);
  }

  /** Watches another: this one receives one `Down` when it ends, at once if it is not alive. */
  monitor(of: AnyProcess | AnyReference): Monitor {
    return this.route.lane.processes.monitor(of, this.turn);
  }

  /**
   * Watches no longer.
   *
   * @param monitor - the watch.
   * @param options - `flush`: a `Down` that waits is taken out.
   * @returns whether the watch was on.
   */
  demonitor(monitor: Monitor, options: { readonly flush?: boolean } = {}): boolean {
    return this.route.lane.processes.demonitor(monitor, options.flush === true, this.turn);
  }

  /** From now on exits of those that are linked come as messages, or not; what held before. */
  trapExits(isOn: boolean): boolean {
    return this.route.lane.processes.trapExits(isOn, this.turn);
  }

  /**
   * Ends this process here and now.
   *
   * @throws InvalidArgument for a reason that cannot be encoded, or in an actor's turn.
   */
  exit(reason: GivenReason): never {
    if (this.own === undefined) {
      throw new InvalidArgument('An actor lives on, whatever its turns do; it has no exit.');
    }
    encodeReason(reason);
    throw new ExitRequest(reason);
  }

  /** Puts a process, this one unless given, under a name that no other one has. */
  override register(name: string, process: AnyProcess = this.self): void {
    super.register(name, process);
  }

  /** Puts a process, this one unless given, into a group; as often as it has joined, it is a member. */
  join(group: string, process: AnyProcess = this.self): void {
    this.route.lane.processes.join(group, process);
  }

  /** Undoes the last joining; whether the process was a member. */
  leave(group: string, process: AnyProcess = this.self): boolean {
    return this.route.lane.processes.leave(group, process);
  }

  /**
   * Has this process told when others join or leave a group, or any group.
   *
   * @returns the watch, and those that are members now.
   */
  monitorGroup(group = ''): [monitor: GroupMonitor, members: ProcessRef[]] {
    const { binding } = this;
    return binding.lane.processes.monitorGroup(group, this.self, binding);
  }

  /** Ends that; whether it was on. */
  demonitorGroup(monitor: GroupMonitor): boolean {
    return this.route.lane.processes.demonitorGroup(monitor);
  }
}
