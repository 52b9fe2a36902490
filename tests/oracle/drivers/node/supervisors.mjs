/** Supervisors from data, their children, and what is asked of them. */

import {
  child,
  Closed,
  handler,
  InvalidArgument,
  NoProcess,
  Process,
  supervisor,
  SupervisorError,
} from 'everact';

import { act, Memory } from './acts.mjs';
import { behaviourOf } from './behaviours.mjs';
import { Crash } from './crash.mjs';
import { begins, notStarted, reasonOf, shown, textOf } from './terms.mjs';
import { world } from './world.mjs';

/** The name that the supervisor of a name is registered under, for its children. */
const REGISTERED = 'the supervisor ';

/**
 * A child of a supervisor. `polite` traps exits and, when its parent ends it, says so and ends; `slow` takes its time; `stubborn`
 * traps exits and stays. Where a scenario has a server, it does what that would at its beginning and its end.
 */
export class Child extends Process {
  static handlers = {
    do: handler({ message: { command: ['any'] } }),
    ping: handler(),
    message: handler({ message: { tag: 'any' } }),
  };
  name = '';
  manner = ['plain', 0];
  outcomes = ['ok'];
  server = null;
  #memory = new Memory();
  #mailbox = [];

  activated(context) {
    world.notice();
    const attempt = world.attempt(this.name);
    const outcome = this.outcomes[Math.min(attempt, this.outcomes.length - 1)];
    if (outcome === 'ok') {
      context.trapExits(this.manner[0] !== 'plain' || this.server?.trap === true);
      world.enter(this.name, context.self);
      world.write('tree', `start ${this.name}`);
      this.#init(context, this.server?.init ?? {});
      return undefined;
    }
    if (outcome === 'ignore') {
      world.write('tree', `start ${this.name} is ignored`);
      context.exit('normal');
    }
    if (outcome === 'hang') {
      world.enter(this.name, context.self);
      world.write('tree', `start ${this.name} hangs`);
      return new Promise(() => undefined);
    }
    world.write('tree', `start ${this.name} fails`);
    return context.exit(reasonOf(outcome));
  }

  #init(context, { stop, crash }) {
    if (stop !== undefined) {
      context.exit(reasonOf(stop));
    }
    if (crash !== undefined) {
      throw new Crash(crash);
    }
  }

  async do({ command: [verb, ...given] }, context) {
    if (verb === 'take') {
      return this.#take(given[0]);
    }
    if (verb === 'mailbox') {
      return this.#mailbox.splice(0).map((message) => shown(message, this.#memory.monitors));
    }
    return await act(context, this.#memory, [verb, ...given]);
  }

  #take(pattern) {
    const lists = this.#mailbox.map((message) => shown(message, this.#memory.monitors));
    const at = lists.findIndex((list) => begins(list, pattern));
    return at < 0 ? 'nothing' : (this.#mailbox.splice(at, 1), lists[at]);
  }

  ping() {
    return 'pong';
  }

  message({ tag }) {
    this.#mailbox.push({ type: 'message', tag });
  }

  async onExit(exit, context) {
    const [manner, ms] = this.manner;
    if (this.server !== null && exit.isFromParent) {
      world.write(this.name, `terminate: ${textOf(exit.reason)}`);
      const crash = this.server.on?.terminate?.crash;
      this.#init(context, crash === undefined ? { stop: textOf(exit.reason) } : { crash });
    }
    if (manner !== 'polite' || !exit.isFromParent) {
      this.#mailbox.push(exit);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (context.self.isAlive()) {
      const reason = textOf(exit.reason);
      world.write('tree', `stop ${this.name}: ${reason}`);
      context.exit(exit.reason);
    }
  }

  onDown(down) {
    this.#mailbox.push(down);
  }
}

/** The first child of a supervisor, which runs no code of ours itself: it says that this one begins, and is gone. */
export class Beginning extends Process {
  name = '';
  isNested = false;

  activated(context) {
    world.notice();
    world.enter(this.name, context.whereis(REGISTERED + this.name));
    if (this.isNested) {
      world.write('tree', `start ${this.name}`);
    }
    context.exit('normal');
  }
}

