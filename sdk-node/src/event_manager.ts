/**
 * Event managers: processes with the general part of Erlang's gen_event. Handlers come and go, and each sees every event.
 */

import { Context } from './context.js';
import { type Exit, type ExitReason, type SystemMessage } from './exits.js';
import { jsonOf } from './internal/message.js';
import { classesOf } from './manager_ref.js';
import { type MessageTypes, type ProcessOptions } from './process.js';
import { type Message } from './process_ref.js';
import { type StateTypes } from './state.js';

/** How a handler of events is named. */
export interface EventHandlerOptions {
  /** Its name in every language; the class's name in lower snake case when left out. */
  readonly name?: string;
}

/** What the handler has left whose place another one takes; `unknown` where there was none, or the reason with which its end failed. */
export type After =
  { readonly type: 'left'; readonly result: unknown } | { readonly type: 'unknown' } | ExitReason;

/** Why a handler leaves: it was asked to, wanted to itself, its supervisor or the manager has ended; or its callback failed. */
export type WhyLeft =
  | { readonly type: 'asked'; readonly argument: unknown }
  | { readonly type: 'removed' }
  | { readonly type: 'supervisor_exited'; readonly reason: ExitReason }
  | { readonly type: 'stopped' }
  | ExitReason;

/**
 * A handler of an event manager. Its fields are its state, which lives as long as it is there; `add` takes values for them.
 *
 * @example
 * class Counter extends EventHandler {
 *   count = 0;
 *   override onEvent(): void { this.count += 1; }
 *   override onCall(): number { return this.count; }
 * }
 */
export abstract class EventHandler {
  static readonly options: EventHandlerOptions = {};
  /** The types of its fields, where defaults do not say enough. */
  static readonly state: StateTypes = {};

  /** Called when it comes in. Throwing `Refuse` leaves it out. */
  init?(after: After | undefined, context: HandlerContext): void | Promise<void>;
  /** Called with each event. */
  onEvent?(event: unknown, context: HandlerContext): void | Promise<void>;
  /** Called with other messages to the manager, and with what the engine itself tells it. */
  onInfo?(message: Message | SystemMessage, context: HandlerContext): void | Promise<void>;
  /** Answers `manager.call`. */
  onCall?(query: unknown, context: HandlerContext): unknown;
  /** Called when the manager is sent an exit. */
  onExit?(exit: Exit, context: HandlerContext): void | Promise<void>;
  /** Called when it leaves, with why; what it gives is the result of `remove`, and what its successor is told. */
  terminate?(why: WhyLeft, context: HandlerContext): unknown;
}

/** A class of handlers of events. */
export interface EventHandlerClass<H extends EventHandler = EventHandler> {
  new (): H;
  readonly name: string;
  readonly options: EventHandlerOptions;
  readonly state: StateTypes;
}

/** The values that a handler may be added with: those of its fields. */
export type HandlerFields<C extends EventHandlerClass> = {
  readonly [
    K in keyof InstanceType<C> as InstanceType<C>[K] extends ((...given: never[]) => unknown) | undefined
      ? undefined extends InstanceType<C>[K]
        ? K extends keyof EventHandler
          ? never
          : K
        : never
      : K
  ]?: InstanceType<C>[K];
};

/** Thrown in `init`: the handler does not come in. */
export class Refuse extends Error {
  readonly reason: unknown;

  /** @param reason - anything that JSON can hold. */
  constructor(reason: unknown) {
    super('The handler refuses to come in.');
    this.name = 'Refuse';
    this.reason = reason;
  }
}

/** A turn of a handler of events. Of what it wants the last counts. */
export class HandlerContext extends Context {
  #wish: string | undefined = undefined;

  /** @internal */
  override wish(): string | undefined {
    return this.#wish;
  }

  /** @internal */
  refuse({ reason }: Refuse): void {
    this.#wish = `{"refuse":${jsonOf('refuse', reason)}}`;
  }

  /** Leaves the manager after this turn. */
  remove(): void {
    this.requireOpen();
    this.#wish = '{"remove":true}';
  }

  /**
   * Leaves its place to another handler.
   *
   * @param id - the other's name within the manager.
   * @param handler - its class.
   * @param fields - values of its fields.
   * @param farewell - what this one's `terminate` is told.
   */
  swap<C extends EventHandlerClass>(
    id: string,
    handler: C,
    fields?: HandlerFields<C>,
    farewell?: unknown,
  ): void {
    this.requireOpen();
    const argument = jsonOf(id, classesOf(this.activation.kind).argument(handler, fields));
    const said = jsonOf('farewell', farewell ?? null);
    this.#wish = `{"swap":{"handler":${JSON.stringify(id)},"argument":${argument},"farewell":${said}}}`;
  }

  /** Waits for the next event with as little memory as can be. */
  hibernate(): void {
    this.requireOpen();
    this.#wish = '{"hibernate":true}';
  }
}

/** What declares a kind of event managers. */
export interface EventManagerOptions extends Omit<ProcessOptions, 'name'> {
  /** The classes of the handlers that it may have. */
  readonly handlers: readonly EventHandlerClass[];
  /** Messages that are no events, by their type; handlers get them with `onInfo`. */
  readonly messages?: MessageTypes;
}

/** A kind of event managers. */
export class EventManager {
  /** The kind's name in every language. */
  readonly name: string;
  /** What was declared. */
  readonly declared: EventManagerOptions;

  /** @internal */
  constructor(name: string, declared: EventManagerOptions) {
    this.name = name;
    this.declared = declared;
  }
}

/**
 * Declares a kind of event managers, to be listed among the engine's processes and spawned.
 *
 * @param name - the kind's name in every language.
 * @param declared - the classes of its handlers.
 *
 * @example
 * const events = eventManager('events', { handlers: [Counter] });
 * const manager = engine.spawn(events);
 * await manager.add('counter', Counter);
 * await manager.notify({ opened: 'the door' });
 * console.log(await manager.call('counter', null));
 */
export function eventManager(name: string, declared: EventManagerOptions): EventManager {
  return new EventManager(name, declared);
}
