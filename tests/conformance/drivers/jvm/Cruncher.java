// The catalogue, the kind whose handlers run in a pool: cruncher.
package conformance;

import dev.everact.Actor;
import dev.everact.Context;
import dev.everact.Exposed;
import dev.everact.Handler;
import dev.everact.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Counts, and keeps a processor busy. */
@Kind(pool = "cpu")
@Exposed
class Cruncher extends Actor {
  /** So long a handler computes at most. */
  private static final Duration CRUNCHING_MAX = Duration.ofSeconds(20);

  long value;

  record Crunch(long amount, String file) {}

  @Handler
  long add(long amount) {
    value += amount;
    return value;
  }

  @Handler
  long addThenFail(long amount) {
    value += amount;
    throw new IllegalStateException("boom");
  }

  @Handler
  long crunch(Crunch message) {
    Path file = Path.of(message.file);
    long begun = System.nanoTime();
    while (!Files.exists(file) && System.nanoTime() - begun < CRUNCHING_MAX.toNanos()) {
      Thread.onSpinWait();
    }
    return add(message.amount);
  }

  @Handler
  long send(Catalogue.Parcel message, Context context) {
    context.tell(context.actor(Catalogue.Counter.class, message.to()), Catalogue.Counter::add, message.amount());
    return add(message.amount());
  }

  @Handler(readOnly = true)
  long get() {
    return value;
  }
}
