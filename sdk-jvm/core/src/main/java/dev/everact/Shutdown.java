// How a supervisor ends a child.
package dev.everact;

import java.time.Duration;

/** How a child is asked to end, and how long it may take. */
public sealed interface Shutdown {
  /** It is killed. */
  Shutdown BRUTAL = new Brutal();

  /** It may take as long as it wants. */
  Shutdown INFINITY = new Infinity();

  /** It is killed. */
  record Brutal() implements Shutdown {}

  /** It may take as long as it wants. */
  record Infinity() implements Shutdown {}

  /**
   * It is killed if it has not ended in time.
   *
   * @param time to the millisecond
   */
  record After(Duration time) implements Shutdown {}

  /**
   * Killed if it has not ended in time.
   *
   * @param time to the millisecond
   * @return how
   */
  static Shutdown after(Duration time) {
    return new After(time);
  }
}
