/** The commands that every puppet can do; they run in the puppet's process. */

import { DeadlineExceeded, InvalidArgument, NameTaken, NoProcess, Overloaded } from 'everact';

import { call, startBehaviour, tell } from './behaviours.mjs';
import { Crash } from './crash.mjs';
import { addSupervised } from './managers.mjs';
import { startSupervisor } from './supervisors.mjs';
import { puppet } from './puppet.mjs';
import { reasonOf } from './terms.mjs';
import { world } from './world.mjs';

const PING_MS = 2000;

/** What a puppet remembers: the names of its watches, and its timers. */
export class Memory {
  monitors = new Map();
  watches = new Map();
  timers = new Map();
  crowd = [];

  watch(name, monitor) {
    this.watches.set(name, monitor);
    this.monitors.set(monitor.id, name);
  }
}

const ACTS = {
  link: (context, _memory, other) => onOther(other, (process) => context.link(process), world.tied(other)),
  unlink: (context, _memory, other) =>
    onOther(other, (process) => context.unlink(process), world.tied(other)),
  links: async (context) => {
    const { links } = await world.engine.inspect(context.self);
    return links.map((one) => world.nameOf({ number: one.process })).sort();
  },
  trap: (context, _memory, on) => void context.trapExits(on),
  exit: (context, _memory, reason) => given(() => context.exit(reasonOf(reason))),
  crash: (_context, _memory, text) => {
    throw new Crash(text);
  },
  send_exit: (context, _memory, other, reason) =>
    given(() => onOther(other, (process) => context.process(process).exit(reasonOf(reason)))),
  spawn_link: async (context, _memory, name, ...first) => {
    await world.entered(context.spawnLink(puppet, { name, first }));
  },
  spawn_monitor: async (context, memory, name, ...first) => {
    const [process, monitor] = context.spawnMonitor(puppet, { name, first });
    memory.watch(name, monitor);
    await world.entered(process);
  },
  monitor: (context, memory, of, as = of) => {
    const process = of.startsWith('name:') ? context.whereis(of.slice('name:'.length)) : world.tied(of);
    memory.watch(as, context.monitor(process ?? NOBODY(context)));
  },
  demonitor: (context, memory, as, how) => {
    const wasOn = context.demonitor(memory.watches.get(as), {
      flush: how === 'flush',
    });
    return how === 'info' ? wasOn : 'ok';
  },
  send: (context, _memory, other, tag) =>
    onOther(other, (process) => context.tell(process, 'message', { tag })),
  flood: (context, _memory, other, count, tag) =>
    onOther(other, (process) => {
      for (let sent = 0; sent < count; sent++) {
        context.tell(process, 'message', { tag });
      }
    }),
  ping: (context, _memory, other) => ping(context, other),
  register: (context, _memory, name, of) => {
    try {
      context.register(name, of === undefined ? context.self : world.process(of));
      return 'ok';
    } catch (error) {
      return refused(error);
    }
  },
  unregister: (context, _memory, name) => (context.unregister(name) ? 'ok' : 'unknown_name'),
  whereis: (context, _memory, name) => {
    const process = context.whereis(name);
    return process === undefined ? null : world.nameOf(process);
  },
  send_name: (context, _memory, name, tag) => {
    const process = context.whereis(name);
    if (process === undefined) {
      return 'unknown_name';
    }
    context.tell(process, 'message', { tag });
    return 'ok';
  },
  join: (context, _memory, group, other) => {
    context.join(group, other === undefined ? context.self : world.process(other));
  },
  leave: (context, _memory, group) => (context.leave(group) ? 'ok' : 'not_joined'),
  members: (context, _memory, group) => names(context.members(group)),
  groups: async (context) => (await context.groups()).sort(),
  watch_group: (context, _memory, group) => names(context.monitorGroup(group)[1]),
  publish: (context, _memory, group, tag) => void context.publish(group, { type: 'message', tag }),
  timer: (context, memory, timer, afterMs, tag, to) => {
    const process = to === undefined ? context.self : world.process(to);
    return armed(memory, timer, () => context.sendAfter(afterMs, process, { type: 'message', tag }));
  },
  every: (context, memory, timer, everyMs, tag) => {
    return armed(memory, timer, () => context.sendEvery(everyMs, context.self, { type: 'message', tag }));
  },
  race: async (context, _memory, name, count) => {
    const got = [];
    for (let runner = 0; runner < count; runner++) {
      try {
        got.push(context.spawn(puppet, UNKNOWN, { name }));
      } catch (error) {
        if (!(error instanceof NameTaken)) {
          throw error;
        }
      }
    }
    await endAll(got);
    return got.length;
  },
  crowd: (context, memory, count) => {
    try {
      for (let one = 0; one < count; one++) {
        memory.crowd.push(context.spawn(puppet, UNKNOWN));
      }
      return 'ok';
    } catch (error) {
      return error instanceof Overloaded ? 'too_many' : Promise.reject(error);
    }
  },
  disperse: (_context, memory) => endAll(memory.crowd.splice(0)),
  watches: (context, _memory, of, count) => {
    try {
      for (let watch = 0; watch < count; watch++) {
        context.monitor(world.process(of));
      }
      return 'ok';
    } catch (error) {
      return error instanceof Overloaded ? 'too_many' : Promise.reject(error);
    }
  },
  rounds: async (context, _memory, count) => {
    for (let round = 0; round < count; round++) {
      await context.receive(context.monitor(NOBODY(context)));
    }
  },
  cancel: (_context, memory, timer) => left(memory.timers.get(timer).cancel()),
  read: (_context, memory, timer) => left(memory.timers.get(timer).read()),
  start_link: (context, _memory, kind, name, data) =>
    kind === 'supervisor'
      ? startSupervisor(context, name, data)
      : startBehaviour((...given) => context.spawnLink(...given), kind, name, data),
  call: (context, _memory, name, request, ms) => call(context, name, request, ms),
  cast: (context, _memory, name, message) => tell(context, 'cast', name, message),
  info: (context, _memory, name, message) => tell(context, 'info', name, message),
  add_sup_handler: (context, _memory, name, id, spec) => addSupervised(context, name, id, spec),
};

