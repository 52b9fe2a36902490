// Kinds whose turns run in a pool.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidConfigurationException;
import dev.everact.errors.InvalidDeclarationException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PoolTest {
  private static final AtomicInteger NOW = new AtomicInteger();
  private static final AtomicInteger PEAK = new AtomicInteger();

  @Kind(pool = "paint")
  static class Render extends Actor {
    int frames;

    @Handler
    String compute(int ms) {
      PEAK.accumulateAndGet(NOW.incrementAndGet(), Math::max);
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
      while (System.nanoTime() < end) {
        frames++;
      }
      frames = ms;
      NOW.decrementAndGet();
      return Thread.currentThread().getName();
    }

    @Handler
    int frames() {
      return frames;
    }

    @Handler
    void fail() {
      frames = -1;
      throw new IllegalStateException("out of paint");
    }

    @Handler
    String ask(String key, Context context) {
      return context.actor(Render.class, key).call(Render::compute, 1);
    }

    @Handler
    String join(String key, Context context) {
      return context.actor(Render.class, key).ask(Render::compute, 1).join();
    }
  }

  @Kind(durable = false)
  static class Canvas extends Actor {
    @Handler
    int ping() {
      return 1;
    }
  }

  @Kind(pool = "cpu", durable = false)
  static class Default extends Actor {
    @Handler
    String thread() {
      return Thread.currentThread().getName();
    }
  }

  @Kind(pool = "cpu")
  static class Door extends Server {}

  private static Engine open(int size) {
    NOW.set(0);
    PEAK.set(0);
    return Engine.open(Options.inMemory().pool("paint", size), Render.class, Canvas.class);
  }

  @Test
  void aPingIsAnsweredWhileAPoolComputes() {
    try (Engine engine = open(1)) {
      CompletableFuture<String> computed =
          engine.actor(Render.class, "a").ask(Render::compute, 300);
      for (int i = 0; i < 10; i++) {
        assertEquals(1, engine.actor(Canvas.class, "c").call(Canvas::ping));
        assertFalse(computed.isDone(), i + " pings were answered while the pool computed");
      }
      assertTrue(computed.join().startsWith("everact-pool-paint-"));
      assertEquals(300, engine.actor(Render.class, "a").call(Render::frames));
    }
  }

  @Test
  void aCallerDoesNotRunThePoolsTurnItself() {
    try (Engine engine = Engine.inMemory(Default.class)) {
      String thread = engine.actor(Default.class, "a").call(Default::thread);
      assertTrue(thread.startsWith("everact-pool-cpu-"), thread);
    }
  }

  @Test
  void aPoolRunsAsManyTurnsAsItIsWideAndLosesNone() {
    try (Engine engine = open(2)) {
      List<CompletableFuture<String>> all = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        all.add(engine.actor(Render.class, Integer.toString(i % 10)).ask(Render::compute, 2));
      }
      all.forEach(CompletableFuture::join);
      assertTrue(PEAK.get() <= 2, PEAK.get() + " turns at a time in a pool of 2");
    }
  }

  @Test
  void turnsOfOnePoolMayAskOneAnother() {
    try (Engine engine = open(1)) {
      List<CompletableFuture<String>> all = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        Reference<Render> asks = engine.actor(Render.class, "asks" + i);
        all.add(i % 2 == 0 ? asks.ask(Render::ask, "a" + i) : asks.ask(Render::join, "a" + i));
      }
      all.forEach(one -> assertTrue(one.join().startsWith("everact-pool-paint-")));
    }
  }

  @Test
  void aTurnThatFailsIsUndoneAndSaysWhy() {
    try (Engine engine = open(1)) {
      Reference<Render> actor = engine.actor(Render.class, "a");
      actor.call(Render::compute, 1);
      HandlerFailedException failed =
          assertThrows(HandlerFailedException.class, () -> actor.call(Render::fail));
      assertTrue(failed.getMessage().contains("out of paint"), failed.getMessage());
      assertEquals(1, actor.call(Render::frames));
    }
  }

  @Test
  void aPoolThatCannotBeUsedIsRefused() {
    assertThrows(InvalidDeclarationException.class, () -> Engine.inMemory(Render.class).close());
    assertThrows(InvalidDeclarationException.class, () -> Engine.inMemory(Door.class).close());
    assertThrows(InvalidConfigurationException.class, () -> Options.inMemory().pool("paint", 0));
    assertThrows(InvalidConfigurationException.class, () -> Options.inMemory().pool("Paint it", 1));
  }
}
