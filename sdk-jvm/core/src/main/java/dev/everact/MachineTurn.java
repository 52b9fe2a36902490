// What a state machine's callback may want.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Layout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a callback of a {@link StateMachine} wants once it has returned: another state, and what
 * else is to happen. Of two wishes about the same the last counts.
 */
@SuppressWarnings("overloads") // Method references tell the shapes apart; lambdas are no handlers.
public final class MachineTurn extends Wishes {
  /** What an inserted event is. */
  public enum EventType {
    /** One of its own ({@link MachineTurn#isInternal}). */
    INTERNAL,
    /** As if it had been told. */
    CAST
  }

  private final MachineBehaviour behaviour;
  private final List<Object> actions = new ArrayList<>();
  private String next;
  private boolean repeats;
  private boolean postpones;

  MachineTurn(TurnContext context, MachineBehaviour behaviour) {
    super(context);
    this.behaviour = behaviour;
  }

  /** The state that is wanted; null for the present one. */
  String next() {
    return next;
  }

  /**
   * Goes to a state when the callback has returned. Going to the present one is to keep it.
   *
   * @param state its name
   * @return this
   */
  public MachineTurn nextState(String state) {
    context.checkRunning("wants another state");
    next = behaviour.declared(state);
    repeats = false;
    return this;
  }

  /**
   * Keeps the state and enters it once more.
   *
   * @return this
   */
  public MachineTurn repeatState() {
    context.checkRunning("wants its state again");
    next = null;
    repeats = true;
    return this;
  }

  private MachineTurn add(Map<String, Object> action) {
    context.checkRunning("wants something");
    actions.add(action);
    return this;
  }

  private static Map<String, Object> action(String name, Object value) {
    Map<String, Object> action = new LinkedHashMap<>();
    action.put(name, value);
    return action;
  }

  /**
   * Puts the event aside: it comes again once the state has changed, before those that wait. Who
   * asked waits meanwhile.
   *
   * @return this
   */
  public MachineTurn postpone() {
    postpones = true;
    return add(action("postpone", true));
  }

  /**
   * Waits for the next event with as little memory as possible.
   *
   * @return this
   */
  public MachineTurn hibernate() {
    return add(action("hibernate", true));
  }

  /**
   * Inserts an event before all that wait; several come in their order.
   *
   * @param <A> the machine's class
   * @param handler what, as {@code Door::lock}
   * @return this
   */
  public <A extends Resident> MachineTurn nextEvent(HandlerMethod.Run0<? super A> handler) {
    return nextEvent(handler, false, null);
  }

  /**
   * As {@link #nextEvent(HandlerMethod.Run0)}, with a message.
   *
   * @param <A> the machine's class
   * @param <M> the message's type
   * @param handler what, as {@code Door::button}
   * @param message the message
   * @return this
   */
  public <A extends Resident, M> MachineTurn nextEvent(
      HandlerMethod.Run1<? super A, M> handler, M message) {
    return nextEvent(handler, true, message);
  }

  /**
   * As {@link #nextEvent(HandlerMethod.Run0)}, for a handler that takes its context.
   *
   * @param <A> the machine's class
   * @param handler what, as {@code Door::lock}
   * @return this
   */
  public <A extends Resident> MachineTurn nextEvent(HandlerMethod.RunContext0<? super A> handler) {
    return nextEvent(handler, false, null);
  }

  /**
   * As {@link #nextEvent(HandlerMethod.Run1, Object)}, for a handler that takes its context.
   *
   * @param <A> the machine's class
   * @param <M> the message's type
   * @param handler what, as {@code Door::button}
   * @param message the message
   * @return this
   */
  public <A extends Resident, M> MachineTurn nextEvent(
      HandlerMethod.RunContext1<? super A, M> handler, M message) {
    return nextEvent(handler, true, message);
  }

  private MachineTurn nextEvent(HandlerMethod method, boolean hasMessage, Object message) {
    HandlerEntry handler = kind().method(MethodReferences.name(method));
    return insert(EventType.INTERNAL, handler, hasMessage, message);
  }

  /**
   * Inserts an event by its handler's name.
   *
   * @param type what it is
   * @param handler the handler's name on the wire
   * @param message the message; null for none
   * @return this
   */
  public MachineTurn nextEvent(EventType type, String handler, Object message) {
    return insert(type, kind().handler(handler), message != null, message);
  }

