/**
 * Promises that a handler starts, neither awaits nor catches, and that are rejected: Node ends the process for such, and a message
 * must not do that. While an engine is open they become notices, with the handler that started them.
 *
 * Whose a promise is, its async context tells. Each handler runs in one that was made when its engine opened. From Node 24 on that
 * costs some nanoseconds a turn; before, Node tracks every promise of the process for it, which takes a multiple of what an ask
 * costs. So there it is done only where it is asked for (`unhandledRejections: 'notice'`).
 */

import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';

import { type BoundHandler, type Kind } from './kind.js';
import { describeThrown } from './thrown.js';

/** The first version of Node whose async contexts are cheap. */
const CHEAP_SINCE = 24;
const HANDLER_FAILED = 20;

/** Who is told. */
interface Listener {
  notice(code: number, text: string): void;
}

/** Whose promise it is, and who is told. */
interface Origin {
  readonly owner: string;
  readonly listener: Listener;
}

const ORIGIN = new AsyncLocalStorage<Origin>();
/** Engines that are open. */
let engines = 0;

/** What becomes of the rejections of an engine's handlers; nothing of ours where they are the process's. */
export function floatingOf(
  kinds: readonly Kind[],
  mode: 'notice' | 'throw' | undefined,
  listener: Listener,
): Floating | undefined {
  return (mode ?? (isCheap() ? 'notice' : 'throw')) === 'notice' ? new Floating(kinds, listener) : undefined;
}

function isCheap(): boolean {
  const isTurnedOff = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((flags) =>
    flags.includes('--no-async-context-frame'),
  );
  return Number.parseInt(process.versions.node, 10) >= CHEAP_SINCE && !isTurnedOff;
}

function onRejection(reason: unknown): void {
  const origin = ORIGIN.getStore();
  if (origin !== undefined) {
    const what = 'a promise that it started and nothing awaits was rejected';
    origin.listener.notice(HANDLER_FAILED, `${origin.owner}: ${what}: ${describeThrown(reason)}`);
  } else if (process.listenerCount('unhandledRejection') === 1) {
    passOn(reason);
  }
}

/** Not ours, and nobody else listens: what would have happened without us happens, for a promise that is rejected likewise. */
function passOn(reason: unknown): void {
  process.off('unhandledRejection', onRejection);
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what was thrown, whatever it is
  void Promise.reject(reason);
  // By then Node has dealt with it; where that was the process's end, this never runs.
  setImmediate(() => {
    if (engines > 0 && !process.listeners('unhandledRejection').includes(onRejection)) {
      process.on('unhandledRejection', onRejection);
    }
  });
}

/** What of a kind runs beside its handlers. */
function hooksOf({ hooks, run }: Kind): (BoundHandler | undefined)[] {
  return [run, hooks.activated, hooks.passivating, hooks.onExit, hooks.onDown, hooks.onGroup];
}

/** The async contexts of one engine's handlers. */
export class Floating {
  readonly #contexts = new Map<BoundHandler, AsyncResource>();
  #isOver = false;

  /** @param listener - told of each rejection. */
  constructor(kinds: readonly Kind[], listener: Listener) {
    for (const kind of kinds) {
      for (const handler of [...kind.handlers, ...hooksOf(kind)]) {
        if (handler !== undefined) {
          const origin = { owner: `${kind.name} ${handler.name}`, listener };
          this.#contexts.set(
            handler,
            ORIGIN.run(origin, () => new AsyncResource('everact.turn')),
          );
        }
      }
    }
    engines += 1;
    if (engines === 1) {
      process.on('unhandledRejection', onRejection);
    }
  }

  /** Calls in the handler's context. */
  call<A extends unknown[], R>(handler: BoundHandler, run: (...given: A) => R, ...given: A): R {
    const context = this.#contexts.get(handler);
    return context === undefined ? run(...given) : context.runInAsyncScope(run, undefined, ...given);
  }

  /** The engine is closed. Twice does nothing. */
  end(): void {
    if (!this.#isOver) {
      this.#isOver = true;
      engines -= 1;
      if (engines === 0) {
        process.off('unhandledRejection', onRejection);
      }
    }
  }
}
