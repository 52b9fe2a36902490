/**
 * Supervision trees are data: what is started, in which order, and what follows when a child ends. The core runs them.
 */

import { HandlerFailed } from './errors.js';
import { decodeReason, type ExitReason } from './exits.js';
import { Kind, type KindParts, NO_HOOKS } from './internal/kind.js';
import { type Lane } from './internal/lane.js';
import { NO_STATE } from './internal/no_state.js';
import { wideOf } from './internal/processes.js';
import { type ArgumentGiven, type KindGiven, type ProcessOf } from './process_scope.js';
import { type AnyProcess, ProcessRef } from './process_ref.js';
import { Program } from './program.js';

/** What is restarted when a child ends: that child, all children, or it and those that were started after it. `dynamic`: children are alike and come at run time. */
export type Strategy = 'one_for_one' | 'one_for_all' | 'rest_for_one' | 'dynamic';

/** Waits between the restarts of a child that keeps crashing. */
export interface Backoff {
  /** The wait before the second restart, in milliseconds. */
  readonly firstMs: number;
  /** The longest wait, in milliseconds. */
  readonly waitMaxMs: number;
  /** Time without a crash after which the waits begin anew, in milliseconds. */
  readonly steadyMs?: number;
  /** By how much a wait may be shorter, at random, in percent. */
  readonly jitterPercent?: number;
}

/** How a child lives. */
export interface ChildOptions {
  /** Its name within the supervisor; its kind's name when left out. */
  readonly id?: string;
  /** `permanent`: always started again; `transient`: only after a crash; `temporary`: never. Permanent when left out. */
  readonly restart?: 'permanent' | 'transient' | 'temporary';
  /** Time to end in good order before it is killed, in milliseconds; 5000 when left out, `'infinity'` for a supervisor. */
  readonly shutdownMs?: number | 'brutal' | 'infinity';
  /** Whether its end may end the supervisor (`autoShutdown`). */
  readonly significant?: boolean;
  /** A name that it is registered under from its beginning. */
  readonly name?: string;
}

/** A child of a supervisor. */
export class Child {
  /** What is started. */
  readonly what: KindGiven | string | Supervisor | Program;
  readonly argument: unknown;
  readonly options: ChildOptions;

  /** @internal */
  constructor(what: KindGiven | string | Supervisor | Program, argument: unknown, options: ChildOptions) {
    this.what = what;
    this.argument = argument;
    this.options = options;
  }
}

/** What can stand for a child: with options or without. */
export type ChildGiven = Child | Supervisor | Program | KindGiven;

/** How a supervisor decides. */
export interface SupervisorOptions {
  /** What is restarted when a child ends; `one_for_one` when left out. */
  readonly strategy?: Strategy;
  /** So many restarts within `periodMs` are borne, one more ends the supervisor; 1 when left out. */
  readonly intensity?: number;
  /** In milliseconds; 5000 when left out. */
  readonly periodMs?: number;
  /** Whether the end of significant children ends the supervisor; `never` when left out. */
  readonly autoShutdown?: 'never' | 'any_significant' | 'all_significant';
  /** Waits between restarts; none when left out. */
  readonly backoff?: Backoff;
  /** A name that it is registered under. */
  readonly name?: string;
  /** Its children, in the order in which they start; of a dynamic one the template. */
  readonly children: readonly ChildGiven[];
}

/** A supervisor, as data. */
export class Supervisor {
  readonly options: SupervisorOptions;

  /** @internal */
  constructor(options: SupervisorOptions) {
    this.options = options;
  }
}

/**
 * Describes a supervisor.
 *
 * @example
 * const root = supervisor({
 *   strategy: 'one_for_all',
 *   children: [child(Counter, { total: 40 }, { name: 'counter' }), supervisor({ children: [pong] })],
 * });
 * await engine.run(root);
 */
export function supervisor(options: SupervisorOptions): Supervisor {
  return new Supervisor(options);
}