/** Does a command of a puppet; what it gives. */
export async function act(context, memory, [verb, ...given]) {
  const does = ACTS[verb];
  if (does === undefined) {
    return { fault: `not yet: ${verb}` };
  }
  const gives = await does(context, memory, ...given);
  return gives === undefined ? 'ok' : gives;
}

/** A name that was never used is that of a dead process: what is done to it has no effect. */
function onOther(name, does, process = world.process(name)) {
  if (process !== undefined) {
    does(process);
  }
}

function NOBODY(context) {
  return context.process('puppet/1');
}

/** Processes of which the scenario knows nothing. */
const UNKNOWN = { name: '', first: [] };

async function endAll(processes) {
  const ends = processes.map((process) => process.ended());
  processes.forEach((process) => process.kill());
  await Promise.all(ends);
}

function armed(memory, name, arm) {
  return given(() => void memory.timers.set(name, arm()));
}

/** What comes of giving something that may not be. */
function given(gives) {
  try {
    return gives();
  } catch (error) {
    if (error instanceof InvalidArgument) {
      return 'invalid';
    }
    throw error;
  }
}

async function ping(context, name) {
  const process = world.process(name);
  if (process === undefined || !process.isAlive()) {
    return ['ended', 'noproc'];
  }
  try {
    return await context.process(process).ask('ping', undefined, { deadlineMs: PING_MS });
  } catch (error) {
    if (error instanceof NoProcess) {
      return ['ended', await world.endOf(process)];
    }
    return error instanceof DeadlineExceeded ? 'no answer' : Promise.reject(error);
  }
}

function refused(error) {
  if (error instanceof NameTaken) {
    return 'name_taken';
  }
  if (error instanceof NoProcess) {
    return 'noproc';
  }
  if (error instanceof InvalidArgument) {
    return 'has_a_name';
  }
  throw error;
}

function names(processes) {
  return processes.map((process) => world.nameOf(process)).sort();
}

function left(ms) {
  return ms === undefined ? 'gone' : 'left';
}
