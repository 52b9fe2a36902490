// What a supervisor does not do, and what did not start.
package dev.everact;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A supervisor does not do what it was asked, or a tree did not start. */
public final class SupervisorException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Which answer of a supervisor's it is. */
  public enum Why {
    /** There is no such child. */
    NOT_FOUND,
    /** The child runs. */
    RUNNING,
    /** The child is about to be started again. */
    RESTARTING,
    /** A child of this name runs. */
    ALREADY_STARTED,
    /** A child of this name is there and does not run. */
    ALREADY_PRESENT,
    /** Children of a dynamic supervisor have neither names nor rules of their own. */
    DYNAMIC,
    /** The supervisor is not dynamic: a child needs rules of its own. */
    NOT_DYNAMIC,
    /** The child did not start. */
    NOT_STARTED
  }

  private final Why why;
  private final transient List<String> path;
  private final transient ExitReason reason;

  private SupervisorException(String text, Why why, List<String> path, ExitReason reason) {
    super(text);
    this.why = why;
    this.path = path;
    this.reason = reason;
  }

  /** The answer, unless it is a refusal. */
  static JsonNode checked(JsonNode answer) {
    JsonNode error = answer.path("error");
    if (error.isMissingNode()) {
      return answer;
    }
    List<String> path = new ArrayList<>();
    error.path("path").forEach(name -> path.add(name.asText()));
    JsonNode reason = error.path("reason");
    throw new SupervisorException(
        error.path("text").asText(),
        Why.valueOf(error.path("is").asText().toUpperCase(Locale.ROOT)),
        List.copyOf(path),
        reason.isMissingNode() ? null : Notes.why(reason));
  }

  /**
   * Which answer it is.
   *
   * @return one of eight
   */
  public Why why() {
    return why;
  }

  /**
   * The child that did not start.
   *
   * @return the names from the outermost supervisor that was to start down to it; empty where it is
   *     no supervisor, or another answer
   */
  public List<String> path() {
    return path == null ? List.of() : path;
  }

  /**
   * Why it did not start.
   *
   * @return null for another answer
   */
  public ExitReason reason() {
    return reason;
  }
}
