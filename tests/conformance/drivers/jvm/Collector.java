// The catalogue, told messages that fail: collector.
package conformance;

import dev.everact.Actor;
import dev.everact.Context;
import dev.everact.Exposed;
import dev.everact.Handler;
import dev.everact.Retry;
import java.util.ArrayList;
import java.util.List;

/** Takes what it is told, or does not. */
@Exposed
class Collector extends Actor {
  private static final int DIED = 3;

  List<String> entries = new ArrayList<>();

  /** Not worth another attempt. */
  static final class Hopeless extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Hopeless(String text) {
      super(text);
    }
  }

  private boolean fails(String message) {
    Tables.note("take " + message);
    if (message.startsWith("bad") && !Tables.isOn("repaired")) {
      return true;
    }
    entries.add(message);
    return false;
  }

  private void add(String message) {
    if (fails(message)) {
      throw new IllegalStateException("broken: " + message);
    }
  }

  @Handler
  @Retry(attemptsMax = 3, firstWaitMs = 20, waitMaxMs = 40, factor = 2, jitter = 0)
  void take(String message) {
    add(message);
  }

  @Handler
  @Retry(
      attemptsMax = 3,
      firstWaitMs = 20,
      waitMaxMs = 40,
      factor = 2,
      jitter = 0,
      onFailure = Retry.OnFailure.HOLD)
  void takeHeld(String message) {
    add(message);
  }

  @Handler
  @Retry(attemptsMax = 100, firstWaitMs = 50, waitMaxMs = 50, factor = 1, jitter = 0)
  void takePatiently(String message) {
    add(message);
  }

  @Handler
  @Retry(
      attemptsMax = 3,
      firstWaitMs = 20,
      waitMaxMs = 40,
      factor = 2,
      jitter = 0,
      notRetried = Hopeless.class)
  void takeHopeless(String message) {
    if (fails(message)) {
      throw new Hopeless("broken: " + message);
    }
  }

  @Handler
  @Retry(attemptsMax = 3, firstWaitMs = 20, waitMaxMs = 40, factor = 2, jitter = 0)
  void refuse(String message) throws Guarded.SeatTaken {
    Tables.note("take " + message);
    throw new Guarded.SeatTaken(message, 1);
  }

  @Handler
  void takeByDefault(String message) {
    add(message);
  }

  @Handler
  void takeMetadata(Context context) {
    entries.add(context.metadata().text("x-trip").orElse(""));
  }

  @Handler
  void fall(String message) {
    if (Tables.isOn("falls")) {
      Runtime.getRuntime().halt(DIED);
    }
    entries.add(message);
  }

  @Handler(readOnly = true)
  List<String> entries() {
    return entries;
  }
}
