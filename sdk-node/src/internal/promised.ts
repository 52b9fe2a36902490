/**
 * Waits for what a handler or a validator promised, once, whatever kind of promise it is.
 *
 * A plain promise is watched directly. Anything else that has a `then` goes through a promise of its own, which reads `then` once,
 * takes the first answer only, and turns what is thrown meanwhile into a rejection.
 */

const PROMISE = Promise.prototype;
// Kept from before user code runs: `then` may be replaced.
// eslint-disable-next-line @typescript-eslint/unbound-method
const { then } = PROMISE;

/** For a rejection that is another's to look at. */
function ignore(): void {
  // Nothing to do.
}

/**
 * A promise for a value that promises another; nothing for any other value.
 *
 * @throws what the value throws when it is looked at.
 */
export function promised(value: unknown): Promise<unknown> | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  if (value instanceof Promise && Object.getPrototypeOf(value) === PROMISE && !Object.hasOwn(value, 'then')) {
    return value;
  }
  const { then: method } = value as { then?: unknown };
  if (typeof method !== 'function') {
    return undefined;
  }
  return new Promise((resolve) => {
    // Not `resolve(value)`: that would read `then` a second time, and it may be another one then.
    resolve({
      then(kept: unknown, broken: unknown): unknown {
        return Reflect.apply(method, value, [kept, broken]) as unknown;
      },
    });
  });
}

/**
 * Calls back when a promise has settled.
 *
 * @throws what the promise throws when it is looked at.
 */
export function watch(
  promise: Promise<unknown>,
  kept: (value: unknown) => void,
  broken: (reason: unknown) => void,
): void {
  void Reflect.apply(then, promise, [kept, broken]);
}

/** A promise that a handler is given and need not wait for: a rejection that it leaves alone must not end the process. */
export function unawaited<T>(promise: Promise<T>): Promise<T> {
  watch(promise, ignore, ignore);
  return promise;
}
