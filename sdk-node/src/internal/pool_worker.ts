/**
 * What a worker of a pool does: makes an actor of its state, runs one handler, sends back what came of it.
 *
 * There is no engine here. The context has what the turn's record says, notes what is told, and refuses all that would need the
 * engine while the handler runs.
 */

import { parentPort } from 'node:worker_threads';

import { type Actor, type ActorClass } from '../actor.js';
import { type Context } from '../context.js';
import { InvalidArgument, InvalidDeclaration, InvalidState } from '../errors.js';
import { type Metadata, NO_METADATA } from '../metadata.js';
import { textOf } from '../pool.js';
import { engineKinds } from './declared.js';
import { type Kind } from './kind.js';
import { snakeCase } from './names.js';
import { Randomness } from './random.js';
import { describeThrown, type Failed, failureOf, messageOf } from './thrown.js';

const INVALID_STATE = 21;

/** Where a worker finds what it runs, in the package that it has loaded. */
export const SERVE: unique symbol = Symbol.for('everact.pool');

/** A turn, as it is sent to a worker. */
export interface PoolTurn {
  readonly module: string;
  readonly exported: string;
  readonly kind: string;
  readonly method: string;
  readonly key: string;
  readonly state: string;
  readonly message: unknown;
  readonly now: number;
  readonly revision: number;
  readonly seedLow: number;
  readonly seedHigh: number;
  readonly deadline: number | undefined;
  readonly isTell: boolean;
  readonly sender: string;
  readonly metadata: Metadata;
}

/** A message that leaves with the turn. */
export interface Told {
  readonly kind: string;
  readonly key: string;
  readonly handler: string;
  readonly message: unknown;
  readonly metadata: Metadata | undefined;
}

/** What came of it. */
export type PoolOutcome =
  | { readonly failed: Failed; readonly stack: string }
  | {
      readonly reply: unknown;
      readonly state: string | undefined;
      readonly told: readonly Told[];
      readonly given: Metadata;
      readonly leaves: boolean;
    };

const kinds = new Map<string, Kind>();

/** Runs the turns that arrive, one after the other: the pool sends the next one when it has the outcome. */
export function serveTurns(): void {
  parentPort?.on('message', (turn: PoolTurn) => {
    void outcomeOf(turn).then(send);
  });
}

function send(outcome: PoolOutcome): void {
  try {
    parentPort?.postMessage(outcome);
  } catch (error) {
    // A reply or a message that cannot be sent.
    parentPort?.postMessage(failedWith(failureOf(error), error));
  }
}

function failedWith(failed: Failed, thrown: unknown): PoolOutcome {
  const stack =
    thrown instanceof Error && typeof thrown.stack === 'string' ? thrown.stack : describeThrown(thrown);
  return { failed, stack };
}

async function outcomeOf(turn: PoolTurn): Promise<PoolOutcome> {
  try {
    const kind = kinds.get(turn.kind) ?? (await load(turn));
    return await run(kind, turn);
  } catch (error) {
    return failedWith(failureOf(error), error);
  }
}

async function load({ module, exported, kind }: PoolTurn): Promise<Kind> {
  const loaded = (await import(module)) as Record<string, unknown>;
  const found = loaded[exported] ?? Object.values(loaded).find((one) => isOfKind(one, kind));
  if (typeof found !== 'function') {
    throw new InvalidDeclaration(`${module} exports no class ${exported}.`);
  }
  const [made] = engineKinds([found as ActorClass], []) as [Kind];
  kinds.set(kind, made);
  return made;
}

function isOfKind(one: unknown, kind: string): boolean {
  return typeof one === 'function' && nameOf(one as ActorClass) === kind;
}

function nameOf(actor: ActorClass): string {
  return (actor.options as ActorClass['options'] | undefined)?.name ?? snakeCase(actor.name);
}

