/** A line: one telephone at the end of a wire. It is idle, or it is in one call. */
import { type Context, handler, Process, type ProcessRef } from 'everact';

import { events } from './billing.mjs';

/** The name under which a line is found. */
export const lineName = (number: number): string => `line ${String(number).padStart(2, '0')}`;

/** Watches the call that it is in. However that ends, the line is idle afterwards. */
export class Line extends Process {
  static override handlers = {
    seize: handler({ message: 'process' }),
    /** For which call, and after how long somebody picks up (0: nobody is at home). */
    ring: handler({ message: { call: 'process', answerMs: 'integer' } }),
    idle: handler(),
  };
  number = 0;
  #call: ProcessRef | undefined = undefined;

  /** A line that was killed begins anew: idle, and in no call. */
  override async activated(context: Context): Promise<void> {
    await events(context).notify({ event: 'line up', line: this.number });
  }

  /** The handset is lifted: a dial tone, unless the line is in a call. */
  seize(call: ProcessRef, context: Context): void {
    void call.tell(this.#takes(call, context) ? 'tone' : 'engaged');
  }

  /** Somebody calls. */
  ring({ call, answerMs }: { call: ProcessRef; answerMs: number }, context: Context): void {
    if (!this.#takes(call, context)) {
      void call.tell('engaged');
    } else if (answerMs > 0) {
      context.sendAfter(answerMs, call, 'answered');
    }
  }

  /** Whether it is in no call. */
  idle(): boolean {
    return this.#call === undefined;
  }

  /** The call has ended, or was killed. */
  override onDown(): void {
    this.#call = undefined;
  }

  #takes(call: ProcessRef, context: Context): boolean {
    if (this.#call !== undefined) return false;
    this.#call = call;
    context.monitor(call);
    return true;
  }
}
