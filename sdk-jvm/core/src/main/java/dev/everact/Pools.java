// Threads for kinds that compute for long, so that the other kinds do not wait for them.
package dev.everact;

import dev.everact.errors.InvalidDeclarationException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The pools of an engine, by name. A pool has threads of the platform, so that its size bounds what
 * computes.
 */
final class Pools {
  /** The pool that every engine has. */
  static final String CPU = "cpu";

  private final Map<String, Pool> byName = new HashMap<>();

  /**
   * One pool: so many turns run at a time, the others wait in the order in which they became ready.
   */
  static final class Pool {
    private static final long KEPT_SECONDS = 10;
    private static final ThreadLocal<Pool> HERE = new ThreadLocal<>();

    private final int size;
    private final ThreadPoolExecutor threads;

    /**
     * Threads that wait for an ask: others take their place, or a full pool would wait for itself.
     */
    private int standing;

    private Pool(String name, int size) {
      this.size = size;
      AtomicInteger count = new AtomicInteger();
      // Each activation has one turn in the queue at most, and its read-only ones.
      threads =
          new ThreadPoolExecutor(
              size,
              size,
              KEPT_SECONDS,
              TimeUnit.SECONDS,
              new LinkedBlockingQueue<>(),
              task -> {
                Runnable marked =
                    () -> {
                      HERE.set(this);
                      task.run();
                    };
                String thread = "everact-pool-" + name + "-" + count.incrementAndGet();
                Thread made = new Thread(marked, thread);
                made.setDaemon(true);
                return made;
              });
      threads.allowCoreThreadTimeOut(true);
    }

    /** Runs a turn as soon as a thread is free, and completes it. */
    void run(Host host, Turn turn) {
      Runnable task =
          () -> {
            turn.run();
            host.completeElsewhere(turn);
          };
      try {
        threads.execute(task);
      } catch (RejectedExecutionException | OutOfMemoryError e) {
        // The engine is closed, or no thread can be made; whoever waits for this gets an answer.
        task.run();
      }
    }

    private synchronized void changeStanding(int change) {
      standing += change;
      int most = size + Math.max(0, standing);
      // With the maximum lowered too, a thread too many ends before it takes another turn.
      if (change > 0) {
        threads.setMaximumPoolSize(most);
        threads.setCorePoolSize(most);
      } else {
        threads.setCorePoolSize(most);
        threads.setMaximumPoolSize(most);
      }
    }
  }

  /**
   * Makes the pools.
   *
   * @param sizes the sizes that the options name
   */
  Pools(Map<String, Integer> sizes) {
    Map<String, Integer> all = new LinkedHashMap<>();
    all.put(CPU, Math.max(1, Runtime.getRuntime().availableProcessors() - 1));
    all.putAll(sizes);
    all.forEach((name, size) -> byName.put(name, new Pool(name, size)));
  }

  /** The pool that a kind's turns run in; null for none. */
  Pool of(KindTable kind) {
    if (kind.pool == null) {
      return null;
    }
    Pool pool = byName.get(kind.pool);
    if (pool == null) {
      throw new InvalidDeclarationException(
          "kind " + kind.name + ": the engine has no pool " + kind.pool);
    }
    return pool;
  }

  /** A thread begins (1) or ends (-1) to wait for an ask. */
  static void standing(int change) {
    Pool pool = Thread.currentThread().getClass() == Thread.class ? Pool.HERE.get() : null;
    if (pool != null && change != 0) {
      pool.changeStanding(change);
    }
  }

  void stop() {
    byName.values().forEach(pool -> pool.threads.shutdown());
  }
}
