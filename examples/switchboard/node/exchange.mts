/** The exchange: puts calls through, watches each of them, and keeps the tally. */
import {
  type Context,
  type Down,
  handler,
  type ReplyTo,
  Server,
  type ServerContext,
  SupervisorRef,
} from 'everact';

import { events } from './billing.mjs';
import { Call, PLAN, type Plan } from './call.mjs';

/** How the calls have ended so far. */
export interface Tally {
  begun: number;
  completed: number;
  busy: number;
  givenUp: number;
  killed: number;
  lineLost: number;
}

/** Calls that are under way. */
export function open({ begun, completed, busy, givenUp, killed, lineLost }: Tally): number {
  return begun - completed - busy - givenUp - killed - lineLost;
}

/** Has no part in a conversation, so nothing that happens to a call can harm it. */
export class Exchange extends Server {
  static override handlers = { place: handler({ message: PLAN }), drained: handler() };
  tally: Tally = { begun: 0, completed: 0, busy: 0, givenUp: 0, killed: 0, lineLost: 0 };
  #waiting: ReplyTo[] = [];

  /** Starts a call, and watches it before it begins. */
  async place(plan: Plan, context: ServerContext): Promise<void> {
    const call = await supervisorOfCalls(context).start(Call, { plan });
    if (call === undefined) throw new Error('a call did not begin');
    this.tally.begun += 1;
    context.monitor(call);
    void call.tell.lift();
    for (const digit of plan.dials) void call.tell.digit(digit);
  }

  /** A call has ended. Its reason says how, whatever became of it. */
  override async onDown({ reason }: Down, context: Context): Promise<void> {
    if (reason.type === 'shutdown') {
      const { outcome, plan } = reason.detail as { outcome: string; plan: Plan };
      if (outcome === 'completed') {
        this.tally.completed += 1;
        await events(context).notify({ event: 'completed', talkMs: plan.talkMs });
      } else if (outcome === 'busy') {
        this.tally.busy += 1;
      } else {
        this.tally.givenUp += 1;
      }
    } else if (reason.type === 'custom' && reason.detail === 'line lost') {
      this.tally.lineLost += 1;
    } else {
      this.tally.killed += 1;
    }
    this.#tellWhoWaits();
  }

  /** The tally, once no call is under way. */
  drained(_: undefined, context: ServerContext): Tally {
    this.#waiting.push(context.defer());
    this.#tellWhoWaits();
    return this.tally; // nobody gets it
  }

  #tellWhoWaits(): void {
    if (open(this.tally) > 0) return;
    for (const who of this.#waiting) who.reply(this.tally);
    this.#waiting = [];
  }
}

/** Where calls are started, and listed. */
export function supervisorOfCalls(where: Pick<Context, 'whereis'>): SupervisorRef {
  const found = where.whereis('calls');
  if (!(found instanceof SupervisorRef)) throw new Error('there is no supervisor of calls');
  return found;
}
