// Handlers that stand, cancellation, and who runs what: nothing waits for a thread that somebody
// holds.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.CancelledException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LaneTest {
  static final ConcurrentHashMap<String, CountDownLatch> GATES = new ConcurrentHashMap<>();
  static final ConcurrentHashMap<String, Thread> RAN_ON = new ConcurrentHashMap<>();

  record Pass(String gate, String arrivals) {}

  @Kind(durable = false)
  static class Waiter extends Actor {
    int passed;

    @Handler
    int pass(Pass message) throws InterruptedException {
      GATES.get(message.arrivals).countDown();
      GATES.get(message.gate).await();
      return ++passed;
    }

    @Handler
    int quick() {
      return ++passed;
    }

    @Handler
    int askOther(String other, Context context) {
      return context.actor(Waiter.class, other).call(Waiter::quick);
    }

    @Handler
    void whichThread(String name) {
      RAN_ON.put(name, Thread.currentThread());
    }

    @Handler
    boolean untilCancelled(Context context) {
      GATES.get("cancel-began").countDown();
      while (!context.isCancelled()) {
        Thread.onSpinWait();
      }
      GATES.get("cancel-seen").countDown();
      return true;
    }
  }

  @Test
  void handlersThatStandDoNotHoldUpOthers() throws InterruptedException {
    int many = 100;
    GATES.put("all", new CountDownLatch(1));
    GATES.put("there", new CountDownLatch(many));
    try (Engine engine = Engine.inMemory(Waiter.class)) {
      List<CompletableFuture<Integer>> waiting = new ArrayList<>();
      for (int i = 0; i < many; i++) {
        waiting.add(
            engine.actor(Waiter.class, "w" + i).ask(Waiter::pass, new Pass("all", "there")));
      }
      GATES.get("there").await();
      assertEquals(1, engine.actor(Waiter.class, "free").ask(Waiter::quick).join());
      GATES.get("all").countDown();
      for (CompletableFuture<Integer> one : waiting) {
        assertEquals(1, one.join());
      }
    }
  }

  @Test
  void aCallerOnAnIdleActorRunsTheTurnItself() {
    try (Engine engine = Engine.inMemory(Waiter.class)) {
      Reference<Waiter> a = engine.actor(Waiter.class, "a");
      a.call(Waiter::whichThread, "call");
      a.ask(Waiter::whichThread, "ask").join();
      assertEquals(Thread.currentThread(), RAN_ON.get("call"));
      assertTrue(RAN_ON.get("ask") != Thread.currentThread());
    }
  }

  @Test
  void aCallerNeverRunsAnothersTurn() throws Exception {
    GATES.put("slow", new CountDownLatch(1));
    GATES.put("slow-there", new CountDownLatch(1));
    try (Engine engine = Engine.inMemory(Waiter.class)) {
      Reference<Waiter> a = engine.actor(Waiter.class, "a");
      CompletableFuture<Integer> slow = a.ask(Waiter::pass, new Pass("slow", "slow-there"));
      GATES.get("slow-there").await();
      CompletableFuture<Integer> behind = a.ask(Waiter::quick);
      assertEquals(1, engine.actor(Waiter.class, "b").call(Waiter::quick));
      GATES.get("slow").countDown();
      assertEquals(1, slow.join());
      assertEquals(2, behind.join());
    }
  }

  @Test
  void whatFollowsAFutureMayStand() throws InterruptedException {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch there = new CountDownLatch(1);
    try (Engine engine = Engine.inMemory(Waiter.class)) {
      Runnable stand =
          () -> {
            there.countDown();
            try {
              held.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          };
      Thread joiner =
          new Thread(
              () -> engine.actor(Waiter.class, "a").ask(Waiter::quick).thenRun(stand).join());
      joiner.start();
      there.await();
      for (int i = 0; i < 100; i++) {
        engine.actor(Waiter.class, "b").ask(Waiter::quick).join();
      }
      held.countDown();
      joiner.join();
    }
  }

  @Test
  void whatIsReadyWhenTheEngineHasClosedIsStillSettled() throws InterruptedException {
    CountDownLatch joined = new CountDownLatch(1);
    Engine engine = Engine.inMemory(Waiter.class);
    Reference<Waiter> a = engine.actor(Waiter.class, "a");
    Reference<Waiter> b = engine.actor(Waiter.class, "b");
    // Both are asked from the lane and so answered at once: the second is ready behind the first.
    a.ask(Waiter::quick)
        .thenRun(
            () -> {
              CompletableFuture<Integer> first = a.ask(Waiter::quick);
              CompletableFuture<Integer> second = b.ask(Waiter::quick);
              first.thenRun(
                  () -> {
                    a.host.lane.stop();
                    second.join();
                    joined.countDown();
                  });
            });
    assertTrue(joined.await(20, TimeUnit.SECONDS));
    engine.close(Duration.ZERO);
  }

  @Test
  void whatIsReadyIsSettledAlthoughTheEngineGoesBetweenTwoPiecesOfWork() {
    Engine engine = Engine.inMemory(Waiter.class);
    Host host = engine.processHost();
    engine.close();
    Shift shift = new Shift(host, host.lane);
    Outgoing outgoing = new Outgoing(null, false, null, Codec.NOTHING);
    List<CompletableFuture<Integer>> ready = new ArrayList<>();
    // More than a shift settles before it polls, where it finds the engine gone.
    for (int i = 0; i < 200; i++) {
      AskFuture<Integer> future = new AskFuture<>(host, outgoing, null);
      future.ask().reply(i);
      shift.settled(future.ask());
      ready.add(future);
    }
    shift.run();
    for (int i = 0; i < ready.size(); i++) {
      assertEquals(i, ready.get(i).getNow(null));
    }
  }

  @Test
  void handlersAskInChains() {
    try (Engine engine = Engine.inMemory(Waiter.class)) {
      List<CompletableFuture<Integer>> all = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        all.add(engine.actor(Waiter.class, "from" + i % 7).ask(Waiter::askOther, "to" + i % 3));
      }
      all.forEach(CompletableFuture::join);
      int sum = 0;
      for (int i = 0; i < 3; i++) {
        sum += engine.actor(Waiter.class, "to" + i).call(Waiter::quick) - 1;
      }
      assertEquals(500, sum);
    }
  }

  @Test
  void cancellingAFutureCancelsTheTurn() throws InterruptedException {
    GATES.put("cancel-began", new CountDownLatch(1));
    GATES.put("cancel-seen", new CountDownLatch(1));
    try (Engine engine = Engine.inMemory(Waiter.class)) {
      CompletableFuture<Boolean> ask = engine.actor(Waiter.class, "a").ask(Waiter::untilCancelled);
      GATES.get("cancel-began").await();
      assertTrue(ask.cancel(true));
      assertThrows(CancellationException.class, ask::join);
      GATES.get("cancel-seen").await();
    }
  }

  @Test
  void anInterruptedCallerCancelsItsAsk() throws InterruptedException {
    GATES.put("held", new CountDownLatch(1));
    GATES.put("held-there", new CountDownLatch(1));
    try (Engine engine = Engine.inMemory(Waiter.class)) {
      Reference<Waiter> a = engine.actor(Waiter.class, "a");
      CompletableFuture<Integer> first = a.ask(Waiter::pass, new Pass("held", "held-there"));
      GATES.get("held-there").await();
      AtomicReference<Throwable> seen = new AtomicReference<>();
      Thread caller =
          new Thread(
              () -> {
                try {
                  a.call(Waiter::quick);
                } catch (CancelledException e) {
                  seen.set(Thread.interrupted() ? e : null);
                }
              });
      caller.start();
      while (caller.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      caller.interrupt();
      caller.join();
      assertEquals(CancelledException.class, seen.get().getClass());
      GATES.get("held").countDown();
      assertEquals(1, first.join());
    }
  }
}
