/** The flights job (examples/flights/README.md): main.mjs --data FOLDER FILE... */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Engine } from 'everact';

import { Airport } from './airport.mjs';
import { groupBy, isEqual } from './groupby.mjs';
import { Progress } from './progress.mjs';

const ARRIVALS_WAIT_MS = 60_000;
const ARRIVALS_PAUSE_MS = 20;
const IN_FLIGHT = 1_000;
const BUSIEST = 10;

/** The records of each file, in order. */
function readRecords(files) {
  return files.map((file) => ({ producer: basename(file), rows: JSON.parse(readFileSync(file, 'utf8')) }));
}

/** Sends every record to its origin's actor; what an earlier run has applied is not applied again. */
async function sendAll(engine, sources, onDone) {
  let sent = 0;
  let known = 0;
  for (const { producer, rows } of sources) {
    const done = await engine.producer(producer).ingest(rows, {
      to: Airport,
      handler: 'departed',
      key: ({ origin }) => origin,
      message: ({ destination, delay, distance, date }) => ({ destination, delay, distance, date }),
      inFlight: IN_FLIGHT,
      onDone,
    });
    sent += done.applied;
    known += done.alreadyApplied;
  }
  return { sent, known };
}

/** Code -> report of all airports, once every departure has arrived. */
async function awaitReports(engine, codes) {
  const giveUp = performance.now() + ARRIVALS_WAIT_MS;
  for (;;) {
    const reports = await Promise.all(codes.map((code) => engine.actor(Airport, code).report()));
    const sum = (name) => reports.reduce((total, report) => total + report[name], 0);
    if (sum('arrivals') === sum('departures')) {
      return new Map(codes.map((code, at) => [code, reports[at]]));
    }
    if (performance.now() > giveUp) throw new Error('the arrivals do not come');
    await sleep(ARRIVALS_PAUSE_MS);
  }
}

function printRow(code, departures, arrivals, delays, distances, worst, remark) {
  const numbers = [departures, arrivals, delays, distances, worst];
  const widths = [12, 12, 12, 14, 8];
  console.log(
    code.padEnd(8) + numbers.map((n, at) => String(n).padStart(widths[at])).join('') + `  ${remark}`,
  );
}

/** Prints the busiest airports; the result is how many of all airports differ from the group-by. */
function printTable(reports, totals) {
  const flights = ([, report]) => report.departures + report.arrivals;
  const busiest = [...reports]
    .sort((one, other) => flights(other) - flights(one) || (one[0] < other[0] ? -1 : 1))
    .slice(0, BUSIEST);
  printRow('airport', 'departures', 'arrivals', 'delay sum', 'distance sum', 'worst', 'group-by');
  for (const [code, report] of busiest) {
    const { departures, arrivals, delay_sum, distance_sum, worst_delay } = report;
    const remark = isEqual(report, totals.get(code)) ? 'equal' : 'differs';
    printRow(code, departures, arrivals, delay_sum, distance_sum, worst_delay, remark);
  }
  return [...reports].filter(([code, report]) => !isEqual(report, totals.get(code))).length;
}

async function main() {
  const { values, positionals: files } = parseArgs({
    options: { data: { type: 'string' } },
    allowPositionals: true,
  });
  if (values.data === undefined || files.length === 0) {
    throw new Error('usage: run.sh --data FOLDER FILE...');
  }
  const sources = readRecords(files);
  const records = sources.flatMap(({ rows }) => rows);
  const totals = groupBy(records);
  const engine = await Engine.open(values.data, { actors: [Airport] });
  const progress = new Progress(records.length);
  const begin = performance.now();
  const { sent, known } = await sendAll(engine, sources, () => progress.step());
  const reports = await awaitReports(engine, [...totals.keys()]);
  const seconds = (performance.now() - begin) / 1000;
  await engine.close();

  const differing = printTable(reports, totals);
  const verdict = differing === 0 ? 'all equal to' : `${differing} differ from`;
  console.log(`\n${records.length} flights, ${totals.size} airports: ${verdict} the group-by`);
  const rate = Math.floor(records.length / seconds);
  console.log(`node: ${sent} sent, ${known} known, ${seconds.toFixed(2)} s, ${rate} flights/s`);
  if (differing > 0) process.exitCode = 1;
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
