// A time-out of a state machine's that has come.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;

/**
 * A time-out.
 *
 * @param which which one
 * @param content what was given with it, as texts, numbers, booleans, lists and maps; null for
 *     nothing
 */
public record Timeout(Which which, Object content) {
  /** The one that a change of the state cancels. */
  public static final Which STATE = new Which(Sort.STATE, "");

  /** The one that any event cancels. */
  public static final Which EVENT = new Which(Sort.EVENT, "");

  /** The three sorts. */
  public enum Sort {
    /** A change of the state cancels it. */
    STATE,
    /** Any event cancels it. */
    EVENT,
    /** It has a name, and runs until it is cancelled. */
    NAMED
  }

  /**
   * Which of a machine's time-outs.
   *
   * @param sort its sort
   * @param name its name; empty where it has none
   */
  public record Which(Sort sort, String name) {
    /**
     * One of them.
     *
     * @param sort its sort
     * @param name its name; empty where it has none
     */
    public Which {
      if (name.isEmpty() == (sort == Sort.NAMED)) {
        throw new InvalidArgumentException("a named time-out has a name, and no other one has");
      }
    }
  }

  /**
   * One that runs until it is cancelled.
   *
   * @param name its name
   * @return which
   */
  public static Which named(String name) {
    return new Which(Sort.NAMED, name);
  }
}