  /**
   * Inserts an event that is an ask which was put off with {@link Context#defer}: the reply of its
   * handler is the answer.
   *
   * @param asker who waits
   * @param handler the handler's name on the wire
   * @param message the message; null for none
   * @return this
   */
  public MachineTurn nextAsk(Asker asker, String handler, Object message) {
    Map<String, Object> event = event("call", kind().handler(handler), message != null, message);
    event.put("ask", asker.number());
    return add(event);
  }

  private KindTable kind() {
    return context.turn().activation.kind;
  }

  private MachineTurn insert(EventType type, HandlerEntry handler, boolean has, Object message) {
    return add(event(type.name().toLowerCase(Locale.ROOT), handler, has, message));
  }

  private Map<String, Object> event(
      String type, HandlerEntry handler, boolean has, Object message) {
    Map<String, Object> event = action("next_event", handler.name);
    event.put("type", type);
    if (has) {
      event.put("payload", json("message of " + handler.name, message));
    }
    return event;
  }

  /**
   * Starts the state's time-out anew: a change of the state cancels it.
   *
   * @param time to the millisecond; null cancels it. Zero comes once nothing is queued
   * @param content what {@link Timeout#content} is: any value that has a form in JSON
   * @return this
   */
  public MachineTurn stateTimeout(Duration time, Object content) {
    return timeout(Timeout.STATE, time, content);
  }

  /**
   * Starts the event's time-out anew: any event cancels it.
   *
   * @param time to the millisecond; null cancels it. Zero comes once nothing is queued
   * @param content what {@link Timeout#content} is: any value that has a form in JSON
   * @return this
   */
  public MachineTurn eventTimeout(Duration time, Object content) {
    return timeout(Timeout.EVENT, time, content);
  }

  /**
   * Starts a time-out anew that runs until it is cancelled.
   *
   * @param name its name
   * @param time to the millisecond; null cancels it. Zero comes once nothing is queued
   * @param content what {@link Timeout#content} is: any value that has a form in JSON
   * @return this
   */
  public MachineTurn namedTimeout(String name, Duration time, Object content) {
    return timeout(Timeout.named(name), time, content);
  }

  private MachineTurn timeout(Timeout.Which which, Duration time, Object content) {
    Map<String, Object> action = action("timeout", written(which));
    action.put("after_ms", milliseconds(time));
    action.put("content", json("a time-out's content", content));
    return add(action);
  }

  /**
   * Gives a time-out another content. One that does not run comes at once.
   *
   * @param which {@link Timeout#STATE}, {@link Timeout#EVENT}, or {@link Timeout#named}
   * @param content any value that has a form in JSON
   * @return this
   */
  public MachineTurn updateTimeout(Timeout.Which which, Object content) {
    Map<String, Object> action = action("timeout", written(which));
    action.put("update", json("a time-out's content", content));
    return add(action);
  }

  /**
   * Cancels a time-out.
   *
   * @param which {@link Timeout#STATE}, {@link Timeout#EVENT}, or {@link Timeout#named}
   * @return this
   */
  public MachineTurn cancelTimeout(Timeout.Which which) {
    Map<String, Object> action = action("timeout", written(which));
    action.put("cancel", true);
    return add(action);
  }

  private static Object written(Timeout.Which which) {
    return which.sort() == Timeout.Sort.NAMED
        ? Map.of("name", which.name())
        : which.sort().name().toLowerCase(Locale.ROOT);
  }

  /**
   * Answers now whoever asked, before the callback ends or the machine does; what the handler
   * returns is not sent.
   *
   * @param value the reply; null for none
   */
  public void reply(Object value) {
    context.defer().reply(value);
  }

  /**
   * Whether the event is one that the machine has inserted as its own.
   *
   * @return false for what came from elsewhere
   */
  public boolean isInternal() {
    return (context.turn().flags & Layout.TURN_FLAG_INTERNAL) != 0;
  }

  @Override
  boolean keepsAsker() {
    return postpones;
  }

  @Override
  Map<String, Object> written() {
    Map<String, Object> wanted = new LinkedHashMap<>();
    if (next != null) {
      wanted.put("next", next);
    } else if (repeats) {
      wanted.put("repeat", true);
    }
    if (!actions.isEmpty()) {
      wanted.put("do", actions);
    }
    return wanted;
  }

  /** It begins in this state, where its hook wants no other. */
  void begin(String state) {
    if (repeats) {
      throw new InvalidArgumentException("a machine that begins has no state to repeat");
    }
    next = next == null ? state : next;
  }
}
