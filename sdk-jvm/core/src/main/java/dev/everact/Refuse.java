// How a handler of events says that it does not want to be added.
package dev.everact;

/** Thrown by {@link EventHandler#init}: whoever adds it is told the reason. */
public final class Refuse extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Any value that has a form in JSON. */
  private final transient Object reason;

  /**
   * It does not come in.
   *
   * @param reason any value that has a form in JSON
   */
  public Refuse(Object reason) {
    super("the handler refuses: " + reason);
    this.reason = reason;
  }

  Object reason() {
    return reason;
  }
}
