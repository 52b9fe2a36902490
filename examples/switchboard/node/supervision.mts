/** The tree: what is started, in which order, and what begins anew together. */
import { child, supervisor, type Supervisor } from 'everact';

import { Clerk, EVENTS } from './billing.mjs';
import { Call } from './call.mjs';
import { chaos } from './chaos.mjs';
import { Exchange } from './exchange.mjs';
import { Line, lineName } from './line.mjs';
import { type Day, traffic } from './traffic.mjs';

export const KINDS = [EVENTS, Clerk, Line, Call, Exchange, chaos, traffic];

/** Each child needs those before it, and none of those after it: rest for one. */
export function tree(day: Day): Supervisor {
  const storm = { seed: day.seed, lines: day.lines };
  return supervisor({
    strategy: 'rest_for_one',
    children: [
      child(EVENTS, undefined, { name: 'events' }),
      child(Clerk, {}, { name: 'clerk' }),
      lines(day.lines),
      supervisor({
        name: 'calls',
        strategy: 'dynamic',
        children: [child(Call, {}, { restart: 'temporary' })],
      }),
      child(Exchange, {}, { name: 'exchange' }),
      child(chaos, storm, { name: 'chaos', restart: 'transient' }),
      child(traffic, day, { name: 'traffic', restart: 'transient' }),
    ],
  });
}

/** Lines do not know one another. Chaos kills more of them in a second than OTP's one in five: it is meant to. */
function lines(count: number): Supervisor {
  const one = (number: number) => child(Line, { number }, { id: lineName(number), name: lineName(number) });
  const children = Array.from({ length: count }, (_, number) => one(number));
  return supervisor({ name: 'lines', strategy: 'one_for_one', intensity: 1000, periodMs: 1000, children });
}
