// The lane's threads: they take what the core has ready, run it one after the other, and answer in
// batches.
package dev.everact;

import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps as many {@link Shift}s at work as the lane is wide. A watch looks every few milliseconds:
 * where a shift stands in somebody's code, a new one takes over what waits behind it, and the
 * handler's next turns go to {@link HandlerThreads}.
 */
final class Lane {
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(4);
  private static final int IDLE_TICKS_MAX = 250;

  /** Something may be left to the rescue by a thread that could not even wake the watch. */
  private static final long SLEEP_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A thread that computes is left alone for so many ticks, one that waits for one. */
  private static final int BUSY_TICKS_MAX = 5;

  /** Processors for each thread of the lane: the rest is for callers and the core. */
  private static final int PROCESSORS_A_SHIFT = 4;

  private final Host host;
  private final CopyOnWriteArrayList<Shift> shifts = new CopyOnWriteArrayList<>();
  private final AtomicInteger names = new AtomicInteger();
  private final Thread watch;
  private volatile boolean watchSleeps;
  private volatile boolean stopped;

  Lane(Host host) {
    this.host = host;
    watch = new Thread(this::watch, "everact-lane-watch");
    watch.setDaemon(true);
  }

  void start() {
    int width = Math.max(1, Runtime.getRuntime().availableProcessors() / PROCESSORS_A_SHIFT);
    for (int i = 0; i < width; i++) {
      begin(new Shift(host, this));
    }
    watch.start();
  }

  private void begin(Shift shift) {
    shifts.add(shift);
    Thread thread = new Thread(shift, "everact-lane-" + names.incrementAndGet());
    thread.setDaemon(true);
    shift.thread = thread;
    thread.start();
  }

  /**
   * Starts the thread that continues the work of a shift. It starts also if the engine has closed:
   * what is ready may be the outcome that the old thread begins to wait for.
   */
  void replace(Shift shift, Shift heir) {
    shifts.remove(shift);
    begin(heir);
  }

  /** Adds a command to those that this thread's shift hands in next; false on other threads. */
  boolean append(Host.Composer composer) {
    Shift shift = Shift.current();
    return shift != null && shift.lane == this && shift.append(composer);
  }

  /** Hands in what this thread appended, so that what it does next comes after it. */
  void flush() {
    Shift shift = Shift.current();
    if (shift != null && shift.lane == this) {
      shift.flush();
    }
  }

  /** This thread is about to wait: where it is the lane's, somebody else takes over. */
  void standing() {
    Shift shift = Shift.current();
    if (shift != null && shift.lane == this) {
      shift.handOver(true);
    }
  }

  /** There is work again. */
  void stir() {
    if (watchSleeps) {
      watchSleeps = false;
      LockSupport.unpark(watch);
    }
  }

  boolean isStopped() {
    return stopped;
  }

  void stop() {
    stopped = true;
    LockSupport.unpark(watch);
  }

  private void watch() {
    int idleTicks = 0;
    while (!stopped) {
      boolean busy = false;
      host.rescue.run();
      for (Shift shift : shifts) {
        int ticks = shift.ticksInOnePiece();
        busy |= ticks >= 0;
        if (ticks > BUSY_TICKS_MAX || ticks > 0 && stands(shift.thread)) {
          shift.handOver(true);
        }
      }
      idleTicks = busy ? 0 : idleTicks + 1;
      if (idleTicks > IDLE_TICKS_MAX) {
        watchSleeps = true;
        LockSupport.parkNanos(this, SLEEP_NANOS);
        watchSleeps = false;
        idleTicks = 0;
      } else {
        LockSupport.parkNanos(this, TICK_NANOS);
      }
    }
  }

  private static boolean stands(Thread thread) {
    return switch (thread.getState()) {
      case WAITING, TIMED_WAITING, BLOCKED -> true;
      case NEW, RUNNABLE, TERMINATED -> false;
    };
  }
}
