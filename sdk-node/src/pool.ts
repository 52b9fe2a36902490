/**
 * Pools: kinds that compute for long run in worker threads, so that the event loop and all other actors do not wait.
 *
 * A handler of such a kind is a function of its actor's state and its message. Both are sent to a worker; the reply, the new
 * state and what it tells come back, and the turn does with them what it would if the handler had run here. What happens in
 * the worker is in `internal/pool_worker`.
 */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { type Actor } from './actor.js';
import { type Context } from './context.js';
import { HandlerFailed, InvalidConfiguration, InvalidDeclaration } from './errors.js';
import { type BoundHandler, type Kind, type Method } from './internal/kind.js';
import { type PoolTurn, type PoolOutcome, type Told } from './internal/pool_worker.js';
import { messageOf, PoolFailure } from './internal/thrown.js';

/** The pool that every engine has: as many workers as there are processors less one, and at least one. */
const CPU = 'cpu';
const NAME = /^[a-z][a-z0-9_]*$/;

/** What a worker runs before it has loaded anything: this package, as the one that it was started from. */
const BEGIN = `require(require('node:worker_threads').workerData).Engine[Symbol.for('everact.pool')]();`;

interface Waiting {
  readonly turn: PoolTurn;
  readonly resolve: (outcome: PoolOutcome) => void;
  readonly reject: (error: Error) => void;
}

/** Workers that run handlers: at most as many as its size, made when they are needed. */
class Pool {
  readonly #name: string;
  readonly #size: number;
  /** The workers, each with the turn that it runs. */
  readonly #running = new Map<Worker, Waiting | undefined>();
  readonly #idle: Worker[] = [];
  /** Turns that wait for a worker: at most one of each activation, and its read-only ones. */
  readonly #waiting: Waiting[] = [];

  constructor(name: string, size: number) {
    this.#name = name;
    this.#size = size;
  }

  /** Runs a turn in one of the workers; those beyond its size wait, in order. */
  run(turn: PoolTurn): Promise<PoolOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ turn, resolve, reject });
      this.#next();
    });
  }

  /** Ends the workers. */
  close(): void {
    for (const worker of this.#running.keys()) {
      void worker.terminate();
    }
  }

  #next(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop() ?? this.#made();
      if (worker === undefined) {
        return;
      }
      this.#give(worker, this.#waiting.shift() as Waiting);
    }
  }

  #made(): Worker | undefined {
    if (this.#running.size >= this.#size) {
      return undefined;
    }
    const worker = new Worker(BEGIN, { eval: true, workerData: __filename });
    this.#running.set(worker, undefined);
    worker.on('message', (outcome: PoolOutcome) => {
      this.#rest(worker)?.resolve(outcome);
      this.#next();
    });
    let why = '';
    worker.on('error', (error: unknown) => {
      why = `: ${messageOf(error)}`;
    });
    worker.on('exit', () => {
      this.#ended(worker, why);
    });
    return worker;
  }

  #give(worker: Worker, waiting: Waiting): void {
    this.#running.set(worker, waiting);
    worker.ref();
    try {
      worker.postMessage(waiting.turn);
    } catch (error) {
      // The message holds what cannot be sent.
      this.#rest(worker);
      waiting.reject(error as Error);
    }
  }

  /** The worker has nothing to do, and nothing keeps the process for it; the result is the turn that it ran. */
  #rest(worker: Worker): Waiting | undefined {
    const ran = this.#running.get(worker);
    this.#running.set(worker, undefined);
    worker.unref();
    this.#idle.push(worker);
    return ran;
  }

  #ended(worker: Worker, why: string): void {
    const ran = this.#running.get(worker);
    this.#running.delete(worker);
    const at = this.#idle.indexOf(worker);
    if (at >= 0) {
      this.#idle.splice(at, 1);
    }
    if (ran !== undefined) {
      const { kind, method } = ran.turn;
      const what = `a worker of the pool ${this.#name} has ended while it ran ${kind}.${method}`;
      ran.reject(new HandlerFailed(`${what}${why}`));
    }
    this.#next();
  }
}

