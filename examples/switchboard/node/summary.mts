/** What is printed at the end, and whether it adds up. */
import { type Kills } from './chaos.mjs';
import { open, type Tally } from './exchange.mjs';
import { type Day } from './traffic.mjs';

/** Figures from five places: the exchange, chaos, both handlers of events, the lines, and the tree. */
export interface Summary {
  readonly day: Day;
  readonly tally: Tally;
  readonly kills: Kills;
  readonly bills: number;
  readonly starts: number;
  readonly idle: number;
  readonly callsLeft: number;
}

/** The same in every language. */
export function textOf(summary: Summary): string {
  const { day, tally, kills, bills, starts, idle, callsLeft } = summary;
  const rows: [string, number][] = [
    ['calls begun', tally.begun],
    ['  completed', tally.completed],
    ['  busy', tally.busy],
    ['  given up', tally.givenUp],
    ['  killed', tally.killed],
    ['  line lost', tally.lineLost],
    ['bills', bills],
    ['calls killed by chaos', kills.calls],
    ['lines killed by chaos', kills.lines],
    ['lines restarted', starts - day.lines],
    ['lines idle', idle],
    ['calls left in the tree', callsLeft],
  ];
  const verdict = addsUp(summary) ? 'it adds up' : 'IT DOES NOT ADD UP';
  const lines = rows.map(([name, count]) => name.padEnd(24) + String(count).padStart(6));
  return [`seed ${day.seed}`, ...lines, verdict].join('\n');
}

/** Every call has ended in one way, every kill was seen by both sides, every line is back. */
export function addsUp({ day, tally, kills, bills, starts, idle, callsLeft }: Summary): boolean {
  return (
    open(tally) === 0 &&
    tally.begun === day.calls &&
    tally.completed === bills &&
    tally.killed === kills.calls &&
    starts - day.lines === kills.lines &&
    idle === day.lines &&
    callsLeft === 0
  );
}
