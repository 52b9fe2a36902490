/**
 * Opens and closes an engine: all actors of a data folder, or in memory, in this process.
 */

import { type ActorClass } from './actor.js';
import {
  deadLetter,
  type DeadLetter,
  type DeadLetterFilter,
  deadLetters,
  dropDeadLetter,
  type OpenedDeadLetter,
  retryDeadLetter,
  type RetryOptions,
} from './dead_letters.js';
import { fromCode } from './errors.js';
import { engineKinds, kindSettings } from './internal/declared.js';
import { Lane } from './internal/lane.js';
import { type CoreFailure, inquire, native } from './internal/native.js';
import { SERVE, serveTurns } from './internal/pool_worker.js';
import { askReplacement, askState } from './internal/system_turns.js';
import { type EngineOptions, engineSettings } from './options.js';
import { Pools } from './pool.js';
import { ProcessScope } from './process_scope.js';
import { type AnyProcess } from './process_ref.js';
import { Producer } from './producer.js';
import { type Supervisor, type SupervisorRef } from './supervisor.js';
import { type AnyReference, type NamedReference, type Reference } from './reference.js';
import { type Route, type Scope } from './scope.js';

/** Time to finish what is under way when an engine closes, unless the caller says otherwise. */
const CLOSE_DEADLINE_MS = 10_000;

/** What an engine holds at a moment. */
export type EngineStats = Readonly<Record<string, number>>;

/**
 * A running engine. Asks and turns run on the event loop of the thread that opened it.
 *
 * @example
 * await using engine = await Engine.open('flights-data', { actors: [Airport] });
 * console.log(await engine.actor(Airport, 'SFO').landed(12));
 */
export class Engine extends ProcessScope implements Scope {
  /** @internal What a worker of a pool begins with. */
  static readonly [SERVE] = serveTurns;
  readonly #lane: Lane;
  readonly #pools: Pools;
  #closing: Promise<void> | undefined = undefined;

  private constructor(lane: Lane, pools: Pools) {
    super();
    this.#lane = lane;
    this.#pools = pools;
  }

  /**
   * Opens an engine.
   *
   * @param data - the data folder, made if missing; left out, the options or EVERACT_DATA name it, else everything stays in memory.
   * @param options - the actors and the settings.
   * @throws DataLocked when another engine holds the folder; DuplicateKind, InvalidDeclaration, InvalidConfiguration,
   *   Corrupted, UnsupportedFormat, Unavailable.
   */
  static open(data: string, options: EngineOptions): Promise<Engine>;
  static open(options: EngineOptions): Promise<Engine>;
  static async open(first: string | EngineOptions, second?: EngineOptions): Promise<Engine> {
    const options = typeof first === 'string' ? { ...second, data: first } : first;
    const settings = engineSettings(options);
    const kinds = engineKinds(options.actors ?? [], options.processes ?? []);
    const pools = new Pools(kinds, options.pools ?? {});
    const config = { ...settings, ...kindSettings(kinds) };
    const lane = await Lane.open(config, kinds, options, 'engine');
    const engine = new Engine(lane, pools);
    if (engine.address !== undefined) {
      lane.serve();
    }
    return engine;
  }

