/**
 * Promises that are settled from elsewhere, as Promise.withResolvers makes them, which Node 20 does not have.
 *
 * One function serves for all: a closure for each promise, with what it captures, is a seventh of what an ask allocates.
 */

type Resolve = (value: unknown) => void;
type Reject = (error: unknown) => void;

/** A promise and its two functions. */
export interface Deferred {
  readonly promise: Promise<unknown>;
  readonly resolve: Resolve;
  readonly reject: Reject;
}

/** Of the promise that is being made. */
let resolve: Resolve = nothing;
let reject: Reject = nothing;

/** Makes a promise. */
export function deferred(): Deferred {
  const made = { promise: new Promise<unknown>(keep), resolve, reject };
  // What is settled is kept by its functions.
  resolve = reject = nothing;
  return made;
}

function keep(resolveIt: Resolve, rejectIt: Reject): void {
  resolve = resolveIt;
  reject = rejectIt;
}

function nothing(): void {
  // Never called.
}
