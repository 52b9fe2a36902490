/**
 * Reaches a process: by its kind's handlers where its class is known, by messages that say their type, or by name.
 */

import { type ExitReason, type GivenReason } from './exits.js';
import { type BoundHandler, type Kind } from './internal/kind.js';
import { type Lane } from './internal/lane.js';
import { type Wide } from './internal/parts.js';
import { type AskOptions, type TellOptions } from './options.js';
import { type ProcessClass } from './process.js';
import {
  askMethod,
  type Asks,
  type HandlerName,
  type MessageArguments,
  type NamedTell,
  type ReplyOf,
  tellOf,
  type Tells,
} from './reference.js';
import { type Route, type Turn } from './scope.js';

/** A message of a process that receives its messages itself: an object that says its type. */
export interface Message {
  readonly type: string;
}

/** A message of which nothing but its type is known. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- with `unknown` no interface would be one
export type AnyMessage = Message & Readonly<Record<string, any>>;

/** What every reference to a process has. As text, in messages and states too, it is its kind, a slash and its number. */
export class AnyProcess {
  /** @internal */ readonly low: number;
  /** @internal */ readonly high: number;
  readonly #route: Route;
  /** @internal */ readonly boundKind: Kind;

  /** @internal */
  constructor(route: Route, kind: Kind, { low, high }: Wide) {
    this.#route = route;
    this.boundKind = kind;
    this.low = low;
    this.high = high;
  }

  /** The name of its kind; `ended` of one of which nobody knows any more what it was, and of a program. */
  get kind(): string {
    return this.boundKind.name;
  }

  /** Its number, which no other process of the engine ever has, in digits. */
  get number(): string {
    return String((BigInt(this.high) << 32n) | BigInt(this.low));
  }

  /** The same: what a process has in place of an actor's key. */
  get key(): string {
    return this.number;
  }

  /** @internal */
  get lane(): Lane {
    return this.#route.lane;
  }

  /** @internal The turn that this reference asks from. */
  get context(): Turn | undefined {
    return this.#route.context;
  }

  /** @internal Whom its messages are for. */
  get target(): Wide {
    return this;
  }

  /** Whether both are references to one process. */
  equals(other: AnyProcess): boolean {
    return this.low === other.low && this.high === other.high;
  }

  /** Whether the process is alive. */
  isAlive(): boolean {
    return this.lane.processes.isAlive(this);
  }

  /**
   * Asks the process to end. One that traps exits is told of it; `'kill'` cannot be trapped. The dead are not disturbed.
   *
   * @throws InvalidArgument for a reason that cannot be encoded.
   */
  exit(reason: GivenReason): void {
    this.lane.processes.exit(this, reason, this.context);
  }

  /** Why it has ended, once it has; `no_process` if so many have ended since then that nobody knows any more. */
  ended(): Promise<ExitReason> {
    return this.lane.processes.ended(this);
  }

  /** Ends the process, whether it traps exits or not; those that are linked to it see `killed`. */
  kill(): void {
    this.exit('kill');
  }

  /** Its kind, a slash and its number. */
  toString(): string {
    return `${this.kind}/${this.number}`;
  }

  /** The same. */
  toJSON(): string {
    return this.toString();
  }
}

/** A reference to a process whose messages say their type (`process`), or whose kind is not known. */
export class ProcessRef<M extends Message = AnyMessage> extends AnyProcess {
  /**
   * Sends a message without waiting for a reply. To a process that has ended it is silent. Within a turn it leaves at once;
   * from outside the promise resolves when the mailbox has the message.
   */
  tell(message: M, options?: TellOptions): Promise<void>;
  tell(handler: string, message?: unknown, options?: TellOptions): Promise<void>;
  tell(first: M | string, second?: unknown, third?: TellOptions): Promise<void> {
    const [handler, message, options] = named<TellOptions>(first, second, third);
    return this.lane.tellByName(this, handler, message, options);
  }

  /**
   * Sends a message and waits for its reply.
   *
   * @throws NoProcess when the process has ended or ends before it answers, and any error of the table, as a rejection.
   */
  ask<R = unknown>(message: M, options?: AskOptions): Promise<R>;
  ask<R = unknown>(handler: string, message?: unknown, options?: AskOptions): Promise<R>;
  ask(first: M | string, second?: unknown, third?: AskOptions): Promise<unknown> {
    const [handler, message, options] = named<AskOptions>(first, second, third);
    return this.lane.askByName(this, handler, message, options);
  }
}

/** What a reference to a process of a known class has beside its handlers. */
export interface HandledProcess<C extends ProcessClass> extends AnyProcess {
  /** Sends a message and waits for its reply, by the handler's name. */
  ask<K extends HandlerName<C>>(
    handler: K,
    ...given: [...message: MessageArguments<C, K>, options?: AskOptions]
  ): Promise<ReplyOf<C, K>>;
  /** Sends a message without waiting for a reply, as `process.tell.work(12)` or `process.tell('work', 12)`. */
  readonly tell: Tells<C> &
    (<K extends HandlerName<C>>(
      handler: K,
      ...given: [...message: MessageArguments<C, K>, options?: TellOptions]
    ) => Promise<void>);
}

/** A reference to a process of a known class. */
export type TypedProcess<C extends ProcessClass> = HandledProcess<C> & Asks<C>;

/** Handler, message and options, from a message that says its type or as they are. */
export function named<O>(
  first: unknown,
  second?: unknown,
  third?: O,
): [handler: string, message: unknown, options: O | undefined] {
  if (typeof first === 'string') {
    return [first, second, third];
  }
  const { type, ...fields } = first as Message;
  return [type, Object.keys(fields).length === 0 ? undefined : fields, second as O | undefined];
}

/** @internal A class of references to the processes of a kind. */
export type ProcessRefClass = new (route: Route, kind: Kind, id: Wide) => ProcessRef;

/** @internal Makes the class of the references to a kind: one method for each handler of a class. */
export function processRefClass(kind: Kind): ProcessRefClass {
  if (kind.role !== 'process') {
    return ProcessRef;
  }
  class HandledRef extends ProcessRef {
    static {
      Object.defineProperty(this.prototype, 'tell', {
        get(this: HandledRef) {
          this.#tell ??= tellOf(this);
          return this.#tell;
        },
      });
    }

    #tell: NamedTell | undefined = undefined;
  }
  for (const handler of kind.handlers) {
    Object.defineProperty(HandledRef.prototype, handler.methodName, { value: methodOf(handler) });
  }
  return HandledRef;
}

function methodOf(handler: BoundHandler): (...given: never[]) => unknown {
  return askMethod(handler);
}
