// Threads for handlers that wait: virtual ones where the JDK has them, else a pool that grows while
// its threads stand.
package dev.everact;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs what must not hold up a lane. */
final class HandlerThreads implements Host.Arrivals {
  private static final long KEPT_SECONDS = 10;
  private static final MethodHandle START_VIRTUAL = startVirtual();

  private final Host host;
  private final int threadsMax;
  private final ThreadPoolExecutor pool;

  /** Threads of processes that receive their messages themselves: one for each. */
  private final ThreadPoolExecutor receivers;

  /**
   * Threads of the pool that wait for an ask: others may take their place, or a full pool would
   * wait for itself. Changes with the pool's size under one lock: the last to count them must not
   * be overtaken by the one before when it says how many threads there may be.
   */
  private int standing;

  private final ThreadLocal<Boolean> isOurs = ThreadLocal.withInitial(() -> false);

  HandlerThreads(Host host, ThreadBounds bounds) {
    this.host = host;
    this.threadsMax = bounds.handlersMax();
    pool = START_VIRTUAL == null ? pool() : null;
    receivers = START_VIRTUAL == null ? receivers(bounds.receiversMax()) : null;
  }

  private static ThreadPoolExecutor receivers(int most) {
    AtomicInteger count = new AtomicInteger();
    return new ThreadPoolExecutor(
        0,
        most,
        KEPT_SECONDS,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        task -> {
          Thread thread = new Thread(task, "everact-process-" + count.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  private ThreadPoolExecutor pool() {
    AtomicInteger count = new AtomicInteger();
    ThreadPoolExecutor made =
        new ThreadPoolExecutor(
            threadsMax,
            Integer.MAX_VALUE,
            KEPT_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Runnable marked =
                  () -> {
                    isOurs.set(true);
                    task.run();
                  };
              Thread thread = new Thread(marked, "everact-handler-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    made.allowCoreThreadTimeOut(true);
    return made;
  }

  /** {@code Thread.startVirtualThread} of JDK 21 and later. */
  private static MethodHandle startVirtual() {
    if (Runtime.version().feature() < 21) {
      return null;
    }
    try {
      MethodType type = MethodType.methodType(Thread.class, Runnable.class);
      return MethodHandles.lookup().findStatic(Thread.class, "startVirtualThread", type);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  /** Runs a turn, and what the core hands out after it, on a thread that may stand. */
  void run(Turn turn) {
    Pools.Pool pooled = turn.pool();
    if (pooled != null) {
      pooled.run(host, turn);
      return;
    }
    execute(
        () -> {
          turn.run();
          host.completeElsewhere(turn);
        });
  }

  /** Runs the function of a process, which has a thread of its own as long as it lives. */
  void receive(Turn turn) {
    Runnable task =
        () -> {
          turn.run();
          host.completeElsewhere(turn);
        };
    try {
      if (receivers == null) {
        // Named, because the call's type is made from what is done with its result.
        Thread started = (Thread) START_VIRTUAL.invokeExact(task);
      } else {
        receivers.execute(task);
      }
    } catch (Throwable e) {
      turn.refuseThread(receivers == null ? 0 : receivers.getMaximumPoolSize());
      run(turn);
    }
  }

  @Override
  public void settled(AskFuture.Ask ask) {
    if (ask.hasFollowers()) {
      execute(ask::settle);
    } else {
      ask.settle();
    }
  }

  private void execute(Runnable task) {
    if (pool != null) {
      executeInPool(task);
      return;
    }
    try {
      // Named, because the call's type is made from what is done with its result.
      Thread started = (Thread) START_VIRTUAL.invokeExact(task);
    } catch (Throwable e) {
      // No memory for a thread: slower, but whoever waits for this gets an answer.
      task.run();
    }
  }

  private void executeInPool(Runnable task) {
    try {
      pool.execute(task);
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      // The engine is closed, or no thread can be made; whoever waits for this gets an answer.
      task.run();
    }
  }

  /** A thread begins (1) or ends (-1) to wait for an ask. */
  void standing(int change) {
    Pools.standing(change);
    if (pool != null && isOurs.get()) {
      synchronized (this) {
        standing += change;
        pool.setCorePoolSize(threadsMax + Math.max(0, standing));
      }
    }
  }

  void stop() {
    if (pool != null) {
      pool.shutdown();
      receivers.shutdown();
    }
  }
}
