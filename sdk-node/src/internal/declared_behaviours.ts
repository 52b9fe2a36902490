/**
 * Reads what classes of servers and state machines declare beside what their kinds have.
 */

import { type ActorClass } from '../actor.js';
import { InvalidDeclaration } from '../errors.js';
import { Server } from '../server.js';
import {
  type InState,
  MachineActor,
  StateHandler,
  type StateHooks,
  StateMachine,
  type StateOptions,
} from '../state_machine.js';
import { type Behaviour, type BoundHandler, type Method, plainHandler } from './kind.js';
import { flag } from './refusals.js';

function isServerClass(actor: { readonly prototype: unknown }): boolean {
  return actor.prototype instanceof Server;
}

/** Whether it is a class of state machines. */
export function isMachineClass(actor: { readonly prototype: unknown }): boolean {
  return actor.prototype instanceof StateMachine || actor.prototype instanceof MachineActor;
}

/** Whether the core runs the general part of a class's program. */
export function behaves(actor: ActorClass): boolean {
  return isServerClass(actor) || isMachineClass(actor);
}

/** The general part of a class's program, where the core runs one. */
export function behaviourOf(actor: ActorClass, name: string): Behaviour | undefined {
  if (isServerClass(actor)) {
    return { name: 'server', enterCalls: false, states: new Set(), classes: undefined };
  }
  if (!isMachineClass(actor)) {
    return undefined;
  }
  const { initial, enterCalls, states = [] } = actor.options as Partial<StateOptions>;
  const all = [initial, ...states, ...Object.keys(inStateOf(actor))];
  for (const declared of Object.values(actor.handlers)) {
    all.push(...(declared instanceof StateHandler ? Object.keys(declared.functions) : []));
  }
  const wrong = all.find((state) => typeof state !== 'string' || state === '');
  if (wrong !== undefined || initial === undefined || initial === '') {
    throw new InvalidDeclaration(
      `${name}: \`static options\` needs \`initial\`, the name of the first state; states are named by texts.`,
    );
  }
  return {
    name: 'state_machine',
    enterCalls: flag(name, 'enterCalls', enterCalls),
    states: new Set(all as string[]),
    classes: undefined,
  };
}

function inStateOf(actor: ActorClass): InState {
  return isMachineClass(actor) ? (actor as unknown as { readonly inState: InState }).inState : {};
}

/** A hook with what the class has for some states. */
export function inStates(
  actor: ActorClass,
  hook: BoundHandler | undefined,
  name: keyof StateHooks,
): BoundHandler | undefined {
  const found = Object.entries(inStateOf(actor)).filter(([, hooks]) => hooks[name] !== undefined);
  if (found.length === 0) {
    return hook;
  }
  const states = new Map(found.map(([state, hooks]) => [state, hooks[name] as unknown as Method]));
  return { ...(hook ?? { ...plainHandler(-1, name), internal: true }), states };
}

/** The functions of a handler by the states that they are for. */
export function statesOf(
  actor: ActorClass,
  owner: string,
  declared: StateHandler,
): ReadonlyMap<string, Method> {
  if (!isMachineClass(actor)) {
    throw new InvalidDeclaration(`${owner}: only a state machine has handlers by states.`);
  }
  const functions = Object.entries(declared.functions);
  const wrong = functions.find(([, run]) => typeof run !== 'function');
  if (wrong !== undefined || functions.length === 0) {
    throw new InvalidDeclaration(`${owner}: a handler by states has a function for each of them.`);
  }
  return new Map(functions as [string, Method][]);
}
