/**
 * What an engine costs before it does anything: the time to the first durable answer of an empty store, of one with a
 * million actors, and of one whose process was killed under load; and memory.
 */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Engine } from 'everact';

import { actors, Counter } from './actors.mjs';

const SETTLE_MS = 300;
const MILLION = 1_000_000;
const IN_FLIGHT = 1_000;
const self = fileURLToPath(import.meta.url);

/** Milliseconds from nothing to the first durable answer. */
export async function openEmpty(folder) {
  const begin = performance.now();
  const engine = await Engine.open({ data: folder, actors });
  await engine.actor(Counter, 'a').add(1);
  const took = performance.now() - begin;
  await engine.close();
  return took;
}

/** The folder with a million actors, filled once. */
let million;

/** The same on a store of a million actors. */
export async function openMillion() {
  if (million === undefined) {
    const folder = mkdtempSync(join(process.env.EVERACT_BENCH_DATA ?? tmpdir(), 'everact-million-'));
    process.once('exit', () => rmSync(folder, { recursive: true }));
    million = join(folder, 'data');
    const engine = await Engine.open({ data: million, actors });
    let next = 0;
    await inFlight(async () => {
      while (next < MILLION) await engine.actor(Counter, String(next++)).add(1);
    });
    await engine.close();
  }
  return openEmpty(million);
}

/** The same on the folder of a process that was killed under load. */
export async function recoverKilled(folder, seconds) {
  const child = spawn(process.execPath, [self, 'load', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await sleep(seconds * 1000);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return openEmpty(folder);
}

async function inFlight(loop) {
  await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
}

/** How many MB more a process holds with an open engine than without; each is a process of its own. */
export function idleMemory(folder) {
  const measure = (role) => Number(execFileSync(process.execPath, ['--expose-gc', self, role, folder]));
  const bare = measure('bare');
  return measure('open') - bare;
}

/** The whole work of a child that is to be killed: it says when it has begun. */
async function beLoaded(folder) {
  const engine = await Engine.open({ data: folder, actors });
  let next = 0;
  await engine.actor(Counter, 'a').add(1);
  console.log('loaded');
  await inFlight(async () => {
    for (;;) await engine.actor(Counter, String(next++ % MILLION)).add(1);
  });
}

/** The whole work of a child that holds an open engine, or none. */
async function beIdle(role, folder) {
  const engine = role === 'open' ? await Engine.open({ data: folder, actors }) : undefined;
  await engine?.actor(Counter, 'a').add(1);
  await sleep(SETTLE_MS);
  globalThis.gc();
  console.log(process.memoryUsage.rss() / 2 ** 20);
  await engine?.close();
}

if (process.argv[1] === self) {
  const [role, folder] = process.argv.slice(2);
  await (role === 'load' ? beLoaded(folder) : beIdle(role, folder));
}
