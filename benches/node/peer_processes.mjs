/**
 * The same of nact: actors that are functions of state and message, each a child of the system. Its restart is the reset of an actor
 * that has thrown; it has no timers.
 */

import { fileURLToPath } from 'node:url';

import { dispatch, query, spawn, start, stop } from 'nact';

import { aloneBytes, residentBytes } from './memory.mjs';

/** Fewer than of ours, because nact takes twenty seconds for a million. */
const LIVE = 250_000;
const PAGE = 1_000;
const RING = 1_000;
const PAIRS = 64;
const QUERY_MS = 30_000;
const HOPS = 100_000;
const TELLS = 100_000;
const ASKS = 50_000;
const RESTARTS = 10_000;
const SPAWNS = 100_000;
const self = fileURLToPath(import.meta.url);

let done = () => {};
let total = 0;

async function rate(count, work) {
  const system = start();
  const finished = new Promise((resolve) => (done = resolve));
  const begin = performance.now();
  await work(system);
  await finished;
  const took = performance.now() - begin;
  stop(system);
  return (count * 1000) / took;
}

const holder = (value = 0, amount) => {
  total += amount;
  return value + amount;
};

/** Names are given: those that nact makes up collide among so many. */
const spawnHolder = (system, i) => spawn(system, holder, `holder-${i}`);

export const spawns = () =>
  rate(SPAWNS, (system) => {
    for (let i = 0; i < SPAWNS; i++) spawnHolder(system, i);
    done();
  });

export const tells = () =>
  rate(TELLS, (system) => {
    const sink = spawn(system, (heard = 0, message) => {
      if (typeof message === 'number') return heard + message;
      if (heard < TELLS) dispatch(message.source, 'send');
      else done();
      return heard;
    });
    const source = spawn(system, (_state, _message, context) => {
      for (let i = 0; i < PAGE; i++) dispatch(sink, 1);
      dispatch(sink, { source: context.self });
    });
    dispatch(source, 'send');
  });

export const ring = () =>
  rate(HOPS, (system) => {
    const members = Array.from({ length: RING }, (_, i) =>
      spawn(system, (_state, left) => {
        if (left > 0) dispatch(members[(i + 1) % RING], left - 1);
        else done();
      }),
    );
    dispatch(members[0], HOPS);
  });

export const pairs = () =>
  rate(ASKS, async (system) => {
    const askers = Array.from({ length: PAIRS }, () => {
      const asked = spawn(system, (_state, { value, sender }) => dispatch(sender, value));
      return spawn(system, async (_state, { asks, sender }) => {
        for (let i = 0; i < asks; i++) await query(asked, (from) => ({ value: 1, sender: from }), QUERY_MS);
        dispatch(sender, 'done');
      });
    });
    const run = (asker) => query(asker, (sender) => ({ asks: ASKS / PAIRS, sender }), QUERY_MS);
    await Promise.all(askers.map(run));
    done();
  });

export const restarts = () =>
  rate(RESTARTS, (system) => {
    let left = RESTARTS;
    const mortal = spawn(
      system,
      () => {
        throw new Error('it is to be restarted');
      },
      'mortal',
      {
        initialStateFunc: (context) => {
          if (left-- > 0) queueMicrotask(() => dispatch(mortal, 'die'));
          else done();
          return context.name;
        },
        onCrash: (_message, _error, context) => context.reset,
      },
    );
  });

export const liveBytes = () => aloneBytes(self, 'live');

async function beLive() {
  const system = start();
  const begin = residentBytes();
  for (let at = 0; at < LIVE; at += PAGE) {
    for (let i = at; i < at + PAGE; i++) dispatch(spawnHolder(system, i), 1);
    while (total < at + PAGE) await new Promise(setImmediate);
  }
  console.log((residentBytes() - begin) / LIVE);
  process.exit(0);
}

if (process.argv[1] === self) await beLive();
