/** Servers whose callbacks are data. */

import { handler, Server } from 'everact';

import { Crash } from './crash.mjs';
import { reasonOf, textOf } from './terms.mjs';
import { world } from './world.mjs';

/** Ends a callback as an entry says: with a reason, or with a crash. */
export function end(context, { stop, crash }) {
  if (crash !== undefined) {
    throw new Crash(crash);
  }
  if (stop?.startsWith('error:') === true) {
    throw new Crash(stop.slice('error:'.length));
  }
  if (stop !== undefined) {
    context.exit(reasonOf(stop));
  }
}

/** The beginning of a server or a machine: it enters, and says how its start comes out. */
export function begin(context, name, trap, entry) {
  world.enter(name, context.self);
  world.write('tree', `start ${name}`);
  if (trap === true) {
    context.trapExits(true);
  }
  const { stop, crash, ignore } = entry;
  if (ignore === true) {
    world.started(context.self, 'ignore');
    context.exit('normal');
  }
  const why = stop ?? (crash === undefined ? undefined : `error:${crash}`);
  world.started(context.self, why === undefined ? 'ok' : ['error', why]);
  end(context, entry);
}

export class ServerPuppet extends Server {
  static handlers = {
    call: handler({ message: 'any' }),
    cast: handler({ message: 'any' }),
    info: handler({ message: 'any' }),
    ping: handler(),
  };
  name = '';
  spec = {};
  #held = undefined;

  activated(context) {
    const { init = {}, trap } = this.spec;
    begin(context, this.name, trap, init);
    this.#then(init, context);
  }

  call(request, context) {
    return this.#does(`call ${request}`, context);
  }

  cast(message, context) {
    return this.#does(`cast ${message}`, context);
  }

  info(message, context) {
    return this.#does(`info ${message}`, context);
  }

  ping() {
    return 'pong';
  }

  onTimeout(context) {
    this.#does('timeout', context);
  }

  onContinue(value, context) {
    this.#does(`continue ${value}`, context);
  }

  onExit(exit, context) {
    this.#does(`exit ${world.nameOf(exit.from)} ${textOf(exit.reason)}`, context);
  }

  terminate(reason) {
    world.write(this.name, `terminate: ${textOf(reason)}`);
    const crash = this.spec.on?.terminate?.crash;
    if (crash !== undefined) {
      throw new Crash(crash);
    }
  }

  #does(line, context) {
    world.write(this.name, line);
    const entry = this.spec.on?.[line] ?? {};
    const { crash, hold, nonsense, release, reply, stop } = entry;
    if (crash !== undefined) {
      throw new Crash(crash);
    }
    if (nonsense === true) {
      return () => undefined;
    }
    if (hold === true) {
      this.#held = context.defer();
    }
    if (release !== undefined) {
      this.#held.reply(release);
    }
    if (stop !== undefined && reply !== undefined) {
      context.reply(reply);
    }
    end(context, { stop });
    this.#then(entry, context);
    return reply ?? void context.defer();
  }

  #then(entry, context) {
    if (entry.continue !== undefined) {
      context.continueWith(entry.continue);
    } else if (entry.timeout !== undefined) {
      context.idleTimeout(entry.timeout);
    }
  }
}
