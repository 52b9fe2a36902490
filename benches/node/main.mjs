/** Prints one JSON line a figure, each the median of some rounds: main.mjs [SECONDS] [ROUNDS] [NAME'S BEGINNING] */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as asks from './asks.mjs';
import { fairness } from './fairness.mjs';
import * as opening from './opening.mjs';
import * as nact from './peer_processes.mjs';
import * as peers from './peers.mjs';
import * as processes from './processes.mjs';

/** Bytes are the same in every round, and take long. */
const ONCE = 1;

const FIGURES = [
  ['ask.transient.seq', '1/s', asks.transientSeq],
  ['ask.transient.conc', '1/s', asks.transientConc],
  ['peer.promise_queue.seq', '1/s', peers.queueSeq],
  ['peer.promise_queue.conc', '1/s', peers.queueConc],
  ['peer.nact.seq', '1/s', peers.nactSeq],
  ['process.live_bytes', 'B', processes.liveBytes, ONCE],
  ['process.live_bytes.receivers', 'B', processes.receiverBytes, ONCE],
  ['process.spawns_per_s', '1/s', processes.spawns],
  ['process.tells_per_s', '1/s', processes.tells],
  ['process.ring_hops_per_s', '1/s', processes.ring],
  ['process.asks_per_s.64', '1/s', processes.pairs],
  ['process.restarts_per_s', '1/s', processes.restarts],
  ['process.arm_ns', 'ns', processes.timers],
  ['peer.nact.process.live_bytes', 'B', nact.liveBytes, ONCE],
  ['peer.nact.process.spawns_per_s', '1/s', nact.spawns],
  ['peer.nact.process.tells_per_s', '1/s', nact.tells],
  ['peer.nact.process.ring_hops_per_s', '1/s', nact.ring],
  ['peer.nact.process.asks_per_s.64', '1/s', nact.pairs],
  ['peer.nact.process.restarts_per_s', '1/s', nact.restarts],
  ['ask.durable.seq', '1/s', asks.durableSeq],
  ['ask.durable.keys', '1/s', asks.durableKeys],
  ['ask.durable.hot', '1/s', asks.durableHot],
  ['ask.durable.million', '1/s', asks.durableMillion],
  ['open.empty_ms', 'ms', opening.openEmpty],
  ['open.million_ms', 'ms', opening.openMillion],
  ['recover.kill9_ms', 'ms', opening.recoverKilled],
  ['idle.rss_mb', 'MB', opening.idleMemory],
];

const [seconds = '2', rounds = '3', beginning = ''] = process.argv.slice(2);

async function median(measure, times) {
  const values = [];
  for (let round = 0; round < times; round++) {
    const folder = mkdtempSync(join(process.env.EVERACT_BENCH_DATA ?? tmpdir(), 'everact-bench-'));
    values.push(await measure(join(folder, 'data'), Number(seconds)));
    rmSync(folder, { recursive: true });
  }
  return values.sort((one, other) => one - other)[values.length >> 1];
}

function say(name, value, unit) {
  const shown = value >= 1000 ? Math.floor(value) : Math.round(value * 100) / 100;
  console.log(JSON.stringify({ name, language: 'node', value: shown, unit }));
}

for (const [name, unit, measure, times = Number(rounds)] of FIGURES) {
  if (name.startsWith(beginning)) say(name, await median(measure, times), unit);
}
if ('fair'.startsWith(beginning) || beginning.startsWith('fair')) {
  const found = [];
  for (let round = 0; round < Number(rounds); round++) found.push(await fairness(Number(seconds)));
  for (const [name, { unit }] of Object.entries(found[0])) {
    const values = found.map((one) => one[name].value).sort((one, other) => one - other);
    if (name.startsWith(beginning)) say(name, values[values.length >> 1], unit);
  }
}
