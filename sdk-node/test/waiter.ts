/**
 * An actor whose answers wait, in a process that is told to let nobody through.
 */

import { Actor, type Context, handler } from 'everact';

/** Answers at once, or never where the environment says so. */
export class Waiter extends Actor {
  static override options = { transient: true };
  static override handlers = {
    wait: handler(),
    waitAgain: handler({ idempotent: true }),
    facts: handler(),
  };

  wait(): Promise<string> {
    return process.env.WAITER_HANGS === '1' ? new Promise(() => undefined) : Promise.resolve('done');
  }

  waitAgain(): Promise<string> {
    return this.wait();
  }

  facts(_message: undefined, context: Context): { deadline: boolean; metadata: string[] } {
    context.replyMetadata['x-pid'] = String(process.pid);
    return { deadline: context.deadline !== undefined, metadata: Object.keys(context.metadata) };
  }
}
