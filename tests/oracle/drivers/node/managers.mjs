/** Event managers whose handlers are data. */

import { EventHandler, EventHandlerError, eventManager, Refuse } from 'everact';

import { Crash } from './crash.mjs';
import { textOf } from './terms.mjs';
import { world } from './world.mjs';

export class HandlerPuppet extends EventHandler {
  id = '';
  manager = '';
  spec = {};

  init(after) {
    const left = { undefined: '', left: ` after ${after?.result}` }[after?.type] ?? ' after error';
    world.write(this.manager, `${this.id} begins${left}`);
    const { crash, refuses } = this.spec;
    if (crash !== undefined) {
      throw new Crash(crash);
    }
    if (refuses !== undefined) {
      throw new Refuse(refuses.replace(/^custom:/, ''));
    }
  }

  onEvent(event, context) {
    this.#does(event, event, context);
  }

  onInfo({ tag }, context) {
    this.#does(`info ${tag}`, tag, context);
  }

  onCall(query, context) {
    return this.#does(`call ${query}`, query, context);
  }

  onExit(exit, context) {
    const line = `exit ${world.nameOf(exit.from)} ${textOf(exit.reason)}`;
    this.#does(line, line, context);
  }

  terminate(why) {
    world.write(this.manager, `${this.id}: ends: ${endOf(why)}`);
    return `${this.id} left`;
  }

  #does(line, key, context) {
    world.write(this.manager, `${this.id}: ${line}`);
    const { crash, nonsense, remove, swap, reply = 'no reply' } = this.spec.on?.[key] ?? {};
    if (crash !== undefined) {
      throw new Crash(crash);
    }
    if (nonsense === true) {
      return () => undefined;
    }
    if (remove === true) {
      context.remove();
    } else if (swap !== undefined) {
      const [id, spec] = swap;
      context.swap(id, HandlerPuppet, { id, manager: this.manager, spec }, 'swapped');
    }
    return reply;
  }
}

export const manager = eventManager('manager', {
  handlers: [HandlerPuppet],
  messages: { info: { tag: 'any' } },
});

function endOf(why) {
  switch (why.type) {
    case 'asked':
      return why.argument;
    case 'removed':
      return 'remove_handler';
    case 'stopped':
      return 'stop';
    case 'supervisor_exited':
      return `stop ${textOf(why.reason)}`;
    default:
      return `failed ${textOf(why)}`;
  }
}

function added(name, id, spec) {
  return [id, HandlerPuppet, { id, manager: name, spec }];
}

const OPERATIONS = {
  add_handler: (ref, name, id, spec) => ref.add(...added(name, id, spec)),
  delete_handler: (ref, _name, id) => ref.remove(id, 'deleted'),
  swap_handler: (ref, name, old, id, spec) => {
    const fields = { id, manager: name, spec };
    return ref.swap({ old, farewell: 'swapped', id, handler: HandlerPuppet, fields });
  },
  handlers: (ref) => ref.handlers(),
  notify: (ref, _name, event) => ref.notify(event),
  sync_notify: (ref, _name, event) => ref.syncNotify(event),
  call_handler: (ref, _name, id, query) => ref.call(id, query),
};

/** Whether a command is about an event manager. */
export function isManaged(verb) {
  return Object.hasOwn(OPERATIONS, verb);
}

/** Asks something of an event manager. */
export function manage(verb, name, given) {
  return answered(name, verb, (ref) => OPERATIONS[verb](ref, name, ...given));
}

/** Adds a handler that a puppet supervises. */
export function addSupervised(context, name, id, spec) {
  return answered(name, 'add_sup_handler', (ref) =>
    context.process(ref).add(...added(name, id, spec), { supervised: true }),
  );
}

async function answered(name, verb, does) {
  const ref = world.process(name);
  if (ref === undefined || !ref.isAlive()) {
    return verb === 'notify' ? 'ok' : ['failed', 'noproc'];
  }
  try {
    return (await does(ref)) ?? 'ok';
  } catch (error) {
    if (!(error instanceof EventHandlerError)) {
      return ['failed', (await world.endOf(ref)) ?? String(error)];
    }
    return refused(error, verb);
  }
}

function refused({ why, reason }, verb) {
  switch (why) {
    case 'no_such_handler':
      return 'unknown_handler';
    case 'already_there':
      return 'already_installed';
    case 'failed':
      return [verb === 'call_handler' ? 'error' : 'failed', textOf(reason)];
    default:
      return ['error', textOf(reason)];
  }
}