/**
 * Describes a child.
 *
 * @param what - a class of processes, what `process` gave, a kind's name, a supervisor, or a program.
 * @param argument - what it is spawned with.
 * @param options - how it lives.
 */
export function child<K extends KindGiven>(
  what: K,
  argument?: ArgumentGiven<K>,
  options?: ChildOptions,
): Child;
export function child(what: string, argument?: unknown, options?: ChildOptions): Child;
export function child(what: Program, argument?: undefined, options?: ChildOptions): Child;
export function child(what: Supervisor, argument?: undefined, options?: Omit<ChildOptions, 'name'>): Child;
export function child(
  what: KindGiven | string | Supervisor | Program,
  argument?: unknown,
  options: ChildOptions = {},
): Child {
  return new Child(what, argument, options);
}

/** How many children there are. */
export interface ChildCount {
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** A child as it is now. */
export interface ChildState {
  /** Its name within the supervisor; `undefined` for the children of a dynamic one, which are alike. */
  readonly id: string | undefined;
  readonly status: 'running' | 'restarting' | 'absent';
  readonly process: ProcessRef | undefined;
  readonly type: 'worker' | 'supervisor';
}

type Json = Record<string, unknown>;

/** A supervisor does not do what it was asked, or a tree did not start. */
export class SupervisorError extends HandlerFailed {
  /**
   * Which of its answers this is: there is no such child; it runs, or will be started again; one of its name is there, and
   * runs or does not; children of a dynamic supervisor have no names, those of others need all that `child` says; a child did
   * not start, for `reason`.
   */
  readonly why:
    | 'not_found'
    | 'running'
    | 'restarting'
    | 'already_started'
    | 'already_present'
    | 'dynamic'
    | 'not_dynamic'
    | 'not_started';
  /** The child that did not start, by the names from the outermost supervisor that was to start down to it. */
  readonly path: readonly string[];
  /** Why it did not. */
  readonly reason: ExitReason | undefined;

  /** @internal */
  constructor({ is, text, path, reason }: Json) {
    super(text as string);
    this.name = 'SupervisorError';
    this.why = is as SupervisorError['why'];
    this.path = (path ?? []) as string[];
    this.reason = reason === undefined ? undefined : decodeReason(reason as Json);
  }
}

/** A reference to a supervisor. */
export class SupervisorRef extends ProcessRef {
  /** How many children there are. */
  async count(): Promise<ChildCount> {
    return (await this.#command({ do: 'count' })) as unknown as ChildCount;
  }

  /** Its children, the last started first. */
  async children(): Promise<ChildState[]> {
    const list = (await this.#command({ do: 'children' })) as unknown as Json[];
    return list.map((one) => ({
      id: (one.id as string | null) ?? undefined,
      status: one.status as ChildState['status'],
      process: this.#processOf(one, one.type === 'supervisor' ? SUPERVISOR_KIND : undefined),
      type: one.type as ChildState['type'],
    }));
  }

  /**
   * A child as it was described, as the core has it.
   *
   * @throws InvalidArgument when there is none.
   */
  spec(which: string | AnyProcess): Promise<Readonly<Record<string, unknown>>> {
    return this.#command({ do: 'spec', ...whichOf(which) });
  }

  /** Adds a child and starts it; the process is `undefined` where it has ended normally at once: it had nothing to do. */
  async startChild(what: ChildGiven): Promise<ProcessRef | undefined> {
    const child = childJson(this.lane, what);
    return this.#processOf(await this.#command({ do: 'start_child', child }), this.#kindIn(child.start));
  }

  /**
   * Starts a further child of a dynamic supervisor.
   *
   * @param what - the template's kind.
   * @param argument - what it is spawned with, in place of the template's argument.
   */
  async start<K extends KindGiven>(what: K, argument?: ArgumentGiven<K>): Promise<ProcessOf<K> | undefined> {
    const { start } = childJson(this.lane, new Child(what, argument, {}));
    const answer = await this.#command({ do: 'start_child', start });
    return this.#processOf(answer, this.#kindIn(start)) as ProcessOf<K> | undefined;
  }

  /** Ends a child as its description says; it is kept and can be started again, unless it is one of many alike. */
  async terminateChild(which: string | AnyProcess): Promise<void> {
    await this.#command({ do: 'terminate_child', ...whichOf(which) });
  }

  /** Starts a child again that has ended. */
  async restartChild(id: string): Promise<ProcessRef | undefined> {
    return this.#processOf(await this.#command({ do: 'restart_child', id }));
  }

  /** Forgets a child that has ended. */
  async deleteChild(id: string): Promise<void> {
    await this.#command({ do: 'delete_child', id });
  }

  #command(command: Json): Promise<Json> {
    return this.lane.processes.supervise(this, command) as Promise<Json>;
  }

  /** The kind of a child, which may have ended when the answer to its start comes. */
  #kindIn(start: unknown): Kind | undefined {
    const { kind, supervisor } = start as Json;
    return supervisor === undefined && kind !== undefined ? this.lane.kindOf(kind as string) : undefined;
  }

