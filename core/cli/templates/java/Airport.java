package {{ module }};

import dev.reenact.Actor;
import dev.reenact.Handler;

/** One durable actor for each airport: counts the flights that have landed. */
public class Airport extends Actor {
  int flights;
  int minutesLate;

  /** Counts a flight and returns the mean delay so far. */
  @Handler
  double landed(int delay) {
    flights++;
    minutesLate += Math.max(delay, 0);
    return (double) minutesLate / flights;
  }

  /** How many flights have landed. */
  @Handler(readOnly = true)
  int count() {
    return flights;
  }
}
