/**
 * A call: a state machine from the lifted handset to the last word.
 *
 * idle -> dialling -> ringing -> connected -> released, and from each of them straight to released.
 */
import { byState, handler, type MachineContext, type ProcessRef, StateMachine, type Timeout } from 'everact';

import { lineName } from './line.mjs';

const DIGITS = 2;
const DIALLING_MS = 50;
const RINGING_MS = 50;

/** What the two people are going to do. */
export const PLAN = {
  caller: 'integer',
  /** The digits, or nothing by somebody who lifts the handset and forgets why. */
  dials: 'string',
  answerMs: 'integer',
  talkMs: 'integer',
} as const;

export interface Plan {
  readonly caller: number;
  readonly dials: string;
  readonly answerMs: number;
  readonly talkMs: number;
}

/** How a call ends is the reason with which its process ends, so nothing can come between the two. */
export class Call extends StateMachine {
  static override options = { initial: 'idle', states: ['released'], enterCalls: true };

  static override handlers = {
    /** The caller lifts the handset, and waits for the tone. */
    lift: byState(undefined, {
      idle(this: Call, _: undefined, context: MachineContext) {
        void this.line(context, this.plan.caller).tell('seize', context.self);
      },
    }),

    /** The line is ours. */
    tone: byState(undefined, {
      idle(this: Call, _: undefined, context: MachineContext) {
        context.nextState('dialling');
      },
    }),

    digit: byState('string', {
      /** Who dials before the tone loses no digit: it comes again in the next state. */
      idle(this: Call, _digit: string, context: MachineContext) {
        context.postpone();
      },
      /** The last one makes it ring. */
      dialling(this: Call, digit: string, context: MachineContext) {
        this.dialled += digit;
        if (this.dialled.length === DIGITS) context.nextState('ringing');
      },
    }),

    /** The other one says hello. */
    answered: byState(undefined, {
      ringing(this: Call, _: undefined, context: MachineContext) {
        context.nextState('connected');
      },
    }),

    /** A line is in another call: the caller's own, or the other one. */
    engaged: handler(),
  };

  static override inState = {
    /** Nobody may hold a line for ever without dialling. */
    dialling: {
      onEnter(this: Call, _previous: string, context: MachineContext) {
        context.stateTimeout(DIALLING_MS, 'given up');
      },
    },
    /** Rings the other line, for a while. */
    ringing: {
      onEnter(this: Call, _previous: string, context: MachineContext) {
        const ring = { call: context.self, answerMs: this.plan.answerMs };
        void this.line(context, Number(this.dialled)).tell('ring', ring);
        context.stateTimeout(RINGING_MS, 'given up');
      },
    },
    /** They talk, until they have said it all. */
    connected: {
      onEnter(this: Call, _previous: string, context: MachineContext) {
        context.stateTimeout(this.plan.talkMs, 'completed');
      },
    },
    /** Both lines see this process end, and so does the exchange, which reads the outcome. */
    released: {
      onEnter(this: Call, _previous: string, context: MachineContext) {
        const { outcome, plan } = this;
        context.exit({ type: 'shutdown', detail: { outcome, plan } });
      },
    },
  };

  plan: Plan = { caller: 0, dials: '', answerMs: 0, talkMs: 0 };
  dialled = '';
  outcome = '';

  engaged(_: undefined, context: MachineContext): void {
    this.release(context, 'busy');
  }

  /** The time of a state is over; what that means is what it was started with. */
  override onTimeout({ content }: Timeout, context: MachineContext): void {
    this.release(context, content as string);
  }

  /** A line was killed. There is nothing to be saved: let it crash. */
  override onDown(_down: unknown, context: MachineContext): void {
    context.exit({ type: 'custom', detail: 'line lost' });
  }

  private release(context: MachineContext, outcome: string): void {
    this.outcome = outcome;
    context.nextState('released');
  }

  /** A line that is watched from now on; one that was killed a moment ago may not be back yet. */
  private line(context: MachineContext, number: number): ProcessRef {
    const line = context.whereis(lineName(number)) ?? context.exit({ type: 'custom', detail: 'line lost' });
    context.monitor(line);
    return line;
  }
}