async function run(kind: Kind, turn: PoolTurn): Promise<PoolOutcome> {
  const { shape } = kind;
  const object = shape.make();
  const before = shape.load(object, turn.state);
  const handler = kind.handlers.find((one) => one.methodName === turn.method);
  const context = new PoolContext(turn);
  const reply: unknown = await handler?.method.call(object, turn.message, guarded(context));
  context.isOpen = false;
  return settled(kind, object, before, context, reply);
}

function settled(
  { shape }: Kind,
  object: Actor,
  before: ReturnType<Kind['shape']['load']>,
  { told, replyMetadata, leaves }: PoolContext,
  reply: unknown,
): PoolOutcome {
  try {
    const after = shape.captureAfter(object, before);
    const state = after === before ? undefined : textOf(after.encoded ?? shape.encode(object, after));
    return { reply, state, told, given: replyMetadata, leaves };
  } catch (error) {
    const isState = error instanceof InvalidState;
    return failedWith(isState ? { code: INVALID_STATE, text: messageOf(error) } : failureOf(error), error);
  }
}

/** What a handler in a pool cannot do. */
function refuse(what: string): never {
  throw new InvalidArgument(
    `${what} cannot be done in a pool, where there is no engine: a handler there has its state, its message and ` +
      'what its context says; it may tell, and it asks nobody.',
  );
}

/** The context of a turn in a pool. */
class PoolContext {
  readonly kind: string;
  readonly key: string;
  readonly now: number;
  readonly revision: number;
  readonly deadline: number | undefined;
  readonly isTell: boolean;
  readonly isInternal = false;
  readonly cancelled = false;
  readonly metadata: Metadata;
  readonly replyMetadata: Record<string, string | Uint8Array> = {};
  readonly signal = new AbortController().signal;
  readonly sender: { readonly kind: string; readonly key: string } | undefined;
  readonly told: Told[] = [];
  leaves = false;
  isOpen = true;
  readonly #randomness: Randomness;

  constructor(turn: PoolTurn) {
    this.kind = turn.kind;
    this.key = turn.key;
    this.now = turn.now;
    this.revision = turn.revision;
    this.deadline = turn.deadline;
    this.isTell = turn.isTell;
    this.metadata = Object.freeze({ ...NO_METADATA, ...turn.metadata });
    const slash = turn.sender.indexOf('/');
    this.sender =
      slash < 0 ? undefined : { kind: turn.sender.slice(0, slash), key: turn.sender.slice(slash + 1) };
    this.#randomness = new Randomness(turn.seedLow, turn.seedHigh);
  }

  random(): number {
    return this.#randomness.number();
  }

  newId(): string {
    return this.#randomness.uuid();
  }

  passivate(): void {
    this.leaves = true;
  }

  /** A reference that takes tells. */
  actor(actor: ActorClass | string, key: string): unknown {
    const kind = typeof actor === 'string' ? actor : nameOf(actor);
    const own: Record<string, unknown> = {
      kind,
      key,
      tell: (handler: string, message?: unknown, options?: { metadata?: Metadata }) => {
        this.tell({ kind, key }, handler, message, options);
        return Promise.resolve();
      },
      then: undefined,
    };
    return new Proxy(own, {
      get: (target, name) =>
        typeof name === 'symbol' || Object.hasOwn(target, name)
          ? (Reflect.get(target, name) as unknown)
          : () => refuse(`asking ${name}`),
    });
  }

  tell(
    { kind, key }: { readonly kind: string; readonly key: string },
    handler: string,
    message?: unknown,
    options?: { metadata?: Metadata },
  ): void {
    if (!this.isOpen) {
      throw new InvalidArgument('The turn is over; nothing can leave with it any more.');
    }
    this.told.push({ kind, key, handler, message, metadata: options?.metadata });
  }
}

/** The context as a handler sees it: what it does not have is refused with a reason. */
function guarded(context: PoolContext): Context {
  return new Proxy(context, {
    get(target, name) {
      if (typeof name === 'symbol' || name in target) {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      }
      return name === 'then' ? undefined : refuse(`context.${name}`);
    },
  }) as unknown as Context;
}
