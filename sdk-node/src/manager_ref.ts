/**
 * Reaches an event manager: tells it of events, and adds and removes its handlers.
 */

import { HandlerFailed, InvalidArgument, UnknownKind } from './errors.js';
import { type EventHandlerClass, type HandlerFields } from './event_manager.js';
import { decodeReason, encodeReason, type ExitReason, type GivenReason } from './exits.js';
import * as layout from './internal/generated/layout.js';
import { type HandlerClasses } from './internal/handler_classes.js';
import { type Kind } from './internal/kind.js';
import { type Lane } from './internal/lane.js';
import { type Wide } from './internal/parts.js';
import { ProcessRef } from './process_ref.js';
import { type Turn } from './scope.js';

/** An event manager did not do what it was asked for. */
export class EventHandlerError extends HandlerFailed {
  /** `refused`: its `init` threw `Refuse`; `failed`: its callback threw. */
  readonly why: 'no_such_handler' | 'already_there' | 'full' | 'refused' | 'failed';
  /** The reason of the last two. */
  readonly reason: ExitReason | undefined;

  /** @internal */
  constructor(why: EventHandlerError['why'], reason: ExitReason | undefined) {
    const text =
      reason === undefined ? '' : `: ${reason.type === 'failed' ? reason.text : JSON.stringify(reason)}`;
    super(`${WORDS[why]}${text}`);
    this.name = 'EventHandlerError';
    this.why = why;
    this.reason = reason;
  }
}

const WORDS = {
  no_such_handler: 'the event manager has no handler of this id',
  already_there: 'the event manager has a handler of this id already',
  full: 'the event manager has no room for another handler',
  refused: 'the handler refused to come in',
  failed: 'the handler failed',
};

/** How a handler is added. */
export interface AddOptions {
  /** The turn's process or actor supervises it: its end removes the handler, and it is told when the handler leaves. */
  readonly supervised?: boolean;
}

/** Which handler takes whose place. */
export interface SwapOptions<C extends EventHandlerClass> extends AddOptions {
  /** The one that leaves; left out, the new one is added. */
  readonly old?: string;
  /** What the old one's `terminate` is told. */
  readonly farewell?: unknown;
  /** The new one's name within the manager. */
  readonly id: string;
  readonly handler: C;
  /** Values of its fields. */
  readonly fields?: HandlerFields<C>;
}

/** A reference to an event manager. */
export class ManagerRef extends ProcessRef {
  /** Tells all handlers of an event; resolves when the mailbox has it. To a manager that has ended it does nothing. */
  async notify(event: unknown): Promise<void> {
    await this.#manage(layout.MANAGE_NOTIFY, event ?? null);
  }

  /** The same; resolves when all have seen it. */
  async syncNotify(event: unknown): Promise<void> {
    await this.#manage(layout.MANAGE_SYNC_NOTIFY, event ?? null);
  }

  /**
   * Asks one handler.
   *
   * @throws EventHandlerError, NoProcess.
   */
  async call<R = unknown>(id: string, query?: unknown): Promise<R> {
    const { value } = await this.#manage(layout.MANAGE_CALL, { handler: id, query: query ?? null });
    return value as R;
  }

  /**
   * Adds a handler.
   *
   * @param id - its name within the manager.
   * @param handler - its class.
   * @param fields - values of its fields.
   * @param options - whether this turn's process supervises it.
   * @throws EventHandlerError, NoProcess, InvalidArgument for fields that do not fit.
   */
  async add<C extends EventHandlerClass>(
    id: string,
    handler: C,
    fields?: HandlerFields<C>,
    options: AddOptions = {},
  ): Promise<void> {
    const argument = classesOf(this.boundKind).argument(handler, fields);
    await this.#manage(layout.MANAGE_ADD, { handler: id, argument }, options);
  }

  /** Removes a handler; what its `terminate` gave, which was told the argument. */
  async remove(id: string, argument?: unknown): Promise<unknown> {
    const { value } = await this.#manage(layout.MANAGE_REMOVE, { handler: id, argument: argument ?? null });
    return value;
  }

  /** Puts a handler in the place of another one, between two events. */
  async swap<C extends EventHandlerClass>(given: SwapOptions<C>): Promise<void> {
    const { old, farewell, id, handler, fields } = given;
    const argument = classesOf(this.boundKind).argument(handler, fields);
    const left = old === undefined ? {} : { handler: old, farewell: farewell ?? null };
    await this.#manage(layout.MANAGE_SWAP, { ...left, new: id, argument }, given);
  }

  /** The names of its handlers, the newest first. */
  async handlers(): Promise<string[]> {
    const { handlers } = await this.#manage(layout.MANAGE_HANDLERS, {});
    return handlers as string[];
  }

  /** Ends it; resolves once it has ended. */
  stop(reason: GivenReason = 'normal'): Promise<void> {
    return stopBehaviour(this.lane, this, reason, this.context);
  }

  async #manage(
    what: number,
    json: unknown,
    { supervised }: AddOptions = {},
  ): Promise<Record<string, unknown>> {
    const { context } = this;
    if (supervised === true && context === undefined) {
      throw new InvalidArgument(
        'A handler is supervised by the process or actor whose turn adds it; this is no turn.',
      );
    }
    const answer = await this.lane.processes.manage(this, what, json, supervised === true, context);
    const { error, ...rest } = (answer ?? {}) as { readonly error?: Record<string, unknown> };
    if (error !== undefined) {
      throw troubleOf(error);
    }
    return rest;
  }
}

function troubleOf(error: Record<string, unknown>): EventHandlerError {
  switch (error.is) {
    case 'no_such_handler':
    case 'already_there':
    case 'full':
      return new EventHandlerError(error.is, undefined);
    case 'custom':
      return new EventHandlerError('refused', decodeReason(error));
    default:
      return new EventHandlerError('failed', decodeReason(error));
  }
}

/** @internal The classes of the handlers that a kind of event managers may have. */
export function classesOf({ name, behaviour }: Kind): HandlerClasses {
  const classes = behaviour?.classes;
  if (classes === undefined) {
    throw new UnknownKind(`The kind ${name} is none of event managers.`);
  }
  return classes;
}

/** @internal Ends a behaviour in good order; resolves once it has ended. */
export async function stopBehaviour(
  lane: Lane,
  process: Wide,
  given: GivenReason,
  turn: Turn | undefined,
): Promise<void> {
  encodeReason(given);
  const { type, ...rest } = typeof given === 'string' ? { type: given } : given;
  const json = { reason: { is: type, ...rest } };
  await lane.processes.manage(process, layout.MANAGE_STOP, json, false, turn);
}
