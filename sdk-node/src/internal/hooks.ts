/**
 * What runs for a turn, by the handler's number.
 */

import * as layout from './generated/layout.js';
import { type BoundHandler, type Kind, plainHandler } from './kind.js';
import { MANAGED } from './managers.js';
import { systemHandler } from './system_turns.js';

/** What runs for a note of the core's where the class has no hook for it. */
const UNHEARD = plainHandler(-1, 'unheard');

function hookOf({ hooks, behaviour }: Kind, id: number): BoundHandler | undefined {
  switch (id) {
    case layout.HANDLER_ACTIVATED:
      return hooks.activated ?? (behaviour === undefined ? undefined : UNHEARD);
    case layout.HANDLER_PASSIVATING:
      return hooks.passivating;
    case layout.HANDLER_EXIT:
      return hooks.onExit ?? UNHEARD;
    case layout.HANDLER_DOWN:
      return hooks.onDown ?? UNHEARD;
    case layout.HANDLER_GROUP:
      return hooks.onGroup ?? UNHEARD;
    case layout.HANDLER_MANAGER:
      return behaviour?.name === 'event_manager' ? MANAGED : (hooks.onHandlerGone ?? UNHEARD);
    case layout.HANDLER_TIMEOUT:
      return hooks.onTimeout ?? UNHEARD;
    case layout.HANDLER_CONTINUE:
      return hooks.onContinue ?? UNHEARD;
    case layout.HANDLER_ENTER:
      return hooks.onEnter ?? UNHEARD;
    default:
      return undefined;
  }
}

/** The handler of a number: a declared one, a hook, or one of ours. */
export function handlerOf(kind: Kind, id: number): BoundHandler {
  const handler = kind.handlers[id] ?? hookOf(kind, id) ?? systemHandler(id);
  if (handler === undefined) {
    throw new Error(`${kind.name} has no handler of the number ${String(id)}`);
  }
  return handler;
}
