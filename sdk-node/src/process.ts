/**
 * Declares a process: a class whose methods answer messages, or a function that receives them itself.
 */

import { type Handlers, type Overflow } from './actor.js';
import { type Context } from './context.js';
import { type ApplicationErrorClass } from './errors.js';
import { type Down, type Exit, type HandlerGone, type Joined, type Left } from './exits.js';
import { type ProcessContext } from './process_context.js';
import { type Message } from './process_ref.js';
import { type Descriptor, type Described, type StandardSchema } from './schema.js';
import { type StateTypes } from './state.js';
import { type StateOptions } from './state_machine.js';

/** How the processes of a kind live. */
export interface ProcessOptions {
  /** The kind's name in every language; the class's name in lower snake case when left out. */
  readonly name?: string;
  /** Messages that may wait for one process; the engine's when left out. */
  readonly mailboxCapacityMessages?: number;
  /** What happens to the message after that; `'reject'` when left out. */
  readonly overflow?: Overflow;
  /** What the process is, for the pages that describe it. */
  readonly doc?: string;
}

/**
 * The base of every process whose methods are its handlers. It lives in memory only, from `spawn` to its end: a handler that throws
 * ends it. Its fields are declared as an actor's are; `spawn` takes values for them.
 *
 * @example
 * class Counter extends Process {
 *   static override handlers = { add: handler({ message: 'integer' }) };
 *   total = 0;
 *   add(by: number) { return (this.total += by); }
 * }
 * const counter = engine.spawn(Counter, { total: 40 });
 * console.log(await counter.add(2));
 */
export abstract class Process {
  /** How the processes of this kind live. */
  static readonly options: ProcessOptions = {};
  /** Which methods answer messages, and how. */
  static readonly handlers: Handlers = {};
  /** The types of its fields, where defaults do not say enough. */
  static readonly state: StateTypes = {};
  /** The application's own errors that its handlers throw: a caller gets them as they are. */
  static readonly errors: readonly ApplicationErrorClass[] = [];

  /** Called before its first message. A supervisor counts it as started when this has succeeded. */
  activated?(context: Context): void | Promise<void>;
  /** Called when one that is linked to it ends, while it traps exits. */
  onExit?(exit: Exit, context: Context): void | Promise<void>;
  /** Called when one that it watches has ended. */
  onDown?(down: Down, context: Context): void | Promise<void>;
  /** Called when a group that it watches has changed. */
  onGroup?(change: Joined | Left, context: Context): void | Promise<void>;
  /** Called when a handler that it supervises has left its event manager. */
  onHandlerGone?(gone: HandlerGone, context: Context): void | Promise<void>;
}

/** A class of processes. */
export interface ProcessClass<P extends Process = Process> {
  new (): P;
  readonly name: string;
  readonly options: ProcessOptions & Partial<StateOptions>;
  readonly handlers: Handlers;
  readonly state: StateTypes;
  readonly errors: readonly ApplicationErrorClass[];
}

/** Hooks, which are no fields. */
type HookName =
  | 'activated'
  | 'onExit'
  | 'onDown'
  | 'onGroup'
  | 'onHandlerGone'
  | 'onTimeout'
  | 'onContinue'
  | 'onEnter'
  | 'terminate';

/** The values that a process of a class may be spawned with: those of its fields. */
export type FieldsOf<C extends ProcessClass> = {
  readonly [
    K in keyof InstanceType<C> as InstanceType<C>[K] extends ((...given: never[]) => unknown) | undefined
      ? undefined extends InstanceType<C>[K]
        ? K extends HookName
          ? never
          : K
        : never
      : K
  ]?: InstanceType<C>[K];
};

/**
 * The messages of a function, by their type: what beside `type` they have, as descriptors or a validator. `true`: whatever it is.
 */
export type MessageTypes = Readonly<Record<string, FieldTypes | StandardSchema | true>>;

/** Fields of a message. */
export type FieldTypes = Readonly<Record<string, Descriptor>>;

/** A message of some type. */
type MessageOfType<K, D> = D extends true
  ? { readonly type: K; readonly [field: string]: unknown }
  : { readonly type: K } & Readonly<Described<D>>;

/** The messages that a declaration describes, told apart by their `type`. */
export type MessagesOf<S extends MessageTypes> = {
  [K in keyof S & string]: MessageOfType<K, S[K]>;
}[keyof S & string];

/** What a function is spawned with: what its schema describes. */
export type ArgumentOf<A> = A extends Descriptor | StandardSchema ? Described<A> : undefined;

/** What declares a process that receives its messages itself. */
export interface ReceiverOptions<
  S extends MessageTypes = MessageTypes,
  A extends Descriptor | StandardSchema | undefined = Descriptor | StandardSchema | undefined,
> extends Omit<ProcessOptions, 'name'> {
  /** Its messages, by their type. */
  readonly messages: S;
  /** What it is spawned with; nothing when left out. */
  readonly argument?: A;
}

/** What runs as a process. */
export type ProcessFunction<M extends Message, A> = (
  context: ProcessContext<M>,
  argument: A,
) => void | Promise<void>;

/** A kind of processes that receive their messages themselves. */
export class ProcessKind<M extends Message = Message, A = unknown> {
  /** The kind's name in every language. */
  readonly name: string;
  /** @internal */ readonly declared: ReceiverOptions;
  /** @internal */ readonly run: ProcessFunction<never, never>;
  /** For TypeScript alone. */
  declare readonly of: { readonly message: M; readonly argument: A };

  /** @internal */
  constructor(name: string, declared: ReceiverOptions, run: ProcessFunction<never, never>) {
    this.name = name;
    this.declared = declared;
    this.run = run;
  }
}

/**
 * Declares a process that is a function: it lives as long as that runs, and receives its messages where it likes. Its return ends
 * the process normally; what it throws is its crash.
 *
 * @param name - the kind's name in every language.
 * @param declared - its messages by their `type`, and what it is spawned with.
 * @param run - the function.
 *
 * @example
 * const pong = process(
 *   'pong',
 *   { messages: { ping: { from: 'process' }, finished: {} } },
 *   async (context) => {
 *     for (;;) {
 *       const message = await context.receive('ping', 'finished');
 *       if (message.type === 'finished') return;
 *       message.from.tell({ type: 'pong' });
 *     }
 *   },
 * );
 */
export function process<
  const S extends MessageTypes,
  const A extends Descriptor | StandardSchema | undefined = undefined,
>(
  name: string,
  declared: ReceiverOptions<S, A>,
  run: ProcessFunction<MessagesOf<S>, ArgumentOf<A>>,
): ProcessKind<MessagesOf<S>, ArgumentOf<A>> {
  return new ProcessKind(name, declared, run);
}
