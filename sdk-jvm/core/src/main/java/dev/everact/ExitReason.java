// Why a process ended, or is asked to end.
package dev.everact;

/**
 * Why a process ended, with OTP's meaning: {@link Normal} and {@link Shutdown} are orderly ends,
 * everything else is a crash for whoever is linked to it.
 *
 * <p>A detail is any value that has a form in JSON; it is read back as texts, numbers, booleans,
 * lists and maps. One that has none is refused with {@link
 * dev.everact.errors.InvalidArgumentException} where it is given.
 */
public sealed interface ExitReason {
  /** It has done what it was for. */
  ExitReason NORMAL = new Normal();

  /** It was asked to end in good order. */
  ExitReason SHUTDOWN = new Shutdown(null);

  /** It is to end whether it wants or not. */
  ExitReason KILL = new Kill();

  /** It has done what it was for. */
  record Normal() implements ExitReason {}

  /**
   * It was asked to end in good order.
   *
   * @param detail more about it; null for nothing
   */
  record Shutdown(Object detail) implements ExitReason {
    /**
     * A reason with what is read back of its detail.
     *
     * @param detail any value; null for nothing
     */
    public Shutdown {
      detail = detail == null ? null : Details.checked(detail);
    }
  }

  /** A signal that cannot be trapped; those linked to the victim see {@link Killed}. */
  record Kill() implements ExitReason {}

  /** It ended because of {@link Kill}. */
  record Killed() implements ExitReason {}

  /** There was no such process. */
  record NoProcess() implements ExitReason {}

  /** An actor that was watched has left memory; the next message brings it back. */
  record Passivated() implements ExitReason {}

  /**
   * Its handler or its function threw.
   *
   * @param name the error's name
   * @param text the error's text
   * @param stack where it was thrown; empty where that is not known
   */
  record Failed(String name, String text, String stack) implements ExitReason {}

  /**
   * A reason of the user's.
   *
   * @param detail the reason
   */
  record Custom(Object detail) implements ExitReason {
    /**
     * A reason with what is read back of its detail.
     *
     * @param detail any value
     */
    public Custom {
      detail = Details.checked(detail);
    }
  }

  /**
   * Asked to end in good order.
   *
   * @param detail more about it
   * @return the reason
   */
  static ExitReason shutdown(Object detail) {
    return new Shutdown(detail);
  }

  /**
   * A reason of the user's.
   *
   * @param detail the reason
   * @return the reason
   */
  static ExitReason custom(Object detail) {
    return new Custom(detail);
  }

  /**
   * Whether this is an orderly end: a transient child is not restarted after it.
   *
   * @return true for {@link Normal} and {@link Shutdown}
   */
  default boolean isOrderly() {
    return this instanceof Normal || this instanceof Shutdown;
  }
}
