/**
 * What the kinds of processes differ in: the classes of their references, and what their processes begin with.
 */

import { encodeJson, type Payload } from '../codec.js';
import { InvalidArgument } from '../errors.js';
import { ManagerRef } from '../manager_ref.js';
import { processRefClass, type ProcessRefClass } from '../process_ref.js';
import { SUPERVISOR_KIND, SupervisorRef } from '../supervisor.js';
import { type Kind } from './kind.js';
import { messageOf } from './thrown.js';

/** The class of the references to processes of a kind. */
export function refClassOf(kind: Kind): ProcessRefClass {
  if (kind.behaviour?.name === 'event_manager') {
    return ManagerRef;
  }
  return kind === SUPERVISOR_KIND ? SupervisorRef : processRefClass(kind);
}

/** What a process begins with: the fields of its class, or the argument of its function. */
export function argumentOf(kind: Kind, argument: unknown): Payload {
  try {
    if (kind.role === 'process') {
      if (typeof argument !== 'object' && argument !== undefined) {
        throw new InvalidArgument('it is an object with values of its fields');
      }
      return kind.shape.encodeSome?.(argument ?? {});
    }
    return encodeJson(argument);
  } catch (error) {
    throw new InvalidArgument(`the argument of ${kind.name}: ${messageOf(error)}`, { cause: error });
  }
}
