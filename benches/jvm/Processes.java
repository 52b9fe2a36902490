// What benches/rust and benches/erlang measure of processes, from processes with handlers.
package bench;

import dev.everact.Child;
import dev.everact.Context;
import dev.everact.Engine;
import dev.everact.Handler;
import dev.everact.HandlerProcess;
import dev.everact.Options;
import dev.everact.ProcessRef;
import dev.everact.Spawn;
import dev.everact.Strategy;
import dev.everact.Supervisor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.logging.Level;
import java.util.logging.Logger;

/** In the style that most processes have: a class with a method for each message. */
final class Processes {
  /** How much of each is done, the same for the peers. */
  static final int LIVE = 1_000_000;

  static final int SPAWNS = 200_000;
  static final int TELLS = 500_000;
  static final int TELLS_A_TURN = 1_000;
  static final int RING = 1_000;
  static final int HOPS = 1_000_000;
  static final int PAIRS = 64;
  static final int ASKS_A_PAIR = 5_000;
  static final int RESTARTS = 5_000;
  static final int TIMERS = 300_000;

  /** As many pairs tell as there are processors. */
  static final int TELLING = Runtime.getRuntime().availableProcessors();

  private static final Logger LOGGER = Logger.getLogger("dev.everact");
  private static final LinkedBlockingQueue<ProcessRef<Mortal>> UP = new LinkedBlockingQueue<>();
  private static volatile CountDownLatch done;

  private Processes() {}

  private static Options options() {
    return Options.inMemory()
        .mailboxCapacityMessages(10_000_000)
        .processesMax(2 * LIVE)
        .slowTurn(Duration.ofHours(1));
  }

  /** Lives, and answers. */
  static class Plain extends HandlerProcess {
    @Handler
    int answer(int value) {
      return value;
    }

    @Handler
    void heard() {
      done.countDown();
    }
  }

  static double spawns(Path folder, double seconds) {
    try (Engine engine = Engine.open(options(), Plain.class)) {
      Object[] held = new Object[SPAWNS];
      long began = System.nanoTime();
      for (int i = 0; i < SPAWNS; i++) {
        held[i] = engine.spawn(Plain.class);
      }
      return SPAWNS * 1e9 / (System.nanoTime() - began);
    }
  }

  /** A million processes that have each handled a message; for a program that measures itself. */
  static Engine live() throws InterruptedException {
    Engine engine = Engine.open(options(), Plain.class);
    done = new CountDownLatch(LIVE);
    for (int i = 0; i < LIVE; i++) {
      engine.spawn(Plain.class).tell(Plain::heard);
    }
    done.await();
    return engine;
  }

  /** Tells one other again and again, which it spawns: so both are in one shard. */
  static class Source extends HandlerProcess {
    ProcessRef<Sink> sink;

    @Override
    protected void activated(Context context) {
      sink = context.spawn(Sink.class);
    }

    @Handler
    void go(int left, Context context) {
      for (int i = 0; i < TELLS_A_TURN; i++) {
        sink.tell(Sink::one, i);
      }
      if (left > TELLS_A_TURN) {
        context.self(Source.class).tell(Source::go, left - TELLS_A_TURN);
      }
    }
  }

  /** Counts the messages that it receives. */
  static class Sink extends HandlerProcess {
    int heard;

    @Handler
    void one(int value) {
      if (++heard == TELLS) {
        done.countDown();
      }
    }
  }

  static double tells(Path folder, double seconds) throws Exception {
    try (Engine engine = Engine.open(options(), Source.class, Sink.class)) {
      done = new CountDownLatch(TELLING);
      long began = System.nanoTime();
      for (int i = 0; i < TELLING; i++) {
        engine.spawn(Source.class).tell(Source::go, TELLS);
      }
      done.await();
      return (double) TELLING * TELLS * 1e9 / (System.nanoTime() - began);
    }
  }

  /** One of a ring. */
  static class Member extends HandlerProcess {
    ProcessRef<Member> next;

    /** The first one spawns the others. */
    @Handler
    void begin(Context context) {
      next = context.self(Member.class);
      for (int i = 1; i < RING; i++) {
        ProcessRef<Member> after = next;
        next = context.spawn(Member.class, it -> it.next = after);
      }
    }

    @Handler
    void hop(int left) {
      if (left == 0) {
        done.countDown();
      } else {
        next.tell(Member::hop, left - 1);
      }
    }
  }

  static double ring(Path folder, double seconds) throws Exception {
    try (Engine engine = Engine.open(options(), Member.class)) {
      ProcessRef<Member> first = engine.spawn(Member.class);
      first.call(Member::begin);
      done = new CountDownLatch(1);
      long began = System.nanoTime();
      first.tell(Member::hop, HOPS);
      done.await();
      return HOPS * 1e9 / (System.nanoTime() - began);
    }
  }

  /** Asks one other again and again, which it spawns. */
  static class Asking extends HandlerProcess {
    ProcessRef<Plain> asked;

    @Override
    protected void activated(Context context) {
      asked = context.spawn(Plain.class);
    }

    @Handler
    void go(int times) {
      for (int i = 0; i < times; i++) {
        asked.call(Plain::answer, i);
      }
      done.countDown();
    }
  }

  static double pairs(Path folder, double seconds) throws Exception {
    try (Engine engine = Engine.open(options(), Asking.class, Plain.class)) {
      done = new CountDownLatch(PAIRS);
      long began = System.nanoTime();
      for (int i = 0; i < PAIRS; i++) {
        engine.spawn(Asking.class).tell(Asking::go, ASKS_A_PAIR);
      }
      done.await();
      return (double) PAIRS * ASKS_A_PAIR * 1e9 / (System.nanoTime() - began);
    }
  }

  /** Is killed, and says when it is there again. */
  static class Mortal extends HandlerProcess {
    @Override
    protected void activated(Context context) {
      UP.add(context.self(Mortal.class));
    }
  }

  static double restarts(Path folder, double seconds) throws Exception {
    // Each end of a child is a warning.
    LOGGER.setLevel(Level.OFF);
    Supervisor parent =
        Supervisor.of(Strategy.ONE_FOR_ONE, Child.of(Spawn.of(Mortal.class)))
            .intensity(RESTARTS + 1, Duration.ofHours(1));
    try (Engine engine = Engine.open(options(), Mortal.class)) {
      engine.startSupervisor(parent);
      long began = System.nanoTime();
      for (int i = 0; i < RESTARTS; i++) {
        UP.take().kill();
      }
      UP.take();
      LOGGER.setLevel(null);
      return RESTARTS * 1e9 / (System.nanoTime() - began);
    }
  }

  /** Arms timers. */
  static class Timed extends HandlerProcess {
    @Handler
    void tick() {}

    @Handler
    double arm(int count, Context context) {
      ProcessRef<Timed> self = context.self(Timed.class);
      long began = System.nanoTime();
      for (int i = 0; i < count; i++) {
        self.after(Duration.ofHours(1)).tell(Timed::tick);
      }
      return (System.nanoTime() - began) / (double) count;
    }
  }

  static double timers(Path folder, double seconds) {
    try (Engine engine = Engine.open(options(), Timed.class)) {
      return engine.spawn(Timed.class).call(Timed::arm, TIMERS);
    }
  }
}
