// A kind of event managers: its name and its handlers' classes.
package dev.everact;

import java.util.List;
import java.util.Objects;

/**
 * A process that sends each event to its handlers, which come and go while it runs, as OTP's {@code
 * gen_event}. It is listed when an engine opens, as actors are.
 *
 * <pre>{@code
 * static final EventManager ALARMS = EventManager.of("alarms", Tally.class, Log.class);
 *
 * Engine engine = Engine.inMemory(Kinds.of(Device.class).with(ALARMS));
 * EventManagerRef alarms = ALARMS.at(engine.spawn(Spawn.of(ALARMS)));
 * alarms.add("tally", new Tally()).join();
 * alarms.notify(Map.of("level", "high"));
 * int seen = alarms.call("tally", "how many", Integer.class).join();
 * }</pre>
 */
public final class EventManager {
  private final String name;
  private final List<Class<? extends EventHandler>> handlers;
  private final List<Class<?>> messages;

  private EventManager(
      String name, List<Class<? extends EventHandler>> handlers, List<Class<?>> messages) {
    this.name = name;
    this.handlers = handlers;
    this.messages = messages;
  }

  /**
   * A kind of event managers.
   *
   * @param name the kind's name
   * @param handlers the classes of its handlers
   * @return the kind
   */
  @SuppressWarnings("varargs") // The array is only read.
  @SafeVarargs
  public static EventManager of(String name, Class<? extends EventHandler>... handlers) {
    return new EventManager(Objects.requireNonNull(name, "name"), List.of(handlers), List.of());
  }

  /**
   * The same, which takes told messages of these classes for {@link EventHandler#onInfo}.
   *
   * @param types the messages' classes
   * @return another kind
   */
  public EventManager messages(Class<?>... types) {
    return new EventManager(name, handlers, List.of(types));
  }

  /**
   * A manager's process, known to be of this kind.
   *
   * @param process the process
   * @return what its events go to
   * @throws dev.everact.errors.InvalidArgumentException if it is of another kind
   */
  public EventManagerRef at(ProcessRef<?> process) {
    return new EventManagerRef(this, process);
  }

  /**
   * The kind's name.
   *
   * @return the name, the same in every language
   */
  public String name() {
    return name;
  }

  List<Class<? extends EventHandler>> handlers() {
    return handlers;
  }

  List<Class<?>> messages() {
    return messages;
  }
}
