/** What an engine costs before it does anything: the time to the first durable answer, and memory. */

import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Engine } from 'reenact';

import { actors, Counter } from './actors.mjs';

const SETTLE_MS = 300;

/** Milliseconds from nothing to the first durable answer. */
export async function openEmpty(folder) {
  const begin = performance.now();
  const engine = await Engine.open({ data: folder, actors });
  await engine.actor(Counter, 'a').add(1);
  const took = performance.now() - begin;
  await engine.close();
  return took;
}

/** How many MB more a process holds with an open engine than without; each is a process of its own. */
export function idleMemory(folder) {
  const measure = (role) =>
    Number(execFileSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), role, folder]));
  const bare = measure('bare');
  return measure('open') - bare;
}

/** The child's whole work. */
async function beIdle(role, folder) {
  const engine = role === 'open' ? await Engine.open({ data: folder, actors }) : undefined;
  await engine?.actor(Counter, 'a').add(1);
  await sleep(SETTLE_MS);
  globalThis.gc();
  console.log(process.memoryUsage.rss() / 2 ** 20);
  await engine?.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await beIdle(process.argv[2], process.argv[3]);
}
