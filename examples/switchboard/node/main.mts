// A telephone exchange that is shot at while it works, and loses nothing but the calls that were hit.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Engine, type ProcessRef } from 'everact';

import { events } from './billing.mjs';
import { type Kills } from './chaos.mjs';
import { supervisorOfCalls, type Tally } from './exchange.mjs';
import { lineName } from './line.mjs';
import { addsUp, type Summary, textOf } from './summary.mjs';
import { KINDS, tree } from './supervision.mjs';
import { type Day } from './traffic.mjs';

const LINES = 40;

/** Runs the tree until all calls are over. */
async function run(day: Day, listen: string | undefined): Promise<Summary> {
  // `control`: so that `everact` may look inside.
  const open = listen === undefined ? {} : { listen, gateway: { control: true } };
  await using engine = await Engine.open({ processes: KINDS, ...open });
  await engine.run(tree(day));
  await named(engine, 'traffic').ended();
  const kills = (await named(engine, 'chaos').ask({ type: 'stop' })) as Kills;
  const tally = (await named(engine, 'exchange').ask('drained')) as Tally;
  let summary = await lookAround(engine, day, tally, kills);
  for (let looks = 0; looks < 100 && !addsUp(summary); looks++) {
    await sleep(50); // a line that was killed last may still be on its way back
    summary = await lookAround(engine, day, tally, kills);
  }
  return summary;
}

/** Asks all the others what they know. */
async function lookAround(engine: Engine, day: Day, tally: Tally, kills: Kills): Promise<Summary> {
  const bills = await events(engine).call<number>('billing');
  const starts = await events(engine).call<number>('monitor');
  let idle = 0;
  for (let number = 0; number < day.lines; number++) {
    if (await engine.whereis(lineName(number))?.ask('idle')) idle += 1;
  }
  const { active } = await supervisorOfCalls(engine).count();
  return { day, tally, kills, bills, starts, idle, callsLeft: active };
}

/** The process of a name, which the tree keeps alive. */
function named(engine: Engine, name: string): ProcessRef {
  const found = engine.whereis(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    calls: { type: 'string', default: '300' },
    listen: { type: 'string' },
  },
});
const summary = await run(
  { seed: Number(values.seed), calls: Number(values.calls), lines: LINES },
  values.listen,
);
console.log(textOf(summary));
process.exitCode = addsUp(summary) ? 0 : 1;
