// A look at who runs shows where its handler is.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HandlerStackTest {
  private static final long SOON_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static volatile boolean over;
  private static volatile CountDownLatch opened;

  @Kind(durable = false)
  static class Busy extends Actor {
    @Handler
    long compute() {
      long count = 0;
      while (!over) {
        count++;
      }
      return count;
    }

    @Handler
    void waitHere() throws InterruptedException {
      opened.await();
    }

    @Handler
    void askOther(Context context) {
      context.actor(Other.class, "o").call(Other::linger);
    }
  }

  @Kind(durable = false)
  static class Other extends Actor {
    @Handler
    void linger() throws InterruptedException {
      opened.await();
    }
  }

  @Kind(durable = false, pool = "narrow")
  static class Pooled extends Actor {
    @Handler
    void waitHere() throws InterruptedException {
      opened.await();
    }
  }

  private static final ProcessKind<String, Void> LISTENER =
      ProcessKind.receiving("listener", String.class, HandlerStackTest::listen);

  private static void listen(ProcessContext<String> context) {
    while (!context.receive().equals("end")) {
      continue;
    }
  }

  @BeforeEach
  void begin() {
    over = false;
    opened = new CountDownLatch(1);
  }

  private static Engine engine() {
    return Engine.inMemory(Kinds.of(Busy.class, Other.class).with(LISTENER));
  }

  /** Looks until the stack is there: the handler begins, and the thread that tells it, in time. */
  private static String stack(Engine engine, Map<String, ?> who, String frame) throws Exception {
    Object found = null;
    long end = System.nanoTime() + SOON_NANOS;
    while (System.nanoTime() < end) {
      found = engine.describe("inspect", who).get("stack");
      if (found instanceof String text && text.contains(frame)) {
        return text;
      }
      Thread.sleep(5);
    }
    throw new AssertionError("no " + frame + " in " + found);
  }

  private static Map<String, ?> busy() {
    return Map.of("kind", "busy", "key", "a");
  }

  @Test
  void aHandlerThatComputesShowsItsOwnFramesOnly() throws Exception {
    try (Engine engine = engine()) {
      CompletableFuture<Long> reply = engine.actor(Busy.class, "a").ask(Busy::compute);
      String stack = stack(engine, busy(), "HandlerStackTest$Busy.compute");
      over = true;
      reply.join();
      assertTrue(stack.startsWith("  at "), stack);
      assertFalse(stack.contains("dev.everact.Turn."), stack);
      assertFalse(stack.contains("HandlerEntry") || stack.contains("$$Lambda"), stack);
      assertNull(engine.describe("inspect", busy()).get("stack"));
    }
  }

  @Test
  void aTurnThatHasNoThreadYetHasNoStackAndTheNextLookIsAnswered() throws Exception {
    Options options = Options.inMemory().pool("narrow", 1);
    try (Engine engine = Engine.open(options, Kinds.of(Busy.class, Pooled.class))) {
      CompletableFuture<Void> first = engine.actor(Pooled.class, "1").ask(Pooled::waitHere);
      stack(engine, Map.of("kind", "pooled", "key", "1"), "HandlerStackTest$Pooled.waitHere");
      CompletableFuture<Void> second = engine.actor(Pooled.class, "2").ask(Pooled::waitHere);
      Map<String, Object> waiting =
          engine.describe("inspect", Map.of("kind", "pooled", "key", "2"));
      assertEquals(1, waiting.get("open_turns"));
      assertNull(waiting.get("stack"));
      stack(engine, Map.of("kind", "pooled", "key", "1"), "HandlerStackTest$Pooled.waitHere");
      opened.countDown();
      first.join();
      second.join();
    }
  }

  @Test
  void aHandlerThatWaitsShowsWhere() throws Exception {
    try (Engine engine = engine()) {
      CompletableFuture<Void> reply = engine.actor(Busy.class, "a").ask(Busy::waitHere);
      String stack = stack(engine, busy(), "HandlerStackTest$Busy.waitHere");
      opened.countDown();
      reply.join();
      int waits = stack.indexOf("CountDownLatch.await");
      assertTrue(waits >= 0 && waits < stack.indexOf("Busy.waitHere"), stack);
    }
  }

  @Test
  void ofTwoTurnsOnOneThreadEachShowsItsOwn() throws Exception {
    try (Engine engine = engine()) {
      CompletableFuture<Void> reply = engine.actor(Busy.class, "a").ask(Busy::askOther);
      String outer = stack(engine, busy(), "$Other.linger");
      String inner = stack(engine, Map.of("kind", "other", "key", "o"), "$Other.linger");
      opened.countDown();
      reply.join();
      assertTrue(outer.contains("HandlerStackTest$Busy.askOther"), outer);
      assertFalse(inner.contains("$Busy.askOther"), inner);
    }
  }

  @Test
  void aFunctionThatReceivesShowsWhereItWaits() throws Exception {
    try (Engine engine = engine()) {
      ProcessRef<String> listener = engine.spawn(LISTENER);
      Map<String, ?> who = Map.of("process", Long.toUnsignedString(listener.number()));
      String stack = stack(engine, who, "HandlerStackTest.listen");
      assertTrue(stack.indexOf("Inbox.await") < stack.indexOf("HandlerStackTest.listen"), stack);
      assertFalse(stack.contains("dev.everact.Turn."), stack);
      listener.tell("end");
      listener.ended().join();
    }
  }

  @Test
  void theThreadThatTellsStacksEndsWithItsEngine() throws Exception {
    long before = threads();
    Engine engine = engine();
    CompletableFuture<Void> reply = engine.actor(Busy.class, "a").ask(Busy::waitHere);
    stack(engine, busy(), "HandlerStackTest$Busy.waitHere");
    assertEquals(before + 1, threads());
    opened.countDown();
    reply.join();
    engine.close();
    long end = System.nanoTime() + SOON_NANOS;
    while (threads() > before && System.nanoTime() < end) {
      Thread.sleep(5);
    }
    assertEquals(before, threads());
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("everact-stacks"))
        .count();
  }
}
