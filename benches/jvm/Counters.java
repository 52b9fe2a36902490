// The actors of all figures: a counter in memory and a durable one.
package bench;

import dev.everact.Actor;
import dev.everact.Handler;
import dev.everact.Kind;

/** Holds the two kinds. */
final class Counters {
  private Counters() {}

  @Kind(durable = false)
  static class Scratch extends Actor {
    int value;

    @Handler
    int add(int amount) {
      value += amount;
      return value;
    }
  }

  static class Counter extends Actor {
    int value;

    @Handler
    int add(int amount) {
      value += amount;
      return value;
    }
  }
}
