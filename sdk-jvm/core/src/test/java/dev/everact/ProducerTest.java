// Producers: a source is taken in once, in order, and again where that may work later.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.UnavailableException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ProducerTest {
  /** Takes amounts, except one. */
  static class Till extends Actor {
    static final int POISON = 13;

    List<Integer> amounts = new ArrayList<>();

    @Handler
    int pay(int amount) {
      if (amount == POISON) {
        throw new IllegalStateException("poison");
      }
      amounts.add(amount);
      return amounts.size();
    }

    @Handler(readOnly = true)
    List<Integer> amounts() {
      return amounts;
    }
  }

  /** An item: the actor's key and its message. */
  record Payment(String till, int amount) {}

  @TempDir Path folder;

  private static Producer.Ingested ingest(Engine engine, Producer producer, List<Payment> source) {
    return producer.ingest(
        source,
        (payment, once) ->
            once.to(engine.actor(Till.class, payment.till())).ask(Till::pay, payment.amount()));
  }

  private static List<Payment> payments(int first, int last) {
    return IntStream.rangeClosed(first, last)
        .mapToObj(number -> new Payment("k" + number % 3, number + 100))
        .toList();
  }

  /** The actor takes nothing more of the producer until number 1 is skipped. */
  private static void makeGap(Engine engine, String till) {
    Reference<Till> reference = engine.actor(Till.class, till).withProducer("file", 1);
    assertThrows(HandlerFailedException.class, () -> reference.call(Till::pay, Till.POISON));
  }

  private static List<Integer> amounts(Engine engine, String till) {
    return engine.actor(Till.class, till).call(Till::amounts);
  }

  @Test
  void a_source_is_taken_in_once_and_in_order_also_after_a_restart() {
    try (Engine engine = Engine.open(folder, Till.class)) {
      Producer.Ingested done = ingest(engine, engine.producer("file").inFlight(8), payments(1, 60));
      assertEquals(new Producer.Ingested(60, 0, OptionalLong.of(60)), done);
    }
    try (Engine engine = Engine.open(folder, Till.class)) {
      Producer.Ingested done = ingest(engine, engine.producer("file"), payments(1, 90));
      assertEquals(90, done.applied() + done.alreadyApplied());
      // An actor's newest item is answered as the first time.
      assertTrue(done.applied() >= 30 && done.applied() <= 33, done.toString());
      assertEquals(OptionalLong.of(90), done.newest());
      assertEquals(OptionalLong.of(90), engine.producer("file").newest());
      assertEquals(
          IntStream.rangeClosed(1, 30).mapToObj(third -> 3 * third + 100).toList(),
          amounts(engine, "k0"));
      assertEquals(
          new Producer.Ingested(0, 0, OptionalLong.empty()),
          ingest(engine, engine.producer("empty"), List.of()));
    }
  }

  @Test
  void items_that_are_refused_for_a_while_are_sent_again_and_applied_once() {
    try (Engine engine = Engine.open(Options.inMemory(), Till.class)) {
      makeGap(engine, "a");
      makeGap(engine, "b");
      Producer producer = engine.producer("file").firstSequence(2);
      List<Payment> source =
          List.of(
              new Payment("a", 1), new Payment("b", 2), new Payment("c", 3), new Payment("a", 4));
      long begin = System.nanoTime();
      CompletableFuture<Producer.Ingested> run =
          CompletableFuture.supplyAsync(() -> ingest(engine, producer, source));
      until(() -> !amounts(engine, "c").isEmpty());
      producer.skip("till", "a", 1);
      // The one of b is refused once more after those of a are taken.
      until(() -> amounts(engine, "a").size() == 2);
      assertFalse(run.isDone());
      producer.skip("till", "b", 1);
      assertEquals(new Producer.Ingested(4, 0, OptionalLong.of(5)), run.join());
      assertTrue(System.nanoTime() - begin >= TimeUnit.MILLISECONDS.toNanos(100));
      assertEquals(List.of(1, 4), amounts(engine, "a"));
      assertEquals(List.of(2), amounts(engine, "b"));
    }
  }

  @Test
  void an_item_is_sent_so_often_while_its_errors_are_retryable() {
    try (Engine engine = Engine.open(Options.inMemory(), Till.class)) {
      makeGap(engine, "a");
      List<Long> sent = new ArrayList<>();
      Producer producer = engine.producer("file").firstSequence(2).attempts(3);
      assertThrows(
          UnavailableException.class,
          () ->
              producer.ingest(
                  List.of(1),
                  (amount, once) -> {
                    sent.add(once.sequence());
                    return once.to(engine.actor(Till.class, "a")).ask(Till::pay, amount);
                  }));
      assertEquals(List.of(2L, 2L, 2L), sent);
      sent.clear();
      assertThrows(
          HandlerFailedException.class,
          () ->
              producer.ingest(
                  List.of(Till.POISON),
                  (amount, once) -> {
                    sent.add(once.sequence());
                    return once.to(engine.actor(Till.class, "b")).ask(Till::pay, amount);
                  }));
      assertEquals(List.of(2L), sent);
      assertThrows(InvalidArgumentException.class, () -> producer.attempts(0));
    }
  }

  @Test
  void the_waits_double_up_to_ten_seconds() {
    assertEquals(
        List.of(100L, 200L, 400L, 800L, 1_600L, 3_200L, 6_400L, 10_000L, 10_000L),
        IntStream.rangeClosed(1, 9).mapToObj(Producer::waitMs).toList());
    assertEquals(10_000, Producer.waitMs(Integer.MAX_VALUE));
  }

  private static void until(BooleanSupplier holds) {
    while (!holds.getAsBoolean()) {
      Thread.onSpinWait();
    }
  }
}
