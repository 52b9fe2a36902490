/**
 * Actors whose handlers run in a pool, in a module of their own: workers load it.
 */

import { threadId } from 'node:worker_threads';

import { Actor, ApplicationError, type Context, handler } from 'everact';

export class TooDark extends ApplicationError {
  constructor(readonly lux: number) {
    super(`${String(lux)} lux`);
  }
}

export class Canvas extends Actor {
  static override options = { name: 'canvas', transient: true };
  static override handlers = { add: handler({ message: 'integer' }), ping: handler() };
  total = 0;
  add(n: number): number {
    return (this.total += n);
  }
  ping(): number {
    return 1;
  }
}

export class Render extends Actor {
  static override options = { name: 'render', pool: 'cpu', module: import.meta.url };
  static override errors = [TooDark];
  static override handlers = {
    compute: handler({ message: 'integer' }),
    seen: handler({ readOnly: true }),
    cheat: handler({ readOnly: true }),
    facts: handler(),
    paint: handler({ message: 'string' }),
    fail: handler({ message: 'string' }),
  };
  frames = 0;
  compute(ms: number): number {
    const end = performance.now() + ms;
    while (performance.now() < end);
    this.frames += 1;
    return threadId;
  }
  seen(): number {
    return this.frames;
  }
  cheat(): void {
    this.frames = 99;
  }
  async facts(_message: undefined, context: Context): Promise<unknown> {
    await Promise.resolve();
    context.replyMetadata.took = 'long';
    const { kind, key, revision, metadata } = context;
    return { kind, key, revision, metadata, id: context.newId() };
  }
  paint(canvas: string, context: Context): void {
    this.frames += 1;
    context.tell(context.actor(Canvas, canvas), 'add', 2);
    void context.actor('canvas', canvas).tell('add', 3);
  }
  async fail(how: string, context: Context): Promise<unknown> {
    this.frames = -1;
    context.tell(context.actor(Canvas, 'failed'), 'add', 1);
    switch (how) {
      case 'refuse':
        throw new TooDark(3);
      case 'ask':
        return context.actor(Canvas, 'x').add(1);
      case 'spawn':
        return context.whereis('x');
      case 'state':
        this.frames = NaN;
        return undefined;
      case 'reply':
        return () => 1;
      case 'die':
        process.exit(3);
    }
    throw new RangeError('out of paint');
  }
}

export class Lonely extends Actor {
  static override options = { name: 'lonely', transient: true, pool: 'paint', module: import.meta.url };
  static override handlers = { work: handler() };
  work(): number {
    return threadId;
  }
}
