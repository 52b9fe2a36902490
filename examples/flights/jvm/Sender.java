// Sends every record to its origin's actor, in the order of the file, each applied once however often it is sent.
package flights;

import dev.everact.Engine;
import dev.everact.Reference;
import dev.everact.errors.AlreadyAppliedException;
import dev.everact.errors.EveractException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Submits from one thread, with a bound on what is open. A record that has to be asked again holds back what follows for the same
 * airport: a producer's numbers only rise.
 */
final class Sender {
  private static final int IN_FLIGHT_MAX = 1000;
  private static final long RETRY_MS = 10;

  final AtomicInteger sent = new AtomicInteger();
  final AtomicInteger known = new AtomicInteger();
  private final Engine engine;
  private final Progress progress;
  private final Semaphore open = new Semaphore(IN_FLIGHT_MAX);
  private final Map<String, Origin> origins = new HashMap<>();
  private final ConcurrentLinkedQueue<Origin> held = new ConcurrentLinkedQueue<>();
  private final AtomicReference<RuntimeException> fatal = new AtomicReference<>();

  Sender(Engine engine, Progress progress) {
    this.engine = engine;
    this.progress = progress;
  }

  /** An airport that sends: how many asks are open, and what waits for them to end before it is asked again. */
  private static final class Origin {
    final Reference<Airport> actor;
    final List<Flight> again = new ArrayList<>();
    int open;

    Origin(Reference<Airport> actor) {
      this.actor = actor;
    }
  }

  /** Returns when every record is applied. */
  void sendAll(List<Flight> flights) throws InterruptedException {
    for (Flight flight : flights) {
      open.acquire();
      mend();
      Origin origin =
          origins.computeIfAbsent(flight.origin(), code -> new Origin(engine.actor(Airport.class, code)));
      submit(origin, flight);
    }
    open.acquire(IN_FLIGHT_MAX);
    mend();
  }

  private void submit(Origin origin, Flight flight) {
    synchronized (origin) {
      if (!origin.again.isEmpty()) {
        origin.again.add(flight);
        open.release();
        return;
      }
      origin.open++;
    }
    origin
        .actor
        .withProducer(flight.producer(), flight.sequence())
        .ask(Airport::departed, flight.departure())
        .whenComplete((nothing, thrown) -> took(origin, flight, thrown));
  }

  private void took(Origin origin, Flight flight, Throwable thrown) {
    boolean applied = isApplied(thrown);
    synchronized (origin) {
      origin.open--;
      if (!applied) {
        origin.again.add(flight);
      }
      if (origin.open == 0 && !origin.again.isEmpty()) {
        held.add(origin);
      }
    }
    open.release();
  }

  /** Counts an answer; an error that a second try cannot mend ends the job. */
  private boolean isApplied(Throwable thrown) {
    if (thrown == null) {
      sent.incrementAndGet();
    } else if (thrown instanceof AlreadyAppliedException) {
      known.incrementAndGet();
    } else if (thrown instanceof EveractException error && error.retryable()) {
      return false;
    } else {
      fatal.compareAndSet(null, new IllegalStateException("a record cannot be sent", thrown));
    }
    progress.step();
    return true;
  }

  /** Asks again what was held back, one after the other, in the order of the file. */
  private void mend() throws InterruptedException {
    if (fatal.get() != null) {
      throw fatal.get();
    }
    for (Origin origin = held.poll(); origin != null; origin = held.poll()) {
      List<Flight> again;
      synchronized (origin) {
        again = new ArrayList<>(origin.again);
      }
      again.sort(Comparator.comparing(Flight::producer).thenComparingLong(Flight::sequence));
      for (Flight flight : again) {
        while (!askedAgain(origin, flight)) {
          Thread.sleep(RETRY_MS);
        }
      }
      synchronized (origin) {
        origin.again.clear();
      }
    }
  }

  private boolean askedAgain(Origin origin, Flight flight) {
    try {
      origin
          .actor
          .withProducer(flight.producer(), flight.sequence())
          .call(Airport::departed, flight.departure());
      return isApplied(null);
    } catch (EveractException e) {
      return isApplied(e);
    }
  }
}
