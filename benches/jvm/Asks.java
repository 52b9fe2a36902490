// The asks: one in flight, many callers, one hot key, many keys.
package bench;

import bench.Counters.Counter;
import bench.Counters.Scratch;
import dev.everact.Engine;
import dev.everact.Options;
import dev.everact.Reference;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.function.LongFunction;

/** Each returns asks a second. */
final class Asks {
  private static final int IN_FLIGHT = 1000;
  private static final int MANY_KEYS = 1000;
  private static final int MILLION_KEYS = 1_000_000;
  private static final int WARM_UP_SHARE = 2;

  private Asks() {}

  /** What is measured, with the engine open and warm. */
  interface Measure {
    double run(Engine engine, double seconds) throws Exception;
  }

  /** Opens, warms up for half the time, measures. */
  private static double withEngine(Options options, double seconds, Measure measure) throws Exception {
    try (Engine engine = Engine.open(options, Scratch.class, Counter.class)) {
      measure.run(engine, seconds / WARM_UP_SHARE);
      return measure.run(engine, seconds);
    }
  }

  static double transientSeq(Path folder, double seconds) throws Exception {
    return withEngine(
        Options.inMemory(),
        seconds,
        (engine, time) -> {
          Reference<Scratch> actor = engine.actor(Scratch.class, "a");
          return sequence(time, () -> actor.call(Scratch::add, 1));
        });
  }

  static double transientConc(Path folder, double seconds) throws Exception {
    return withEngine(
        Options.inMemory(),
        seconds,
        (engine, time) ->
            loops(
                time,
                caller -> {
                  Reference<Scratch> actor = engine.actor(Scratch.class, Integer.toString(caller));
                  return () -> actor.call(Scratch::add, 1);
                }));
  }

  static double durableSeq(Path folder, double seconds) throws Exception {
    return withEngine(
        Options.onFolder(folder),
        seconds,
        (engine, time) -> {
          Reference<Counter> actor = engine.actor(Counter.class, "a");
          return sequence(time, () -> actor.call(Counter::add, 1));
        });
  }

  static double durableKeys(Path folder, double seconds) throws Exception {
    return withEngine(
        Options.onFolder(folder),
        seconds,
        (engine, time) -> stream(engine, time, i -> Long.toString(i % MANY_KEYS)));
  }

  static double durableHot(Path folder, double seconds) throws Exception {
    return withEngine(Options.onFolder(folder), seconds, (engine, time) -> stream(engine, time, i -> "hot"));
  }

  static double durableMillion(Path folder, double seconds) throws Exception {
    return withEngine(
        Options.onFolder(folder),
        seconds,
        (engine, time) -> stream(engine, time, i -> Long.toString(i * 7_368_787 % MILLION_KEYS)));
  }

  /** Asks with one in flight. */
  static double sequence(double seconds, Runnable ask) {
    long begin = System.nanoTime();
    long end = begin + (long) (seconds * 1e9);
    long done = 0;
    while (System.nanoTime() < end) {
      for (int i = 0; i < 100; i++) {
        ask.run();
      }
      done += 100;
    }
    return done * 1e9 / (System.nanoTime() - begin);
  }

  /** A thousand callers, virtual threads where the JDK has them, each in a loop of its own. */
  static double loops(double seconds, IntFunction<Runnable> asks) throws Exception {
    AtomicLong done = new AtomicLong();
    long begin = System.nanoTime();
    long end = begin + (long) (seconds * 1e9);
    Thread[] callers = new Thread[IN_FLIGHT];
    for (int i = 0; i < IN_FLIGHT; i++) {
      Runnable ask = asks.apply(i);
      callers[i] =
          Callers.start(
              () -> {
                long mine = 0;
                while (System.nanoTime() < end) {
                  for (int n = 0; n < 20; n++) {
                    ask.run();
                  }
                  mine += 20;
                  Thread.yield();
                }
                done.addAndGet(mine);
              });
    }
    for (Thread caller : callers) {
      caller.join();
    }
    return done.get() * 1e9 / (System.nanoTime() - begin);
  }

  /** Keeps a thousand asks in flight: each reply asks the next key. */
  static double stream(Engine engine, double seconds, LongFunction<String> key) throws Exception {
    Stream stream = new Stream(engine, System.nanoTime() + (long) (seconds * 1e9), key);
    long begin = System.nanoTime();
    for (int i = 0; i < IN_FLIGHT; i++) {
      stream.next();
    }
    stream.ended.acquire(IN_FLIGHT);
    if (stream.failed != null) {
      throw new IllegalStateException(stream.failed);
    }
    return stream.count.get() * 1e9 / (System.nanoTime() - begin);
  }

  /** The asks of {@link #stream}. */
  private static final class Stream {
    final Engine engine;
    final long end;
    final LongFunction<String> key;
    final AtomicLong count = new AtomicLong();
    final Semaphore ended = new Semaphore(0);
    volatile Throwable failed;

    Stream(Engine engine, long end, LongFunction<String> key) {
      this.engine = engine;
      this.end = end;
      this.key = key;
    }

    void next() {
      engine
          .actor(Counter.class, key.apply(count.incrementAndGet()))
          .ask(Counter::add, 1)
          .whenComplete(
              (reply, thrown) -> {
                if (thrown != null) {
                  failed = thrown;
                }
                if (thrown != null || System.nanoTime() > end) {
                  ended.release();
                } else {
                  next();
                }
              });
    }
  }
}
