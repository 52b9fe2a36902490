/** State machines whose callbacks are data, with a function for each state or one for all. */

import { byState, handler, StateMachine } from 'everact';

import { Crash } from './crash.mjs';
import { begin, end } from './servers.mjs';
import { textOf } from './terms.mjs';
import { world } from './world.mjs';

/** The states that scenarios have. */
const STATES = ['a', 'b', 'c', 'closed', 'locked', 'open', 'unlocked'];
const EVENTS = ['call', 'cast', 'info', 'internal'];

const ACTIONS = {
  postpone: ({ context }) => context.postpone(),
  reply: ({ caller }, reply) => caller.reply(reply),
  release: ({ held }, reply) => held.reply(reply),
  next_event: ({ context }, type, message) =>
    context.nextEvent(type, message, { as: type === 'internal' ? 'internal' : 'tell' }),
  state_timeout: (turn, ...given) => timeout(turn, 'state', ...given),
  event_timeout: (turn, ...given) => timeout(turn, 'event', ...given),
  timer: (turn, name, ...given) => timeout(turn, { name }, ...given),
};

function timeout({ context }, which, how, content) {
  if (how === 'cancel') {
    context.cancelTimeout(which);
  } else if (how === 'update') {
    context.updateTimeout(which, content);
  } else {
    const ms = how === 'infinity' ? undefined : how;
    if (which === 'state') {
      context.stateTimeout(ms, content);
    } else if (which === 'event') {
      context.eventTimeout(ms, content);
    } else {
      context.namedTimeout(which.name, ms, content);
    }
  }
}

class Machine extends StateMachine {
  static options = { initial: 'a', enterCalls: true, states: STATES };
  name = '';
  spec = {};
  #held = undefined;

  activated(context) {
    this.state = this.spec.initial ?? 'a';
    begin(context, this.name, this.spec.trap, this.spec);
    this.#act(this.spec.do, { context, held: undefined });
  }

  onEnter(previous, context) {
    this.moved('enter', `enter from ${previous}`, context);
  }

  onTimeout({ which, content }, context) {
    const what = typeof which === 'string' ? `${which}_timeout` : `timer ${which.name}`;
    const line = `${what} ${content ?? ''}`;
    this.moved(line, line, context);
  }

  onExit(exit, context) {
    const line = `exit ${world.nameOf(exit.from)} ${textOf(exit.reason)}`;
    this.moved(line, line, context);
  }

  terminate(reason) {
    world.write(this.name, `terminate in ${this.state}: ${textOf(reason)}`);
  }

  /** An event, by its key in the data and its line in the log. */
  moved(key, line, context) {
    world.write(this.name, `${this.state}: ${line}`);
    const { states } = this.spec;
    const entry = states[this.state]?.[key] ?? states['*']?.[key] ?? {};
    if (entry.crash !== undefined) {
      throw new Crash(entry.crash);
    }
    const caller = context.defer();
    this.#act(entry.do, { context, caller, held: this.#held });
    if (entry.hold === true) {
      this.#held = caller;
    }
    end(context, entry);
    if (entry.next !== undefined) {
      context.nextState(entry.next);
    }
    if (entry.repeat === true) {
      context.repeatState();
    }
  }

  #act(actions = [], turn) {
    for (const [action, ...given] of actions) {
      ACTIONS[action](turn, ...given);
    }
  }
}

function event(type) {
  return function (message, context) {
    const line = `${context.isInternal ? 'internal' : type} ${message}`;
    this.moved(line, line, context);
  };
}

/** One function for all states. */
export class HandlerMachine extends Machine {
  static handlers = Object.fromEntries(EVENTS.map((type) => [type, handler('any', event(type))]));
}

/** A function for each state. */
export class FunctionsMachine extends Machine {
  static handlers = Object.fromEntries(
    EVENTS.map((type) => [
      type,
      byState('any', Object.fromEntries(STATES.map((state) => [state, event(type)]))),
    ]),
  );
}

/** The class of a machine's style. */
export function machineOf({ style }) {
  return style === 'handler' ? HandlerMachine : FunctionsMachine;
}
