// Fairness: how long a ping waits where a hundred actors never run dry, beside an engine that is
// otherwise idle.
package bench;

import dev.everact.Actor;
import dev.everact.Context;
import dev.everact.Engine;
import dev.everact.Handler;
import dev.everact.Kind;
import dev.everact.Reference;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/**
 * {@code ask} is an ask from outside, whose turn the asking thread runs where the actor is idle.
 * {@code told} is a tell whose handler answers through a semaphore of the caller's: its turn waits
 * with all others that are ready.
 */
final class Fairness {
  /** Actors that always have a message: each tells itself the next one. */
  private static final int BUSY = 100;

  private static final long PACE_NANOS = 1_000_000;
  private static final double WARM_UP_S = 1;
  private static final LongAdder TURNS = new LongAdder();
  private static final Semaphore ANSWERS = new Semaphore(0);
  private static volatile boolean over;

  private Fairness() {}

  @Kind(durable = false)
  static class Busy extends Actor {
    @Handler
    void spin(Context context) {
      TURNS.increment();
      if (!over) {
        context.tell(context.actor(Busy.class, context.key()), Busy::spin);
      }
    }
  }

  @Kind(durable = false)
  static class Pong extends Actor {
    @Handler
    int ping() {
      return 1;
    }

    @Handler
    void told() {
      ANSWERS.release();
    }
  }

  /** A ping, from its beginning to its answer. */
  private interface Ping {
    void run() throws Exception;
  }

  /** The figures of one run, by name. */
  static Map<String, Double> run(double seconds) throws Exception {
    over = false;
    Map<String, Double> found = new LinkedHashMap<>();
    try (Engine engine = Engine.inMemory(Busy.class, Pong.class)) {
      Reference<Pong> pong = engine.actor(Pong.class, "pong");
      Map<String, Ping> pings = new LinkedHashMap<>();
      pings.put("ask", () -> pong.call(Pong::ping));
      pings.put(
          "told",
          () -> {
            pong.tell(Pong::told);
            ANSWERS.acquire();
          });
      for (String state : new String[] {"idle", "busy"}) {
        for (int key = 0; state.equals("busy") && key < BUSY; key++) {
          engine.actor(Busy.class, Integer.toString(key)).tell(Busy::spin).join();
        }
        for (Map.Entry<String, Ping> ping : pings.entrySet()) {
          waits(ping.getValue(), WARM_UP_S);
          long before = TURNS.sum();
          long began = System.nanoTime();
          long[] took = waits(ping.getValue(), seconds);
          String name = "fair." + ping.getKey() + ".";
          found.put(name + state + "_p50_us", at(took, 0.5));
          found.put(name + state + "_p99_us", at(took, 0.99));
          if (state.equals("busy")) {
            found.put(name + "busy_by_idle_p99", at(took, 0.99) / found.get(name + "idle_p99_us"));
            found.put("fair.turns_per_s", (TURNS.sum() - before) * 1e9 / (System.nanoTime() - began));
          }
        }
      }
      over = true;
    }
    return found;
  }

  /** Nanoseconds that pings took, sorted. */
  private static long[] waits(Ping ping, double seconds) throws Exception {
    long[] took = new long[(int) (seconds * 1e9 / PACE_NANOS) + 1];
    int count = 0;
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < end) {
      Thread.sleep(PACE_NANOS / 1_000_000);
      long began = System.nanoTime();
      ping.run();
      took[Math.min(count, took.length - 1)] = System.nanoTime() - began;
      count++;
    }
    took = Arrays.copyOf(took, Math.min(count, took.length));
    Arrays.sort(took);
    return took;
  }

  private static double at(long[] took, double part) {
    return took[Math.min(took.length - 1, (int) (took.length * part))] / 1000.0;
  }
}
