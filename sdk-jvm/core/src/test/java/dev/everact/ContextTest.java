// What a handler sees: recorded time, the same random numbers in every language, hooks, and asks
// with marks.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.AlreadyAppliedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ContextTest {
  @TempDir Path folder;

  static class Observer extends Actor {
    int turns;
    int activations;
    int passivations;

    @Override
    protected void activated(Context context) {
      activations++;
    }

    @Override
    protected void passivating(Context context) {
      passivations++;
    }

    @Handler
    int count() {
      return ++turns;
    }

    @Handler
    Map<String, Object> look(Context context) throws InterruptedException {
      long before = context.now().toEpochMilli();
      Thread.sleep(5);
      UUID id = context.newId();
      return Map.of(
          "address", context.kind() + "/" + context.key(),
          "moved", context.now().toEpochMilli() != before,
          "age", System.currentTimeMillis() - before,
          "version", id.version(),
          "random", context.random(),
          "remaining", context.remaining().orElseThrow().toMillis(),
          "sender", context.sender().orElse("outside"),
          "revision", context.revision());
    }

    @Handler
    void leave(Context context) {
      context.passivate();
    }

    @Handler(readOnly = true)
    List<Integer> report() {
      return List.of(turns, activations, passivations);
    }
  }

  @Test
  void aContextShowsTheTurn() {
    try (Engine engine = Engine.open(folder, Observer.class)) {
      Reference<Observer> a = engine.actor(Observer.class, "ä/ö");
      a.call(Observer::count);
      Map<String, Object> seen = a.withDeadline(Duration.ofSeconds(10)).call(Observer::look);
      assertEquals("observer/ä/ö", seen.get("address"));
      assertEquals(false, seen.get("moved"));
      assertTrue(((Number) seen.get("age")).longValue() < 5_000);
      assertEquals(4, ((Number) seen.get("version")).intValue());
      double random = ((Number) seen.get("random")).doubleValue();
      assertTrue(random >= 0 && random < 1);
      long remaining = ((Number) seen.get("remaining")).longValue();
      assertTrue(remaining > 5_000 && remaining <= 10_000);
      assertEquals("outside", seen.get("sender"));
      assertTrue(((Number) seen.get("revision")).longValue() >= 1);
    }
  }

  @Test
  void hooksRunAsTurnsOfTheirOwn() throws InterruptedException {
    try (Engine engine = Engine.open(folder, Observer.class)) {
      Reference<Observer> a = engine.actor(Observer.class, "a");
      a.call(Observer::count);
      a.call(Observer::leave);
      while (engine.stats().activations() > 0) {
        Thread.onSpinWait();
      }
      assertEquals(List.of(1, 2, 1), a.call(Observer::report));
    }
  }

  @Test
  void aMarkIsAppliedOnce() {
    try (Engine engine = Engine.open(folder, Observer.class)) {
      Reference<Observer> a = engine.actor(Observer.class, "a");
      assertEquals(1, a.withProducer("file", 1).call(Observer::count));
      assertEquals(2, a.withProducer("file", 2).call(Observer::count));
      assertEquals(2, a.withProducer("file", 2).call(Observer::count));
      Reference<Observer> old = a.withProducer("file", 1);
      assertThrows(AlreadyAppliedException.class, () -> old.call(Observer::count));
      assertEquals(3, a.withIdempotencyKey("k").call(Observer::count));
      assertEquals(3, a.withIdempotencyKey("k").call(Observer::count));
    }
    try (Engine engine = Engine.open(folder, Observer.class)) {
      Reference<Observer> a = engine.actor(Observer.class, "a");
      assertEquals(3, a.withIdempotencyKey("k").call(Observer::count));
      assertEquals(3, a.call(Observer::report).get(0));
    }
  }
}
