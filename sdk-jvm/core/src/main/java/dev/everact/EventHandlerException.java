// What an event manager could not do with a handler.
package dev.everact;

/** An event manager has been asked for what cannot be done. Nothing was done. */
public final class EventHandlerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What was in the way. */
  public enum Why {
    /** No handler has this id. */
    NO_SUCH_HANDLER,
    /** A handler has this id. */
    ALREADY_THERE,
    /** The handler did not want to come in. */
    REFUSED,
    /** The handler's callback failed. */
    FAILED,
    /** The manager has as many handlers as it can have. */
    FULL
  }

  private final Why why;
  private final transient ExitReason reason;

  EventHandlerException(Why why, ExitReason reason, String text) {
    super(text);
    this.why = why;
    this.reason = reason;
  }

  /**
   * What was in the way.
   *
   * @return one of five
   */
  public Why why() {
    return why;
  }

  /**
   * The reason with which the handler refused or failed.
   *
   * @return null where it did neither
   */
  public ExitReason reason() {
    return reason;
  }
}
