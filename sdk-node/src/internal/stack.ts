/**
 * Room on the stack: where user code has used it up, nothing of ours may begin that must not end half-way.
 */

/** What a call into the core and its events may need, in calls. */
const STACK_CALLS = 200;

/** Whether the caller has left room on the stack: events that are half taken would be lost. */
export function hasStack(): boolean {
  try {
    probeStack(STACK_CALLS);
    return true;
  } catch {
    return false;
  }
}

/** Throws where the stack has no room for so many calls. */
function probeStack(calls: number): number {
  return calls === 0 ? 0 : 1 + probeStack(calls - 1);
}
