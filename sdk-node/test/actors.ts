/**
 * The actors and folders that the tests share.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

import { Actor, type ActorClass, type Context, Engine, type EngineOptions, handler } from 'everact';

/** A durable number. */
export class Counter extends Actor {
  static override handlers = {
    add: handler({ message: 'integer' }),
    get: handler({ readOnly: true }),
    addThenFail: handler(),
    addSlowly: handler(),
    peekSlowly: handler({ readOnly: true }),
    addReadOnly: handler({ readOnly: true }),
    revision: handler({ readOnly: true }),
  };

  value = 0;

  add(amount: number): number {
    this.value += amount;
    return this.value;
  }

  get(): number {
    return this.value;
  }

  addThenFail(amount: number): number {
    this.value += amount;
    throw new RangeError('boom');
  }

  async addSlowly(amount: number): Promise<number> {
    this.value += amount;
    await gate.promise;
    return this.value;
  }

  async peekSlowly(): Promise<number> {
    await gate.promise;
    return this.value;
  }

  addReadOnly(amount: number): number {
    this.value += amount;
    return this.value;
  }

  revision(_message: undefined, context: Context): number {
    return context.revision;
  }
}

/** The same in memory only. */
export class Scratch extends Counter {
  static override options = { transient: true };
}

/** What slow handlers wait for. */
export const gate = {
  promise: Promise.resolve(),
  open: (): void => undefined,
  /** From now on slow handlers wait. */
  shut(): void {
    this.promise = new Promise((resolve) => {
      this.open = resolve;
    });
  },
};

/** An empty folder that goes when the test file ends. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'everact-node-'));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** An engine in memory for a test. */
export function inMemory(
  actors: readonly ActorClass[],
  settings: Partial<EngineOptions> = {},
): Promise<Engine> {
  return Engine.open({ ...settings, data: null, actors });
}

/** Waits for the event loop to have taken what is due. */
export function nextTurnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
