/**
 * What the callbacks of servers and state machines have in common: how their ends and their states are seen to.
 */

import { Context } from '../context.js';
import { HandlerContext } from '../event_manager.js';
import { Exit, ExitRequest, type ExitReason } from '../exits.js';
import { ServerContext } from '../server.js';
import { MachineContext, type Timeout } from '../state_machine.js';
import * as layout from './generated/layout.js';
import { type BoundHandler, type Kind, type Method } from './kind.js';
import { type Failed, failureOf, nameIn, splitCrash } from './thrown.js';

const APPLICATION_ERROR = 22;

/** The class of the contexts of a kind's turns. */
export function contextOf({ behaviour }: Kind): typeof Context {
  switch (behaviour?.name) {
    case 'server':
      return ServerContext;
    case 'state_machine':
      return MachineContext;
    case 'event_manager':
      return HandlerContext;
    default:
      return Context;
  }
}

/** The function that runs: that of the machine's state where there is one. */
export function methodOf({ states, method }: BoundHandler, object: object): Method {
  return states?.get((object as { state: string }).state) ?? method;
}

/** Whether the process of a turn has a last callback when this turn ends it. */
export function isTerminated({ activation, handler, isActivation }: Context): boolean {
  const { behaviour } = activation.kind;
  return (
    activation.process !== undefined &&
    behaviour !== undefined &&
    behaviour.name !== 'event_manager' &&
    !isActivation &&
    handler.id !== layout.HANDLER_GET_STATE &&
    handler.id !== layout.HANDLER_REPLACE_STATE
  );
}

/** Whether a message is the exit with which a parent ends this process. */
export function isEnd(context: Context, message: unknown): message is Exit {
  return message instanceof Exit && message.isFromParent && isTerminated(context);
}

/** Why the process ends when its callback throws; nothing where it does not: an application's refusal is an answer. */
export function endOf({ askLow, askHigh }: Context, thrown: unknown): ExitReason | undefined {
  if (thrown instanceof ExitRequest) {
    return typeof thrown.reason === 'string' ? { type: thrown.reason } : thrown.reason;
  }
  const { code } = failureOf(thrown);
  return code === APPLICATION_ERROR && (askLow !== 0 || askHigh !== 0)
    ? undefined
    : { type: 'failed', ...splitCrash(thrown) };
}

/** Why the process ends whose callback gave what cannot be handed in. */
export function crashIn({ text }: Failed): ExitReason {
  return { type: 'failed', name: nameIn(text), text, stack: '' };
}

/** A time-out from its JSON. */
export function timeoutOf(json: unknown): Timeout {
  const { timeout, content = null } = json as { timeout: Timeout['which']; content?: unknown };
  return { which: timeout, content };
}