  /** @internal */
  get route(): Route {
    return { lane: this.#lane, context: undefined };
  }

  /** Where the engine listens, as an address and a port; `undefined` where it does not (the option `listen`). */
  get address(): string | undefined {
    const answer = native().describe(this.#lane.number >>> 0, 'gateway');
    if (typeof answer !== 'string') {
      return undefined;
    }
    return (JSON.parse(answer) as { address: string | null }).address ?? undefined;
  }

  /**
   * A reference to an actor; nothing happens until it is used.
   *
   * @param actor - the actor's class, or its kind's name.
   * @param key - the actor's key: 1 to 1,024 bytes of text.
   * @throws UnknownKind when the engine does not know the kind.
   */
  actor<C extends ActorClass>(actor: C, key: string): Reference<C>;
  actor(actor: string, key: string): NamedReference;
  actor(actor: ActorClass | string, key: string): AnyReference {
    return this.#lane.reference(actor, key, undefined);
  }

  /**
   * What the engine holds now: activations, open turns and asks, bytes of state.
   *
   * @throws Closed when the engine is closed.
   */
  stats(): EngineStats {
    this.#lane.handIn();
    const answer = native().describe(this.#lane.number >>> 0, 'stats');
    if (typeof answer === 'string') {
      return JSON.parse(answer) as EngineStats;
    }
    throw fromCode(answer.code, answer.text);
  }

  /**
   * Copies a consistent state of all data into a new folder while work goes on.
   *
   * @param folder - where to; it must not hold data yet.
   * @throws InvalidArgument when the folder cannot be made, Unavailable when copying fails.
   */
  async backup(folder: string): Promise<void> {
    raise(await native().backup(this.#lane.number >>> 0, folder));
  }

  /**
   * Looks at what runs, and acts on it, as the command `everact` does: `await engine.describe('top', { by: 'mailbox' })`.
   *
   * @param topic - a row of "Topics of `describe`" (docs/reference/boundary.md) that is an object: `actors`, `inspect`, `top`, `tree`,
   *   `crashes`, `trace_start`, `suspend` and more.
   * @param members - its members.
   * @throws InvalidArgument for what the topic does not take, NoProcess where there is none.
   */
  describe(
    topic: string,
    members: Readonly<Record<string, unknown>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    return inquire(this.#lane, { ...members, topic });
  }

  /**
   * Told messages whose handler failed for good, oldest first.
   *
   * @param filter - only those for a kind, or for an actor.
   */
  deadLetters(filter: DeadLetterFilter = {}): AsyncGenerator<DeadLetter, void> {
    return deadLetters(this.#lane, filter);
  }

  /**
   * A dead letter with its message.
   *
   * @throws InvalidArgument when there is none of this number.
   */
  deadLetter(id: number): Promise<OpenedDeadLetter> {
    return deadLetter(this.#lane, id);
  }

  /**
   * Sends a dead letter again, as a message that was never tried.
   *
   * @param id - its number.
   * @param options - what to send in place of the old message.
   * @throws InvalidArgument when there is none of this number.
   */
  retryDeadLetter(id: number, options: RetryOptions = {}): Promise<void> {
    return retryDeadLetter(this.#lane, id, options);
  }

  /**
   * Drops a dead letter.
   *
   * @throws InvalidArgument when there is none of this number.
   */
  dropDeadLetter(id: number): Promise<void> {
    return dropDeadLetter(this.#lane, id);
  }

  /**
   * The state of an actor or of a process as it is now: what JSON holds of its fields, or the bytes of a generated kind's. It is
   * asked for before all messages that wait, of a suspended one too.
   *
   * @throws InvalidArgument for a function, which has none; NoProcess.
   */
  stateOf(of: AnyReference | AnyProcess): Promise<unknown> {
    return askState(this.#lane, of);
  }

  /**
   * Puts an actor or a process to another state, as after a load. Of a durable actor it is a committed change.
   *
   * @param of - the actor or the process.
   * @param state - in the form that `stateOf` gives.
   * @throws StateMismatch for what is no state of its kind; InvalidArgument for a function; NoProcess.
   */
  replaceState(of: AnyReference | AnyProcess, state: unknown): Promise<void> {
    return askReplacement(this.#lane, of, state);
  }

  /**
   * Puts a process into a group; as often as it has joined, it is a member.
   *
   * @throws NoProcess, InvalidArgument for what is no name.
   */
  join(group: string, process: AnyProcess): void {
    this.#lane.processes.join(group, process);
  }

  /** Undoes the last joining; whether the process was a member. */
  leave(group: string, process: AnyProcess): boolean {
    return this.#lane.processes.leave(group, process);
  }

  /**
   * Starts the tree that the whole application is; the engine has one, and `close` shuts it down in order. The program stays
   * alive while it runs.
   *
   * @returns its supervisor, once all its children have started.
   * @throws InvalidArgument naming what is wrong with the description; the error of a child that did not start.
   */
  async run(root: Supervisor): Promise<SupervisorRef> {
    const top = await this.#lane.processes.startSupervisor(root, undefined, this.route, true);
    // Who waits for its end keeps the program alive.
    top.ended().catch(() => undefined);
    return top;
  }

  /** A source of numbered messages, each applied once however often it is sent. */
  producer(name: string): Producer {
    return new Producer(this.#lane, name);
  }

  /**
   * Closes the engine: no new asks from outside, what is under way is finished.
   *
   * @param options - `deadlineMs`: time to finish; asks still open after it are rejected with Closed.
   */
  close(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#lane.close(options.deadlineMs ?? CLOSE_DEADLINE_MS).then(() => {
      this.#pools.close();
    });
    return this.#closing;
  }

  /** Closes the engine at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Makes a data folder from a backup.
 *
 * @param from - the backup's folder.
 * @param folder - the new data folder; it must not hold data yet.
 * @throws InvalidArgument, Corrupted, UnsupportedFormat, Unavailable.
 */
export async function restore(from: string, folder: string): Promise<void> {
  raise(await native().restore(from, folder));
}

function raise(failure: CoreFailure | null): void {
  if (failure !== null) {
    throw fromCode(failure.code, failure.text);
  }
}
