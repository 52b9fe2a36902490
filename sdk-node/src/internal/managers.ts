/**
 * Runs the callbacks of the handlers of event managers, and keeps the handlers.
 */

import { HandlerContext, type EventHandler, Refuse, type After, type WhyLeft } from '../event_manager.js';
import { decodeReason, Exit } from '../exits.js';
import { type Shape, type Snapshot } from '../state.js';
import { type HandlerClasses } from './handler_classes.js';
import { type BoundHandler, plainHandler } from './kind.js';
import { infoOf, type Json, whoOf } from './notes.js';
import { promised } from './promised.js';

const NOTHING: Snapshot = { values: [], encoded: undefined, rest: undefined };

/** The handlers that one manager has. */
class Handlers {
  readonly byId = new Map<string, EventHandler>();
}

/** What stands for the state of a manager: that of its handlers is their own. */
export const MANAGER_STATE: Shape = {
  takesBytes: false,
  onUnknown: undefined,
  make: () => new Handlers() as never,
  capture: () => NOTHING,
  captureAfter: () => NOTHING,
  encode: () => '{}',
  restore: () => undefined,
  load: () => NOTHING,
};

/** The one handler of a manager's turns. */
export const MANAGED: BoundHandler = {
  ...plainHandler(-1, 'managed'),
  internal: true,
  method(message, context) {
    if (!(context instanceof HandlerContext)) {
      throw new TypeError('this turn is none of an event manager');
    }
    return called(message as Callback, context);
  },
};

/** What a turn asks of a handler (docs/reference/boundary.md, "Behaviours"). */
interface Callback {
  readonly do: 'init' | 'event' | 'info' | 'exit' | 'call' | 'terminate';
  readonly handler: string;
  readonly argument?: unknown;
  readonly after?: Json;
  readonly event?: unknown;
  readonly name?: string;
  readonly message?: unknown;
  readonly note?: Json;
  readonly from?: Json;
  readonly reason?: Json;
  readonly query?: unknown;
  readonly why?: Json;
}

function called(given: Callback, context: HandlerContext): unknown {
  const { byId } = context.activation.object as unknown as Handlers;
  const { route } = context.activation;
  if (given.do === 'init') {
    return begun(given, byId, context);
  }
  const handler = byId.get(given.handler);
  if (handler === undefined) {
    throw new Error(`the event manager has no handler ${given.handler}`);
  }
  switch (given.do) {
    case 'event':
      return nothing(handler.onEvent?.(given.event, context));
    case 'info':
      return nothing(handler.onInfo?.(infoOf(given, route), context));
    case 'exit': {
      const reason = decodeReason(given.reason ?? {});
      return nothing(handler.onExit?.(new Exit(whoOf(given.from ?? {}, route), reason, false), context));
    }
    case 'call':
      return orNull(handler.onCall?.(given.query, context));
    case 'terminate':
      byId.delete(given.handler);
      return orNull(handler.terminate?.(whyOf(given.why ?? {}), context));
  }
}

/** A handler comes in, unless it refuses or fails. */
function begun(given: Callback, byId: Map<string, EventHandler>, context: HandlerContext): unknown {
  const { kind, route } = context.activation;
  const handler = (kind.behaviour?.classes as HandlerClasses).make(given.argument, route);
  const came = (): void => {
    byId.set(given.handler, handler);
  };
  const refused = (thrown: unknown): void => {
    if (!(thrown instanceof Refuse)) {
      throw thrown;
    }
    context.refuse(thrown);
  };
  let later: Promise<unknown> | undefined;
  try {
    later = promised(handler.init?.(afterOf(given.after), context));
  } catch (error) {
    refused(error);
    return undefined;
  }
  if (later !== undefined) {
    return later.then(came, refused);
  }
  came();
  return undefined;
}

/** Only calls and last callbacks have results. */
function nothing(result: unknown): unknown {
  return promised(result)?.then(() => undefined);
}

function orNull(result: unknown): unknown {
  return promised(result)?.then((value) => value ?? null) ?? result ?? null;
}

function afterOf(json: Json | undefined): After | undefined {
  return json === undefined ? undefined : decodeReason(json);
}

function whyOf(json: Json): WhyLeft {
  const { reason } = json;
  return json.is === 'supervisor_exited'
    ? { type: json.is, reason: decodeReason(reason as Json) }
    : decodeReason(json);
}
