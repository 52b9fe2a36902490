/** The asks: one in flight, many callers, one hot key, many keys. All give asks per second. */

import { Engine } from 'everact';

import { actors, Counter, Scratch } from './actors.mjs';

const IN_FLIGHT = 1_000;
const MANY_KEYS = 1_000;
const MILLION_KEYS = 1_000_000;
/** Coprime with the number of keys, so that each comes once in a million asks, in no order that the store could like. */
const STRIDE = 7_368_787;

/** Opens, warms up for a fifth of the time, measures. */
async function withEngine(folder, seconds, measure) {
  const engine = await Engine.open({ data: folder, actors });
  try {
    await measure(engine, seconds / 5);
    return await measure(engine, seconds);
  } finally {
    await engine.close();
  }
}

/** Asks with one in flight. */
export async function sequence(ask, seconds) {
  const begin = performance.now();
  const end = begin + seconds * 1000;
  let done = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 100; i++) await ask();
    done += 100;
  }
  return (done * 1000) / (performance.now() - begin);
}

/** A thousand loops, each with one ask in flight; `ask` gets the loop's number and the ask's. */
export async function loops(ask, seconds) {
  const begin = performance.now();
  const end = begin + seconds * 1000;
  let done = 0;
  let over = false;
  const loop = async (caller) => {
    while (!over) {
      await ask(caller, done++);
      if (done % IN_FLIGHT === 0) over = performance.now() >= end;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, caller) => loop(caller)));
  return (done * 1000) / (performance.now() - begin);
}

function references(engine, actor, count) {
  return Array.from({ length: count }, (_, key) => engine.actor(actor, String(key)));
}

export const transientSeq = (_folder, seconds) =>
  withEngine(null, seconds, (engine, time) => {
    const actor = engine.actor(Scratch, 'a');
    return sequence(() => actor.add(1), time);
  });

export const transientConc = (_folder, seconds) =>
  withEngine(null, seconds, (engine, time) => {
    const own = references(engine, Scratch, IN_FLIGHT);
    return loops((caller) => own[caller].add(1), time);
  });

export const durableSeq = (folder, seconds) =>
  withEngine(folder, seconds, (engine, time) => {
    const actor = engine.actor(Counter, 'a');
    return sequence(() => actor.add(1), time);
  });

export const durableKeys = (folder, seconds) =>
  withEngine(folder, seconds, (engine, time) => {
    const keys = references(engine, Counter, MANY_KEYS);
    return loops((_caller, i) => keys[i % MANY_KEYS].add(1), time);
  });

export const durableHot = (folder, seconds) =>
  withEngine(folder, seconds, (engine, time) => {
    const hot = engine.actor(Counter, 'hot');
    return loops(() => hot.add(1), time);
  });

export const durableMillion = (folder, seconds) =>
  withEngine(folder, seconds, (engine, time) =>
    loops((_caller, i) => engine.actor(Counter, String((i * STRIDE) % MILLION_KEYS)).add(1), time),
  );