/** The pools of an engine. */
export class Pools {
  readonly #byName = new Map<string, Pool>();

  /**
   * Makes the pools, and has the handlers of kinds that name one run there.
   *
   * @throws InvalidConfiguration, InvalidDeclaration.
   */
  constructor(kinds: readonly Kind[], sizes: Readonly<Record<string, number>>) {
    for (const [name, size] of Object.entries({ [CPU]: Math.max(1, availableParallelism() - 1), ...sizes })) {
      if (!NAME.test(name) || !Number.isInteger(size) || size < 1) {
        throw new InvalidConfiguration(
          `pools: ${JSON.stringify(name)}: names are lower snake case, sizes whole numbers from 1.`,
        );
      }
      this.#byName.set(name, new Pool(name, size));
    }
    for (const kind of kinds) {
      this.#put(kind);
    }
  }

  /** Ends all workers. */
  close(): void {
    for (const pool of this.#byName.values()) {
      pool.close();
    }
  }

  #put(kind: Kind): void {
    const { pool: name, module } = kind.pooling;
    if (name === undefined) {
      return;
    }
    const pool = this.#byName.get(name);
    const [declared] = kind.aliases;
    if (pool === undefined) {
      throw new InvalidDeclaration(`${kind.name}: the engine has no pool ${JSON.stringify(name)}.`);
    }
    if (
      kind.role !== 'actor' ||
      kind.behaviour !== undefined ||
      kind.shape.takesBytes ||
      typeof declared !== 'function'
    ) {
      throw new InvalidDeclaration(`${kind.name}: a pool runs actors of plain fields, nothing else.`);
    }
    if (module === undefined || !URL.canParse(module)) {
      throw new InvalidDeclaration(
        `${kind.name}: a worker loads the class from its module: \`module: import.meta.url\`, which exports it.`,
      );
    }
    const reentrant = kind.handlers.find((handler) => handler.reentrant);
    if (reentrant !== undefined) {
      throw new InvalidDeclaration(
        `${kind.name}.${reentrant.name}: a handler in a pool asks nobody, so none comes back to it.`,
      );
    }
    kind.replaceMethods((handler) => remote(pool, kind, handler, module, declared.name));
  }
}

/** What runs in a handler's place: it sends the turn to a worker, and does here what came of it. */
function remote(pool: Pool, kind: Kind, handler: BoundHandler, module: string, exported: string): Method {
  return async function (this: Actor, message: unknown, context: Context): Promise<unknown> {
    const { shape } = kind;
    const { before } = context;
    const outcome = await pool.run({
      module,
      exported,
      kind: kind.name,
      method: handler.methodName,
      key: context.key,
      state: textOf(before.encoded ?? shape.encode(this, before)),
      message,
      now: context.now,
      revision: context.revision,
      seedLow: context.seedLow,
      seedHigh: context.seedHigh,
      deadline: context.deadline,
      isTell: context.isTell,
      sender: context.senderText,
      metadata: { ...context.metadata },
    });
    if ('failed' in outcome) {
      throw new PoolFailure(outcome.failed, outcome.stack);
    }
    if (outcome.state !== undefined) {
      const fresh = shape.make();
      shape.restore(this, shape.load(fresh, outcome.state));
    }
    for (const told of outcome.told) {
      tell(context, told);
    }
    Object.assign(context.replyMetadata, outcome.given);
    if (outcome.leaves) {
      context.passivate();
    }
    return outcome.reply;
  };
}

function tell(context: Context, { kind, key, handler, message, metadata }: Told): void {
  const options = metadata === undefined ? undefined : { metadata };
  context.tell(context.actor(kind, key), handler, message, options);
}

/** An encoded state as text. */
export function textOf(state: ReturnType<Kind['shape']['encode']>): string {
  if (typeof state !== 'object') {
    return state === undefined ? '' : String(state);
  }
  if (ArrayBuffer.isView(state)) {
    return Buffer.from(state.buffer, state.byteOffset, state.byteLength).toString('utf8');
  }
  const room = Buffer.alloc(state.bytesMax);
  return room.toString('utf8', 0, state.write(room, 0));
}