/** A supervisor of the oracle's data. */
function treeOf(name, data, isNested) {
  const { strategy = 'one_for_one', intensity, period_s: seconds, auto_shutdown: autoShutdown } = data;
  const isDynamic = strategy === 'simple_one_for_one';
  if (isDynamic) {
    world.templates.set(name, data.children[0]);
    if (isNested) {
      world.alike.set(name, REGISTERED + name);
    }
  }
  const children = (data.children ?? []).map((one) => childOf(one));
  const beginning = child(Beginning, { name, isNested }, { id: 'the beginning', restart: 'temporary' });
  return supervisor({
    strategy: isDynamic ? 'dynamic' : strategy,
    intensity,
    periodMs: seconds === undefined ? undefined : seconds * 1000,
    autoShutdown,
    name: REGISTERED + name,
    children: isDynamic ? children : [beginning, ...children],
  });
}

function childOf({ id, start = {}, restart, shutdown, significant }) {
  const options = { id, restart, shutdownMs: shutdown, significant };
  if (start.supervisor !== undefined) {
    return child(treeOf(id, start.supervisor, true), undefined, options);
  }
  if (start.machine !== undefined) {
    return child(...behaviourOf('machine', id, start.machine), options);
  }
  return child(Child, argumentOf(id, start), options);
}

function argumentOf(name, { manner = 'plain', outcomes = ['ok'], server = null }) {
  const slow = Array.isArray(manner) ? ['polite', manner[1]] : [manner, 0];
  return { name, manner: slow, outcomes, server };
}

/** Starts a supervisor, from outside or by a puppet. */
export async function startSupervisor(scope, name, data) {
  world.write('tree', `start ${name}`);
  try {
    const top = await scope.startSupervisor(treeOf(name, data, false));
    if (data.strategy === 'simple_one_for_one') {
      world.enter(name, top);
    }
    return 'ok';
  } catch (error) {
    world.templates.delete(name);
    if (error instanceof Closed) {
      throw error;
    }
    return error instanceof InvalidArgument ? 'invalid' : ['error', await world.ended(name)];
  }
}

const OPERATIONS = {
  count: (top) => top.count(),
  which: async (top) => {
    const list = await top.children();
    const status = {
      running: 'running',
      restarting: 'restarting',
      absent: 'stopped',
    };
    const rows = list.map((one) => [one.id ?? world.nameOf(one.process), status[one.status], one.type]);
    return rows.sort(([one], [other]) => (one < other ? -1 : 1));
  },
  start_child: async (top, name, given) => {
    const started =
      typeof given === 'string'
        ? await top.start(Child, argumentOf(given, world.templates.get(name).start ?? {}))
        : await top.startChild(childOf(given));
    return started === undefined ? 'ignored' : 'ok';
  },
  terminate_child: async (top, name, id) => {
    await top.terminateChild(world.templates.has(name) ? world.process(id) : id);
  },
  restart_child: async (top, _name, id) => {
    return (await top.restartChild(id)) === undefined ? 'ignored' : 'ok';
  },
  delete_child: (top, _name, id) => top.deleteChild(id),
  stop: async (top, _name, reason) => {
    const ended = top.ended();
    top.exit(reasonOf(reason));
    await ended;
  },
};

/** Whether a command is about a supervisor. */
export function isOperation(verb) {
  return Object.hasOwn(OPERATIONS, verb);
}

/** Asks something of a supervisor. */
export async function operate(verb, name, given) {
  const top = world.process(name);
  if (top === undefined || !top.isAlive()) {
    return ['failed', 'noproc'];
  }
  try {
    return (await OPERATIONS[verb](top, name, ...given)) ?? 'ok';
  } catch (error) {
    return refused(error);
  }
}

function refused(error) {
  if (error instanceof SupervisorError) {
    if (error.reason !== undefined) {
      return ['error', notStarted(error.path, error.reason)];
    }
    return error.why === 'dynamic' ? 'all_alike' : error.why;
  }
  if (error instanceof InvalidArgument) {
    return 'invalid';
  }
  if (error instanceof NoProcess) {
    return ['failed', 'noproc'];
  }
  throw error;
}
