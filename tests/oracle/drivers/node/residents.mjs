/** Durable actors of a scenario, which OTP does not have: what they hear of others is in their logs. */

import { Actor, handler, HandlerFailed } from 'everact';

import { Crash } from './crash.mjs';
import { puppet } from './puppet.mjs';
import { textOf } from './terms.mjs';
import { world } from './world.mjs';

const ACTS = {
  link: (context, _actor, name) => context.link(world.tied(name)),
  unlink: (context, _actor, name) => context.unlink(world.tied(name)),
  monitor: (context, _actor, name) => void context.monitor(world.tied(name) ?? context.process('puppet/1')),
  trap: (context, _actor, isOn) => void context.trapExits(isOn),
  spawn_link: async (context, _actor, name) => {
    await world.entered(context.spawnLink(puppet, { name, first: [] }));
  },
  passivate: (context) => context.passivate(),
  add: (_context, actor, amount) => (actor.value += amount),
  crash: (_context, actor, text) => {
    actor.value = -1;
    throw new Crash(text);
  },
};

/** A durable actor whose key is its name. */
export class Resident extends Actor {
  static handlers = { do: handler({ message: { command: ['any'] } }), ping: handler() };
  value = 0;

  activated({ key }) {
    world.write(key, 'activated');
  }

  passivating({ key }) {
    world.write(key, 'passivating');
  }

  onExit({ from, reason }, { key }) {
    world.write(key, `exit ${world.nameOf(from)} ${textOf(reason)}`);
  }

  onDown({ from, reason }, { key }) {
    world.write(key, `down ${world.nameOf(from)} ${textOf(reason)}`);
  }

  async do({ command: [verb, ...given] }, context) {
    return (await ACTS[verb](context, this, ...given)) ?? 'ok';
  }

  ping() {
    return 'pong';
  }
}

/** Has an actor do something. */
export async function actByActor(name, command) {
  try {
    return await world.engine.actor(Resident, name).do({ command });
  } catch (error) {
    const isItsOwn = error instanceof HandlerFailed;
    return ['failed', isItsOwn ? `error:${error.message.replace('Crash: ', '')}` : error.name];
  }
}
