/**
 * State machines: processes or actors with the general part of Erlang's gen_statem.
 */

import { Actor, type ActorOptions } from './actor.js';
import { Context } from './context.js';
import { InvalidArgument } from './errors.js';
import { type ExitReason } from './exits.js';
import { type Asked, type HandlerOptions, InlineHandler, type Taken } from './handler.js';
import * as layout from './internal/generated/layout.js';
import { jsonOf } from './internal/message.js';
import { waitOf } from './internal/processes.js';
import { Process, type ProcessOptions } from './process.js';
import { type ReplyTo } from './reply_to.js';
import { type MessageSchema } from './schema.js';

/** What a state machine declares beside what its kind has. */
export interface StateOptions {
  /** The state that it begins in. */
  readonly initial: string;
  /** Whether `onEnter` runs whenever a state is entered. */
  readonly enterCalls?: boolean;
  /** States that are named by nothing else. */
  readonly states?: readonly string[];
}

/** Which time-out. */
export type TimeoutName = 'state' | 'event' | { readonly name: string };

/** A time-out that has come. */
export interface Timeout {
  readonly which: TimeoutName;
  /** What was given along; null where nothing was. */
  readonly content: unknown;
}

/** Hooks for one state. */
export interface StateHooks {
  readonly onEnter?: (this: never, previous: string, context: MachineContext) => void | Promise<void>;
  readonly onTimeout?: (this: never, timeout: Timeout, context: MachineContext) => void | Promise<void>;
}

/** Hooks by the states that they are for. */
export type InState = Readonly<Record<string, StateHooks>>;

/**
 * A process with states. Its handlers are for any state (methods), or for some (`byState`).
 *
 * @example
 * class Door extends StateMachine {
 *   static override options = { initial: 'locked' };
 *   static override handlers = {
 *     press: byState('integer', {
 *       locked(this: Door, digit, context) { if (digit === 7) { context.nextState('open'); context.stateTimeout(5_000); } },
 *     }),
 *     isOpen: handler(),
 *   };
 *   static override inState = {
 *     open: { onTimeout(_timeout: Timeout, context: MachineContext) { context.nextState('locked'); } },
 *   };
 *   isOpen(): boolean { return this.state === 'open'; }
 * }
 */
export abstract class StateMachine extends Process {
  static override readonly options: ProcessOptions & StateOptions = { initial: '' };
  /** Hooks that are for one state; those of the class are for the others. */
  static readonly inState: InState = {};

  /** The name of its state. `context.nextState` changes it. */
  state: string = initialOf(this);

  /** Its initialization, before everything else; it may choose another first state. */
  override activated?(context: MachineContext): void | Promise<void>;
  /** Called when a state has been entered, with the name of the one before. */
  onEnter?(previous: string, context: MachineContext): void | Promise<void>;
  /** Called when a time-out has come. */
  onTimeout?(timeout: Timeout, context: MachineContext): void | Promise<void>;
  /** Called before it ends, as that of a server. */
  terminate?(reason: ExitReason, context: MachineContext): void | Promise<void>;
}

/** The same as an actor with a key, durable unless it is transient: its state is stored with its other fields. It does not end. */
export abstract class MachineActor extends Actor {
  static override readonly options: ActorOptions & StateOptions = { initial: '' };
  /** Hooks that are for one state; those of the class are for the others. */
  static readonly inState: InState = {};

  /** The name of its state. `context.nextState` changes it. */
  state: string = initialOf(this);

  /** Called when the activation has come to life, before its first message. */
  override activated?(context: MachineContext): void | Promise<void>;
  /** Called when a state has been entered, with the name of the one before. */
  onEnter?(previous: string, context: MachineContext): void | Promise<void>;
  /** Called when a time-out has come. */
  onTimeout?(timeout: Timeout, context: MachineContext): void | Promise<void>;
}

function initialOf(machine: object): string {
  return (machine.constructor as unknown as { options: StateOptions }).options.initial;
}

/** A handler that is several functions, each for a state. */
export class StateHandler<
  F extends (...given: never[]) => unknown = (...given: never[]) => unknown,
> extends InlineHandler<F> {
  /** @internal */
  readonly functions: Readonly<Record<string, unknown>>;

  /** @internal */
  constructor(options: HandlerOptions, functions: Readonly<Record<string, unknown>>) {
    super(options, undefined);
    this.functions = functions;
  }
}

/**
 * Declares a handler of a state machine with a function for each state that takes the message. In other states the method of the
 * handler's name takes it, where there is one.
 *
 * @param message - what the message must look like; `undefined` where there is none.
 * @param functions - by the names of states; each a `function`, because `this` is the machine.
 * @param options - how it is called.
 */
export function byState<
  const M extends MessageSchema | 'bytes' | undefined,
  F extends Readonly<Record<string, (this: never, message: Taken<M>, context: MachineContext) => unknown>>,
>(
  message: M,
  functions: F,
  options: Omit<HandlerOptions, 'message'> = {},
): StateHandler<Asked<M, ReturnType<F[keyof F]>>> {
  return new StateHandler(message === undefined ? options : { ...options, message }, functions);
}

