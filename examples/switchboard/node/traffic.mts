/** The people who use the telephone: every few milliseconds one of them lifts a handset. */
import { setTimeout as sleep } from 'node:timers/promises';

import { process } from 'everact';

import { type Plan } from './call.mjs';
import { Dice } from './dice.mjs';

const PAUSE_MS = 8;

/** How much they talk. */
export interface Day {
  readonly seed: number;
  readonly calls: number;
  readonly lines: number;
}

const DAY = { seed: 'integer', calls: 'integer', lines: 'integer' } as const;

/** Places so many calls, and is done. */
export const traffic = process('traffic', { argument: DAY, messages: {} }, async (context, day) => {
  const dice = new Dice(day.seed);
  const exchange = context.whereis('exchange');
  for (let placed = 0; placed < day.calls; placed++) {
    await exchange?.ask('place', plan(dice, day.lines));
    await sleep(PAUSE_MS);
  }
});

/** One in twelve forgets to dial, one in eight is not at home. */
function plan(dice: Dice, lines: number): Plan {
  const caller = dice.roll(lines);
  const callee = String(dice.roll(lines)).padStart(2, '0');
  const dials = dice.roll(12) > 0 ? callee : '';
  const answerMs = dice.roll(8) > 0 ? 2 + dice.roll(15) : 0;
  return { caller, dials, answerMs, talkMs: 10 + dice.roll(50) };
}
