// What the exchange tells of goes to an event manager, whose handlers make bills and watch over the lines.
package switchboard;

import dev.everact.Context;
import dev.everact.EventHandler;
import dev.everact.EventManager;
import dev.everact.EventManagerRef;
import dev.everact.HandlerGone;
import dev.everact.HandlerProcess;
import dev.everact.ProcessScope;
import java.util.Map;

/** Makes a bill for each call that was completed. */
class Billing extends EventHandler {
  /** The kind of the event manager. */
  static final EventManager EVENTS = EventManager.of("events", Billing.class, Monitor.class);

  int bills;
  long talkedMs;

  /** The event manager. */
  static EventManagerRef events(ProcessScope where) {
    return EVENTS.at(where.whereis("events").orElseThrow());
  }

  @Override
  protected void onEvent(Object event, Context context) {
    if (event instanceof Map<?, ?> happened && "completed".equals(happened.get("event"))) {
      bills++;
      talkedMs += ((Number) happened.get("talk_ms")).longValue();
    }
  }

  @Override
  protected Object onCall(Object query, Context context) {
    return bills;
  }

  /** Counts how often lines have come up. */
  static class Monitor extends EventHandler {
    int starts;

    @Override
    protected void onEvent(Object event, Context context) {
      if (event instanceof Map<?, ?> happened && "line up".equals(happened.get("event"))) starts++;
    }

    @Override
    protected Object onCall(Object query, Context context) {
      return starts;
    }
  }

  /**
   * Sees to it that both handlers are there. One that fails is removed by the manager, and the clerk
   * is told.
   */
  static class Clerk extends HandlerProcess {
    /** Comes right after the manager in the tree, so no event is missed. */
    @Override
    protected void activated(Context context) {
      events(context).addSupervised("billing", new Billing()).join();
      events(context).addSupervised("monitor", new Monitor()).join();
    }

    /** A new one takes the place of one that has failed. */
    @Override
    protected void onHandlerGone(HandlerGone gone, Context context) {
      EventHandler again = gone.id().equals("billing") ? new Billing() : new Monitor();
      events(context).addSupervised(gone.id(), again).join();
    }
  }
}
