// How turns end at the edges: what the caller reads, what fails at the call, what outlives the
// turn.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidArgumentException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EndingTest {
  private static final String HALF = "a\ud800";

  private static String failure(Reference<Rude> actor, Rude.Deed deed) {
    HandlerFailedException failed =
        assertThrows(HandlerFailedException.class, () -> actor.call(Rude::act, Rude.deed(deed)));
    actor.call(Rude::count);
    return failed.getMessage();
  }

  @Test
  void anErrorThatCannotDescribeItselfIsDescribedByItsType() {
    try (Engine engine = Engine.inMemory(Rude.class)) {
      Reference<Rude> a = engine.actor(Rude.class, "a");
      Rude.Deed throwing =
          (actor, context) -> {
            throw new IllegalStateException("inner");
          };
      assertEquals(
          "Evil: its text cannot be read (IllegalStateException)",
          failure(
              a,
              (actor, context) -> {
                throw new Rude.Evil(throwing);
              }));
      String huge =
          failure(
              a,
              (actor, context) -> {
                throw new IllegalStateException("y".repeat(50_000_000));
              });
      assertTrue(huge.endsWith("... (50000000 characters)"), huge.substring(huge.length() - 40));
      assertTrue(huge.length() < 20_000);
      assertEquals(
          "IllegalStateException: a?",
          failure(
              a,
              (actor, context) -> {
                throw new IllegalStateException(HALF);
              }));
    }
  }

  @Test
  void whatHasNoBytesFailsAtTheCall() {
    try (Engine engine = Engine.inMemory(Rude.class)) {
      assertThrows(InvalidArgumentException.class, () -> engine.actor(Rude.class, HALF));
      assertThrows(InvalidArgumentException.class, () -> engine.actor("rude", "\udc00b"));
      Reference<Rude> a = engine.actor(Rude.class, "a");
      assertThrows(InvalidArgumentException.class, () -> a.withProducer(HALF, 1));
      assertThrows(InvalidArgumentException.class, () -> a.withIdempotencyKey(HALF));
      assertThrows(InvalidArgumentException.class, () -> Metadata.of("name", HALF));
      assertThrows(
          InvalidArgumentException.class,
          () -> a.withIdempotencyKey("k", Duration.ofMillis(0xFFFFFFFFL)));
      assertThrows(
          InvalidArgumentException.class, () -> a.withDeadline(Duration.ofSeconds(Long.MAX_VALUE)));
      a.withIdempotencyKey("k", Duration.ofMillis(0xFFFFFFFEL)).call(Rude::count);
      // A pair is one character, not two halves.
      assertEquals("\ud83d\ude42", engine.actor(Rude.class, "\ud83d\ude42").key());
    }
  }

  @Test
  void aTellThatCannotLeaveFailsWhereItIsMadeAndTheTurnGoesOn() {
    try (Engine engine = Engine.inMemory(Rude.class)) {
      Reference<Rude> a = engine.actor(Rude.class, "a");
      Object said =
          a.call(
              Rude::act,
              Rude.deed(
                  (actor, context) -> {
                    StringBuilder errors = new StringBuilder();
                    for (String key : new String[] {HALF, "", "k".repeat(1025)}) {
                      try {
                        context.tell(context.actor(Rude.class, key), Rude::count);
                      } catch (InvalidArgumentException e) {
                        errors.append(e.errorName()).append(' ');
                      }
                    }
                    return errors.toString();
                  }));
      assertEquals("InvalidArgument InvalidArgument InvalidArgument ", said);
    }
  }

  @Test
  void aContextTellsNobodyAfterItsTurn() {
    try (Engine engine = Engine.inMemory(Rude.class)) {
      Reference<Rude> a = engine.actor(Rude.class, "a");
      AtomicReference<Context> kept = new AtomicReference<>();
      a.call(
          Rude::act,
          Rude.deed(
              (actor, context) -> {
                kept.set(context);
                return 1;
              }));
      Context over = kept.get();
      assertThrows(InvalidArgumentException.class, () -> over.tell(a, Rude::count));
      assertThrows(InvalidArgumentException.class, () -> over.tell(a, "count"));
    }
  }

  @Test
  void aTurnEndsOnAThreadWithoutStack() throws Exception {
    try (Engine engine = Engine.inMemory(Rude.class)) {
      Reference<Rude> a = engine.actor(Rude.class, "a");
      for (int round = 0; round < 5; round++) {
        int spare = round;
        Thread deep = new Thread(null, () -> sink(a, spare), "deep", 256 * 1024);
        deep.start();
        deep.join();
        a.ask(Rude::count).get(10, TimeUnit.SECONDS);
      }
      while (engine.stats().openTurns() > 0) {
        Thread.onSpinWait();
      }
    }
  }

  /** Asks at every depth until there is no more stack. */
  private static int sink(Reference<Rude> actor, int spare) {
    try {
      return spare > 0 ? sink(actor, spare - 1) : actor.call(Rude::count) + sink(actor, 0);
    } catch (StackOverflowError e) {
      return 0;
    }
  }

  @Test
  void anInterruptThatAHandlerLeavesBelongsToItsCallerOnly() throws Exception {
    try (Engine engine = Engine.inMemory(Rude.class)) {
      Reference<Rude> a = engine.actor(Rude.class, "a");
      int interrupting =
          Rude.deed(
              (actor, context) -> {
                Thread.currentThread().interrupt();
                return 7;
              });
      a.call(Rude::count);
      assertEquals(7, a.call(Rude::act, interrupting));
      assertTrue(Thread.interrupted(), "it ran on this thread, which can see it");
      assertEquals(7, a.ask(Rude::act, interrupting).get());
      int looking = Rude.deed((actor, context) -> Thread.currentThread().isInterrupted());
      for (int i = 0; i < 20; i++) {
        assertEquals(false, a.ask(Rude::act, looking).get());
      }
    }
  }

  @Test
  void aFutureIsOnesOwnToSpoil() throws Exception {
    try (Engine engine = Engine.inMemory(Rude.class)) {
      Reference<Rude> a = engine.actor(Rude.class, "a");
      int slow =
          Rude.deed(
              (actor, context) -> {
                Thread.sleep(50);
                return 1;
              });
      CompletableFuture<Object> completed = a.ask(Rude::act, slow);
      completed.complete("mine");
      CompletableFuture<Object> failed = a.ask(Rude::act, slow);
      failed.completeExceptionally(new IllegalStateException());
      assertThrows(
          NullPointerException.class, () -> a.ask(Rude::act, slow).completeExceptionally(null));
      CompletableFuture<Object> followed =
          a.ask(Rude::act, slow)
              .thenApply(
                  value -> {
                    throw new AssertionError("in somebody's code");
                  });
      CompletableFuture<Integer> sneaked =
          a.withReplyMetadata(
                  metadata -> {
                    throw Rude.<RuntimeException>sneaked(new java.io.IOException("sneaked"));
                  })
              .ask(Rude::count);
      CompletionException thrown = assertThrows(CompletionException.class, sneaked::join);
      assertInstanceOf(java.io.IOException.class, thrown.getCause());
      assertThrows(CompletionException.class, followed::join);
      assertEquals("mine", completed.join());
      assertTrue(failed.isCompletedExceptionally());
      a.ask(Rude::count).get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void aFutureIsNoReply() {
    try (Engine engine = Engine.inMemory(Rude.class)) {
      Reference<Rude> a = engine.actor(Rude.class, "a");
      String said = failure(a, (actor, context) -> CompletableFuture.completedFuture(1));
      assertTrue(said.contains("a future is no value"), said);
      assertFalse(said.contains("Misfit"), said);
    }
  }
}
