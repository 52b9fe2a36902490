/** Chaos: kills a call or a line every few milliseconds, from a seed, and sees it die. */
import { process, type ProcessContext, type ProcessRef } from 'everact';

import { Dice } from './dice.mjs';
import { supervisorOfCalls } from './exchange.mjs';
import { lineName } from './line.mjs';

const PAUSE_MS = 30;

/** What it has killed. */
export interface Kills {
  readonly calls: number;
  readonly lines: number;
}

const STORM = { argument: { seed: 'integer', lines: 'integer' }, messages: { stop: {} } } as const;
type Inside = ProcessContext<{ readonly type: 'stop' }>;

/** Goes on until it is stopped, and answers with what it has killed. */
export const chaos = process('chaos', STORM, async (context, storm) => {
  const dice = new Dice(storm.seed);
  let calls = 0;
  let lines = 0;
  while ((await context.receive('stop', { timeoutMs: PAUSE_MS })) === undefined) {
    if (dice.roll(2) === 1) {
      calls += await killCall(context, dice);
    } else {
      lines += await kill(context, context.whereis(lineName(dice.roll(storm.lines))));
    }
  }
  context.reply({ calls, lines } satisfies Kills);
});

/** Any of those that are under way. */
async function killCall(context: Inside, dice: Dice): Promise<number> {
  const underWay = await supervisorOfCalls(context).children();
  if (underWay.length === 0) return 0;
  return kill(context, underWay[dice.roll(underWay.length)]?.process);
}

/** 1 if it was the kill that ended it: a call may have ended by itself just before. */
async function kill(context: Inside, victim: ProcessRef | undefined): Promise<number> {
  if (victim === undefined) return 0;
  const end = context.monitor(victim);
  victim.kill();
  const { reason } = await context.receive(end);
  return reason.type === 'killed' ? 1 : 0;
}
