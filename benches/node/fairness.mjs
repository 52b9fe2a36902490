/**
 * Fairness: how long a ping waits where a hundred actors never run dry, beside an engine that is otherwise idle.
 *
 * `ask` is an ask from outside. `told` is a tell whose handler answers through a promise of the caller's: its turn waits with
 * all others in the queue of turns that are ready.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import { Actor, Engine, handler } from 'everact';

/** Actors that always have a message: each tells itself the next one. */
const BUSY = 100;
/** Between two pings. */
const PACE_MS = 1;
const WARM_UP_S = 0.2;

let turns = 0;
let over = false;
let answered = () => {};

class Busy extends Actor {
  static options = { transient: true };
  static handlers = { spin: handler() };

  spin(_message, context) {
    turns += 1;
    if (!over) context.tell(context.actor(Busy, context.key), 'spin');
  }
}

class Pong extends Actor {
  static options = { transient: true };
  static handlers = { ping: handler(), told: handler() };

  ping() {
    return 1;
  }

  told() {
    answered();
  }
}

/** Microseconds that pings took, sorted. */
async function waits(ping, seconds) {
  const took = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await sleep(PACE_MS);
    const began = performance.now();
    await ping();
    took.push((performance.now() - began) * 1000);
  }
  return took.sort((one, other) => one - other);
}

/** The figures of one run. */
export async function fairness(seconds) {
  over = false;
  const found = {};
  const engine = await Engine.open({ data: null, actors: [Busy, Pong] });
  const pong = engine.actor(Pong, 'pong');
  const pings = {
    ask: () => pong.ping(),
    told: async () => {
      const answer = new Promise((resolve) => (answered = resolve));
      await pong.tell('told');
      await answer;
    },
  };
  for (const state of ['idle', 'busy']) {
    if (state === 'busy') {
      for (let key = 0; key < BUSY; key++) await engine.actor(Busy, String(key)).tell('spin');
    }
    for (const [name, ping] of Object.entries(pings)) {
      await waits(ping, WARM_UP_S);
      const [before, began] = [turns, performance.now()];
      const took = await waits(ping, seconds);
      for (const [part, value] of [
        ['p50', 0.5],
        ['p99', 0.99],
      ]) {
        const at = Math.min(took.length - 1, Math.floor(took.length * value));
        found[`fair.${name}.${state}_${part}_us`] = { value: took[at], unit: 'us' };
      }
      if (state === 'busy') {
        found['fair.turns_per_s'] = {
          value: ((turns - before) * 1000) / (performance.now() - began),
          unit: '1/s',
        };
      }
    }
  }
  over = true;
  await engine.close();
  for (const name of Object.keys(pings)) {
    const times = found[`fair.${name}.busy_p99_us`].value / found[`fair.${name}.idle_p99_us`].value;
    found[`fair.${name}.busy_by_idle_p99`] = { value: times, unit: 'times' };
  }
  return found;
}
