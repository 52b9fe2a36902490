/** Servers, state machines and event managers: how they are started, asked and stopped. */

import { DeadlineExceeded } from 'everact';

import { FunctionsMachine, HandlerMachine, machineOf } from './machines.mjs';
import { manager } from './managers.mjs';
import { ServerPuppet } from './servers.mjs';
import { reasonOf } from './terms.mjs';
import { world } from './world.mjs';

const CALL_MS = 3000;

/** The kinds of behaviours. */
export const BEHAVIOURS = [ServerPuppet, FunctionsMachine, HandlerMachine, manager];

/** The class of a kind, and what a process of it is spawned with. */
export function behaviourOf(kind, name, spec) {
  return [kind === 'server' ? ServerPuppet : machineOf(spec), { name, spec }];
}

/** Starts one, with a link where a puppet does; `spawn` is the way. */
export async function startBehaviour(spawn, kind, name, spec) {
  if (kind === 'manager') {
    world.enter(name, spawn(manager));
    return 'ok';
  }
  const process = spawn(...behaviourOf(kind, name, spec));
  return (await world.start(process)) ?? 'no answer';
}

/** A puppet calls one. */
export async function call(context, name, request, ms = CALL_MS) {
  const process = world.process(name);
  if (process === undefined || !process.isAlive()) {
    return ['failed', 'noproc'];
  }
  try {
    return await context.process(process).ask('call', request, { deadlineMs: ms });
  } catch (error) {
    return ['failed', error instanceof DeadlineExceeded ? 'timeout' : await world.endOf(process)];
  }
}

/** A puppet tells one something. */
export function tell(context, handler, name, message) {
  const process = world.process(name);
  if (process === undefined) {
    return;
  }
  context.tell(process, handler, process.kind === 'manager' ? { tag: message } : message);
}

/** Whether a process is one of these. */
export function isBehaviour(name) {
  const kind = world.process(name)?.kind;
  return kind !== undefined && !['puppet', 'child', 'supervisor', 'ended'].includes(kind);
}

/** Stops one from outside. */
export async function stop(name, reason) {
  const process = world.process(name);
  if (!process.isAlive()) {
    return ['failed', 'noproc'];
  }
  try {
    await world.engine.stop(process, reasonOf(reason));
    return 'ok';
  } catch (error) {
    return ['failed', (await world.endOf(process)) ?? String(error)];
  }
}