/** How an event that a machine inserts looks to it. */
export interface NextEventOptions {
  /** `internal` unless given (`context.isInternal`); `tell`, as if somebody had told it. */
  readonly as?: 'internal' | 'tell';
  /** An ask that this machine owes an answer: what takes the event answers it. */
  readonly caller?: ReplyTo;
}

interface Machine {
  state: string;
}

/** A turn of a state machine. */
export class MachineContext extends Context {
  #next: string | undefined = undefined;
  #repeats = false;
  readonly #actions: string[] = [];

  /** @internal A machine says its state when it begins, and when another one was put in its place. */
  override wish(): string | undefined {
    const { behaviour } = this.activation.kind;
    const isNamed = this.isActivation || this.handler.id === layout.HANDLER_REPLACE_STATE;
    const next = isNamed ? this.#machine.state : this.#next;
    if (this.isActivation && behaviour?.states.has(this.#machine.state) !== true) {
      throw new InvalidArgument(`${this.kind} has no state ${this.#machine.state}.`);
    }
    const parts: string[] = [];
    if (next !== undefined) {
      parts.push(`"next":${JSON.stringify(next)}`);
    } else if (this.#repeats) {
      parts.push('"repeat":true');
    }
    if (this.#actions.length > 0) {
      parts.push(`"do":[${this.#actions.join(',')}]`);
    }
    return parts.length === 0 ? undefined : `{${parts.join(',')}}`;
  }

  /** The name of the machine's state now. */
  get state(): string {
    return this.#machine.state;
  }

  get #machine(): Machine {
    return this.activation.object as unknown as Machine;
  }

  /**
   * Goes to a state after this turn; `state` has its name from now on.
   *
   * @throws InvalidArgument for a state that nothing declares.
   */
  nextState(name: string): void {
    this.requireOpen();
    if (this.activation.kind.behaviour?.states.has(name) !== true) {
      throw new InvalidArgument(
        `${this.kind} has no state ${name}: no handler is for it, and \`states\` does not list it.`,
      );
    }
    this.#next = name;
    this.#machine.state = name;
  }

  /** Enters the present state again: what was postponed comes again, and `onEnter` runs. */
  repeatState(): void {
    this.requireOpen();
    this.#repeats = true;
  }

  /** Has this event come again once the state has changed, before those that wait. Who asked waits meanwhile. */
  postpone(): void {
    this.requireOpen();
    this.defers ||= this.askLow !== 0 || this.askHigh !== 0;
    this.#actions.push('{"postpone":true}');
  }

  /**
   * Inserts an event before all that wait; several come in their order.
   *
   * @param handler - the handler's name.
   * @param message - its message.
   * @param options - how it looks.
   */
  nextEvent(handler: string, message?: unknown, options: NextEventOptions = {}): void {
    this.requireOpen();
    const { name } = this.activation.kind.handler(handler);
    const { as = 'internal', caller } = options;
    const type = caller === undefined ? (as === 'tell' ? 'cast' : 'internal') : 'call';
    const ask = caller === undefined ? '' : `,"ask":"${caller.ask}"`;
    const payload = message === undefined ? '' : `,"payload":${jsonOf(handler, message)}`;
    this.#actions.push(`{"next_event":${JSON.stringify(name)},"type":"${type}"${payload}${ask}}`);
  }

  /** Starts the state's time-out anew: a change of the state cancels it. 0 comes before the mailbox; `undefined` cancels. */
  stateTimeout(ms: number | undefined, content?: unknown): void {
    this.#timeout('state', ms, content);
  }

  /** Starts the event time-out anew: any event cancels it. */
  eventTimeout(ms: number | undefined, content?: unknown): void {
    this.#timeout('event', ms, content);
  }

  /** Starts a time-out of a name anew: nothing cancels it but `cancelTimeout`. */
  namedTimeout(name: string, ms: number | undefined, content?: unknown): void {
    this.#timeout({ name }, ms, content);
  }

  /** Gives a time-out another content; one that does not run comes at once. */
  updateTimeout(which: TimeoutName, content: unknown): void {
    this.requireOpen();
    this.#actions.push(
      `{"timeout":${JSON.stringify(which)},"update":${jsonOf('the content', content ?? null)}}`,
    );
  }

  /** Cancels a time-out. */
  cancelTimeout(which: TimeoutName): void {
    this.requireOpen();
    this.#actions.push(`{"timeout":${JSON.stringify(which)},"cancel":true}`);
  }

  /** Waits for the next event with as little memory as can be. */
  hibernate(): void {
    this.requireOpen();
    this.#actions.push('{"hibernate":true}');
  }

  #timeout(which: TimeoutName, ms: number | undefined, content: unknown): void {
    this.requireOpen();
    const after = ms === undefined ? 'null' : String(waitOf('the time-out', ms));
    const given = jsonOf('the content', content ?? null);
    this.#actions.push(`{"timeout":${JSON.stringify(which)},"after_ms":${after},"content":${given}}`);
  }
}
