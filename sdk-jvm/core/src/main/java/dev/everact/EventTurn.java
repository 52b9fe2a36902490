// What a callback of a handler of events may want.
package dev.everact;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What a callback of an {@link EventHandler} wants once it has returned: at most one of these, the
 * last one counts.
 */
public final class EventTurn extends Wishes {
  private final ManagerBehaviour behaviour;
  private Map<String, Object> wanted = Map.of();

  EventTurn(TurnContext context, ManagerBehaviour behaviour) {
    super(context);
    this.behaviour = behaviour;
  }

  private void want(String what, Object value) {
    context.checkRunning("wants something");
    wanted = Map.of(what, value);
  }

  /** Leaves. */
  public void remove() {
    want("remove", true);
  }

  /**
   * Leaves, and another one takes its place.
   *
   * @param id the id of the other one
   * @param handler the other one
   * @param farewell what this one is told at its end; null for nothing
   */
  public void swap(String id, EventHandler handler, Object farewell) {
    Map<String, Object> swap = new LinkedHashMap<>();
    swap.put("handler", Objects.requireNonNull(id, "id"));
    swap.put("argument", behaviour.argument(handler));
    swap.put("farewell", json("a handler's farewell", farewell));
    want("swap", swap);
  }

  /** The manager waits for the next message with as little memory as possible. */
  public void hibernate() {
    want("hibernate", true);
  }

  void refuse(Object reason) {
    wanted = Map.of("refuse", json("a refusal", reason));
  }

  @Override
  Map<String, Object> written() {
    return wanted;
  }
}