  #processOf({ process, kind }: Json, known?: Kind): ProcessRef | undefined {
    const id = typeof process === 'string' ? wideOf(process) : undefined;
    if (id === undefined) {
      return undefined;
    }
    const { processes } = this.lane;
    const of = known ?? (typeof kind === 'string' ? processes.named(kind) : undefined) ?? ENDED_KIND;
    return processes.reference(of, id, { lane: this.lane, context: undefined });
  }
}

function whichOf(which: string | AnyProcess): Json {
  return typeof which === 'string' ? { id: which } : { process: which.number };
}

/** @internal A supervisor as the core takes it. */
export function supervisorJson(lane: Lane, { options }: Supervisor): Json {
  const { strategy, intensity, periodMs, autoShutdown, backoff, name, children } = options;
  return given({
    strategy,
    intensity,
    period_ms: periodMs,
    auto_shutdown: autoShutdown,
    backoff:
      backoff === undefined
        ? undefined
        : given({
            first_ms: backoff.firstMs,
            wait_ms_max: backoff.waitMaxMs,
            steady_ms: backoff.steadyMs,
            jitter_percent: backoff.jitterPercent,
          }),
    name,
    children: children.map((one) => childJson(lane, one)),
  });
}

/** @internal A child as the core takes it. */
export function childJson(lane: Lane, one: ChildGiven): Json {
  const { what, argument, options } = one instanceof Child ? one : new Child(one, undefined, {});
  const { id, restart, shutdownMs, significant, name } = options;
  const [start, ownId] = startOf(lane, what, argument, name);
  return given({
    id: id ?? ownId,
    start,
    restart,
    shutdown: shutdownMs,
    type: what instanceof Supervisor ? 'supervisor' : 'worker',
    significant,
  });
}

/** How a child is started, and the id that it has unless one is given. */
function startOf(
  lane: Lane,
  what: Child['what'],
  argument: unknown,
  name: string | undefined,
): [start: Json, id: string] {
  if (what instanceof Supervisor) {
    return [{ supervisor: supervisorJson(lane, what) }, what.options.name ?? 'supervisor'];
  }
  if (what instanceof Program) {
    return [given({ program: what.json, name }), name ?? what.command[0] ?? 'program'];
  }
  const kind = lane.kindOf(what);
  return [given({ kind: kind.name, argument: lane.processes.argumentJson(kind, argument), name }), kind.name];
}

/** What of an object is given. */
function given(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** @internal The kind of supervisors, which the core runs itself. */
export const SUPERVISOR_KIND = new Kind(ownParts('supervisor'), 0xffff);

/** @internal What stands for the kind of a process of which nobody knows any more what it was. */
export const ENDED_KIND = new Kind(ownParts('ended'), 0xfffe);

function ownParts(name: string): KindParts {
  return {
    ...NO_HOOKS,
    name,
    role: 'process',
    run: undefined,
    aliases: [],
    options: { transient: true },
    shape: NO_STATE,
    handlers: [],
    errors: [],
    service: undefined,
    files: [],
  };
}
