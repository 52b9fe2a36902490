// The thin path through all layers: open, ask, tell, durable state, restart, close.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.ClosedException;
import dev.everact.errors.DataLockedException;
import dev.everact.errors.DuplicateKindException;
import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.InvalidConfigurationException;
import dev.everact.errors.InvalidDeclarationException;
import dev.everact.errors.UnknownHandlerException;
import dev.everact.errors.UnknownKindException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class EngineTest {
  static class Counter extends Actor {
    int value;

    @Handler
    int add(int amount) {
      value += amount;
      return value;
    }

    @Handler(readOnly = true)
    int get() {
      return value;
    }

    @Handler
    void forward(Forward message, Context context) {
      context.tell(context.actor(Counter.class, message.to), Counter::add, message.amount);
    }

    @Handler
    int addThrough(Forward message, Context context) {
      return context.actor(Counter.class, message.to).call(Counter::add, message.amount);
    }
  }

  record Forward(String to, int amount) {}

  /** Needs what no constructor without parameters could give it. */
  static class Device extends Actor {
    final transient List<String> wire;
    int sent;

    Device(List<String> wire) {
      this.wire = wire;
    }

    @Handler
    int send(String text) {
      sent += 1;
      wire.add(text);
      if (text.startsWith("bad")) {
        throw new IllegalStateException(text);
      }
      return sent;
    }

    @Handler
    void leave(Context context) {
      context.passivate();
    }
  }

  private static final Formatter FORMATTER = new SimpleFormatter();

  @TempDir Path folder;

  @Test
  void aCallRunsAndReplies() {
    try (Engine engine = Engine.inMemory(Counter.class)) {
      Reference<Counter> counter = engine.actor(Counter.class, "a");
      assertEquals(2, counter.call(Counter::add, 2));
      assertEquals(5, counter.call(Counter::add, 3));
      assertEquals(5, counter.call(Counter::get));
      assertEquals(5, counter.call("get", Integer.class));
    }
  }

  @Test
  void stateIsThereAfterARestart() {
    try (Engine engine = Engine.open(folder, Counter.class)) {
      for (int i = 0; i < 10; i++) {
        engine.actor(Counter.class, "a").call(Counter::add, 1);
      }
    }
    try (Engine engine = Engine.open(folder, Counter.class)) {
      assertEquals(10, engine.actor(Counter.class, "a").call(Counter::get));
    }
  }

  @Test
  void theCoresDiagnosticsReachTheLoggerWithTheirFields() throws InterruptedException {
    List<LogRecord> records = Collections.synchronizedList(new ArrayList<>());
    Logger logger = Logger.getLogger("dev.everact");
    java.util.logging.Handler handler =
        new java.util.logging.Handler() {
          @Override
          public void publish(LogRecord entry) {
            records.add(entry);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    logger.setLevel(Level.ALL);
    logger.setUseParentHandlers(false);
    try (Engine engine = Engine.open(Options.inMemory().logLevel("trace"), Counter.class)) {
      engine.actor(Counter.class, "{0} 'b'").call(Counter::add, 1);
      List<String> wanted =
          List.of(
              Level.INFO + " engine.open ",
              Level.FINER + " turn.start kind=counter key=\"{0} 'b'\" handler=add ",
              " turn.end turn=",
              " system=(memory)");
      long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
      while (!wanted.stream().allMatch(text -> said(records).contains(text))
          && System.nanoTime() < end) {
        Thread.sleep(1);
      }
      for (String text : wanted) {
        assertTrue(said(records).contains(text), said(records));
      }
      Map<?, ?> start = fields(records, "turn.start");
      assertEquals("{0} 'b'", start.get("key"));
      assertEquals("(memory)", start.get("system"));
      assertEquals(start.get("turn"), fields(records, "turn.end").get("turn"));
      assertEquals(true, fields(records, "turn.end").get("changed"));
    } finally {
      logger.removeHandler(handler);
      logger.setLevel(null);
      logger.setUseParentHandlers(true);
    }
  }

  /** What a line's record has as its argument. */
  private static Map<?, ?> fields(List<LogRecord> records, String event) {
    return List.copyOf(records).stream()
        .map(entry -> (Map<?, ?>) entry.getParameters()[0])
        .filter(fields -> event.equals(fields.get("event")))
        .findFirst()
        .orElseThrow();
  }

  private static String said(List<LogRecord> records) {
    return List.copyOf(records).stream()
        .map(entry -> entry.getLevel() + " " + FORMATTER.formatMessage(entry))
        .collect(Collectors.joining("\n"));
  }

  @Test
  void aFactoryGivesActorsWhatTheyNeedBesideTheirState() {
    List<String> wire = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger made = new AtomicInteger();
    Kinds kinds =
        Kinds.of(
                Device.class,
                () -> {
                  made.incrementAndGet();
                  return new Device(wire);
                })
            .with(Counter.class, Counter::new);
    try (Engine engine = Engine.open(folder, kinds)) {
      Reference<Device> device = engine.actor(Device.class, "a");
      int opened = made.get();
      assertEquals(1, device.call(Device::send, "first"));
      assertEquals(opened + 1, made.get());
      assertThrows(HandlerFailedException.class, () -> device.call(Device::send, "bad"));
      assertEquals(2, device.call(Device::send, "second"));
      device.call(Device::leave);
      int before = made.get();
      while (made.get() == before) {
        // Until the object is gone, the one that is there answers.
        assertTrue(device.call(Device::send, "again") > 2);
      }
      assertEquals(List.of("first", "bad", "second", "again"), wire.subList(0, 4));
      assertEquals(1, engine.actor(Counter.class, "a").call(Counter::add, 1));
    }
    try (Engine engine =
        Engine.open(
            folder, Kinds.of(List.of(Counter.class)).with(Device.class, () -> new Device(wire)))) {
      assertTrue(engine.actor(Device.class, "a").call(Device::send, "restarted") > 3);
      assertEquals(2, engine.actor(Counter.class, "a").call(Counter::add, 1));
    }
    assertEquals("restarted", wire.get(wire.size() - 1));
  }

  @Test
  void aFactoryThatMakesSomethingElseIsNamed() {
    InvalidArgumentException none =
        assertThrows(
            InvalidArgumentException.class, () -> Kinds.of(Device.class, (Supplier<Device>) null));
    assertTrue(none.getMessage().contains("Device"), none.getMessage());
    for (Supplier<Device> wrong :
        List.<Supplier<Device>>of(() -> null, () -> new Device(new ArrayList<>()) {})) {
      InvalidDeclarationException refused =
          assertThrows(
              InvalidDeclarationException.class,
              () -> Engine.inMemory(Kinds.of(Device.class, wrong)));
      assertTrue(refused.getMessage().contains("factory"), refused.getMessage());
    }
  }

  @Test
  void manyAsksInFlightAllAnswer() {
    try (Engine engine = Engine.open(folder, Counter.class)) {
      List<CompletableFuture<Integer>> replies = new ArrayList<>();
      for (int i = 0; i < 20_000; i++) {
        replies.add(engine.actor(Counter.class, "k" + i % 100).ask(Counter::add, 1));
      }
      for (CompletableFuture<Integer> reply : replies) {
        reply.join();
      }
      for (int i = 0; i < 100; i++) {
        assertEquals(200, engine.actor(Counter.class, "k" + i).call(Counter::get));
      }
      assertEquals(20_100, engine.stats().turns());
    }
  }

  @Test
  void aHandlerTellsAndAsksAnotherActor() throws InterruptedException {
    try (Engine engine = Engine.open(folder, Counter.class)) {
      Reference<Counter> a = engine.actor(Counter.class, "a");
      Reference<Counter> b = engine.actor(Counter.class, "b");
      a.call(Counter::forward, new Forward("b", 7));
      while (b.call(Counter::get) != 7) {
        Thread.onSpinWait();
      }
      assertEquals(10, a.call(Counter::addThrough, new Forward("b", 3)));
      assertEquals(11, a.ask(Counter::addThrough, new Forward("b", 1)).join());
    }
  }

  @Test
  void whatFollowsAFutureMayAskAgain() {
    try (Engine engine = Engine.inMemory(Counter.class)) {
      Reference<Counter> a = engine.actor(Counter.class, "a");
      int value =
          a.ask(Counter::add, 1)
              .thenCompose(ignored -> a.ask(Counter::add, 1))
              .thenApply(ignored -> a.call(Counter::add, 1))
              .thenApply(ignored -> a.ask(Counter::add, 1).join())
              .join();
      assertEquals(4, value);
    }
  }

  @Test
  void tellsFromOutsideArriveInOrder() {
    try (Engine engine = Engine.inMemory(Counter.class)) {
      Reference<Counter> a = engine.actor(Counter.class, "a");
      for (int i = 0; i < 1000; i++) {
        a.tell(Counter::add, 1).join();
      }
      assertEquals(1000, a.call(Counter::get));
    }
  }

  @Test
  void whatIsNotRegisteredIsNamed() {
    try (Engine engine = Engine.inMemory(Counter.class)) {
      assertThrows(UnknownKindException.class, () -> engine.actor("teapot", "a"));
      Reference<?> a = engine.actor("counter", "a");
      assertThrows(UnknownHandlerException.class, () -> a.call("boil", Void.class));
    }
    assertThrows(DuplicateKindException.class, () -> Engine.inMemory(Counter.class, Counter.class));
    Options wrong = Options.inMemory().set("colour", "red");
    assertTrue(
        assertThrows(InvalidConfigurationException.class, () -> Engine.open(wrong, Counter.class))
            .getMessage()
            .contains("colour"));
  }

  @Test
  void aSecondEngineOnTheFolderIsRefused() {
    try (Engine engine = Engine.open(folder, Counter.class)) {
      DataLockedException refused =
          assertThrows(DataLockedException.class, () -> Engine.open(folder, Counter.class));
      assertTrue(refused.getMessage().contains(Long.toString(ProcessHandle.current().pid())));
      assertEquals(1, engine.actor(Counter.class, "a").call(Counter::add, 1));
    }
  }

  @Test
  void aClosedEngineSaysSo() {
    Engine engine = Engine.inMemory(Counter.class);
    Reference<Counter> a = engine.actor(Counter.class, "a");
    a.call(Counter::add, 1);
    engine.close();
    engine.close(Duration.ofSeconds(1));
    assertThrows(ClosedException.class, () -> a.call(Counter::get));
    assertThrows(ClosedException.class, engine::stats);
    assertTrue(a.ask(Counter::get).isCompletedExceptionally());
  }

  /** Holds its turn until the test lets it go. */
  static class Held extends Actor {
    static CountDownLatch entered;
    static CountDownLatch release;
    int value;

    @Handler
    int add(int amount) throws InterruptedException {
      entered.countDown();
      release.await();
      value += amount;
      return value;
    }

    @Handler(readOnly = true)
    int get() {
      return value;
    }
  }

  @Test
  void aSecondCloseWaitsUntilTheFolderIsFree() throws Exception {
    Held.entered = new CountDownLatch(1);
    Held.release = new CountDownLatch(1);
    Engine engine = Engine.open(folder, Held.class);
    CompletableFuture<Integer> asked = engine.actor(Held.class, "a").ask(Held::add, 1);
    Held.entered.await();
    CompletableFuture<Void> first = CompletableFuture.runAsync(engine::close);
    while (!refusesAsks(engine)) {
      Thread.sleep(1);
    }
    CompletableFuture<Void> second = new CompletableFuture<>();
    Thread closer =
        new Thread(
            () -> {
              engine.close(Duration.ofSeconds(1));
              second.complete(null);
            });
    closer.start();
    while (closer.getState() != Thread.State.WAITING && !second.isDone()) {
      Thread.sleep(1);
    }
    assertFalse(second.isDone());
    Held.release.countDown();
    second.get();
    try (Engine again = Engine.open(folder, Held.class)) {
      assertEquals(1, again.actor(Held.class, "a").call(Held::get));
    }
    assertEquals(1, asked.get());
    first.get();
  }

  private static boolean refusesAsks(Engine engine) {
    try {
      engine.actor(Held.class, "b").call(Held::get);
      return false;
    } catch (ClosedException e) {
      return true;
    }
  }

  @Test
  void aBackupBecomesANewFolder() {
    Path copy = folder.resolve("copy");
    Path again = folder.resolve("again");
    try (Engine engine = Engine.open(folder.resolve("data"), Counter.class)) {
      engine.actor(Counter.class, "a").call(Counter::add, 4);
      engine.backup(copy);
      engine.actor(Counter.class, "a").call(Counter::add, 4);
    }
    Engine.restore(copy, again);
    try (Engine engine = Engine.open(again, Counter.class)) {
      assertEquals(4, engine.actor(Counter.class, "a").call(Counter::get));
    }
  }
}
