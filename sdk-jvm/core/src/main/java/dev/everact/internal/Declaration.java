// A kind that is declared by a value instead of annotations: what generated code says, as the
// engine
// reads it.
package dev.everact.internal;

import dev.everact.errors.EveractException;
import java.util.List;
import java.util.Map;

/**
 * What an engine or a connection must know of such a kind.
 *
 * @param name the kind's name
 * @param settings more of the kind's configuration (docs/reference/boundary.md): {@code durable},
 *     {@code codec}, {@code service} and the like
 * @param handlers its handlers; ids are positions
 * @param state how its state is read and written
 * @param descriptors serialized file descriptors by file name, what they import first
 * @param errors the application's errors that its callers should know, by type
 * @param faults what is wrong with the declaration, in sentences; empty where nothing is
 */
public record Declaration(
    String name,
    Map<String, Object> settings,
    List<Handler> handlers,
    State state,
    Map<String, byte[]> descriptors,
    Map<String, ErrorReader> errors,
    List<String> faults) {

  /**
   * One handler.
   *
   * @param name the name on the wire
   * @param readOnly whether its turns may overlap
   * @param reentrant whether a chain of asks may come back through it
   * @param idempotent whether a connection may send a message again
   * @param settings more of the handler's configuration: {@code internal}, {@code retry}, {@code
   *     doc}
   * @param message the messages
   * @param reply the replies; null for none
   * @param method the method, one of the shapes of {@code HandlerMethod} that take a message and a
   *     context
   */
  public record Handler(
      String name,
      boolean readOnly,
      boolean reentrant,
      boolean idempotent,
      Map<String, Object> settings,
      Payload message,
      Payload reply,
      Object method) {}

  /** Makes an error of the application of what arrived. */
  @FunctionalInterface
  public interface ErrorReader {
    /**
     * The error.
     *
     * @param message the sentence for people
     * @param details its fields, as JSON
     * @return null where the fields do not fit
     */
    EveractException read(String message, String details);
  }

  /** State that is one immutable value which the actor's object holds. */
  public interface State {
    /** The value's bytes. */
    Payload payload();

    /** The value that the object holds. */
    Object get(Object actor);

    /** Gives the object another value. */
    void set(Object actor, Object value);
  }
}
