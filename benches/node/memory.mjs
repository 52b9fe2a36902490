/** What a process holds, measured in one of its own. */

import { execFileSync } from 'node:child_process';

/** The bytes that a program prints which runs alone. */
export function aloneBytes(program, role) {
  const flags = ['--expose-gc', '--max-old-space-size=12288'];
  return Number(execFileSync(process.execPath, [...flags, program, role]));
}

/** What this process holds, garbage aside. */
export function residentBytes() {
  globalThis.gc();
  return process.memoryUsage.rss();
}
