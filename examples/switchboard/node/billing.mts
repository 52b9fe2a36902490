/** What the exchange tells of goes to an event manager, whose handlers make bills and watch over the lines. */
import {
  type Context,
  type Engine,
  EventHandler,
  eventManager,
  type HandlerGone,
  ManagerRef,
  Process,
} from 'everact';

/** What has happened. */
export type Happening =
  | { readonly event: 'line up'; readonly line: number }
  | { readonly event: 'completed'; readonly talkMs: number };

/** Makes a bill for each call that was completed. */
export class Billing extends EventHandler {
  bills = 0;
  talkedMs = 0;

  override onEvent(happening: Happening): void {
    if (happening.event === 'completed') {
      this.bills += 1;
      this.talkedMs += happening.talkMs;
    }
  }

  override onCall(): number {
    return this.bills;
  }
}

/** Counts how often lines have come up. */
export class Monitor extends EventHandler {
  starts = 0;

  override onEvent({ event }: Happening): void {
    if (event === 'line up') this.starts += 1;
  }

  override onCall(): number {
    return this.starts;
  }
}

/** The kind of the event manager. */
export const EVENTS = eventManager('events', { handlers: [Billing, Monitor] });

/** The event manager. */
export function events(where: Context | Engine): ManagerRef {
  const found = where.whereis('events');
  if (!(found instanceof ManagerRef)) throw new Error('there is no event manager');
  return found;
}

/** Sees to it that both handlers are there. One that fails is removed by the manager, and the clerk is told. */
export class Clerk extends Process {
  /** Comes right after the manager in the tree, so no event is missed. */
  override async activated(context: Context): Promise<void> {
    await events(context).add('billing', Billing, {}, { supervised: true });
    await events(context).add('monitor', Monitor, {}, { supervised: true });
  }

  /** A new one takes the place of one that has failed. */
  override async onHandlerGone({ id }: HandlerGone, context: Context): Promise<void> {
    await events(context).add(id, id === 'billing' ? Billing : Monitor, {}, { supervised: true });
  }
}
