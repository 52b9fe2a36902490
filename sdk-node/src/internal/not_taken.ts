/**
 * A message that no function of a state machine's state takes.
 */

import { UnknownHandler } from '../errors.js';
import { type Method } from './kind.js';

/** The failure of its turn. */
export class NotTaken extends UnknownHandler {}

/** What runs where a machine has no function for its state. */
export function notTaken(kind: string, handler: string): Method {
  return function () {
    const { state } = this as unknown as { readonly state: string };
    throw new NotTaken(`${kind} does not take ${handler} in the state ${state}.`);
  };
}
