// A message that is sent later.
package dev.everact;

import dev.everact.internal.Layout;
import java.time.Duration;
import java.util.Optional;

/** A timer that {@link Delayed} has armed. */
public final class Timer {
  private final Host host;
  private final long number;

  Timer(Host host, long number) {
    this.host = host;
    this.number = number;
  }

  /**
   * Cancels the timer: nothing is told any more.
   *
   * @return the time that was left; empty where it had fired or was cancelled before
   */
  public Optional<Duration> cancel() {
    return Commands.timer(host, Turn.contextHere(host), Layout.TIMER_CANCEL, number);
  }

  /**
   * Looks at the timer.
   *
   * @return the time that is left; empty where it has fired or was cancelled
   */
  public Optional<Duration> read() {
    return Commands.timer(host, Turn.contextHere(host), Layout.TIMER_READ, number);
  }
}
