// Processes that receive their messages themselves.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.InvalidDeclarationException;
import dev.everact.errors.NoProcessException;
import dev.everact.errors.UnknownHandlerException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReceiveTest {
  sealed interface Message permits Add, Get, Wait, Text, Stop {}

  record Add(int more) implements Message {}

  record Get() implements Message {}

  record Wait(int number) implements Message {}

  record Text(String text) implements Message {}

  record Stop() implements Message {}

  record Start(int count) {}

  static final BlockingQueue<Object> SAID = new LinkedBlockingQueue<>();

  /** What a test has its process do. */
  static final AtomicReference<ProcessKind.PlainBody<Message>> BODY = new AtomicReference<>();

  static final ProcessKind<Message, Start> COUNTER =
      ProcessKind.receiving(
          "counter",
          Message.class,
          Start.class,
          (context, start) -> {
            int count = start.count();
            while (true) {
              Message message = context.receive();
              if (message instanceof Add add) {
                count += add.more();
              } else if (message instanceof Get) {
                context.reply(count);
              } else if (message instanceof Stop) {
                return;
              }
            }
          });

  static final ProcessKind<Message, Void> ANY =
      ProcessKind.receiving("any", Message.class, context -> BODY.get().run(context));

  private final Engine engine = Engine.inMemory(Kinds.of(COUNTER, ANY));

  @AfterEach
  void close() {
    engine.close();
    SAID.clear();
  }

  private ProcessRef<Message> does(ProcessKind.PlainBody<Message> body) {
    BODY.set(body);
    return engine.spawn(ANY);
  }

  private static Object said() throws InterruptedException {
    Object said = SAID.poll(10, TimeUnit.SECONDS);
    assertTrue(said != null, "nothing was said");
    return said;
  }

  @Test
  void aFunctionGetsItsArgumentAndItsMessagesInOrder() {
    ProcessRef<Message> counter = engine.spawn(COUNTER, new Start(5));
    for (int i = 0; i < 1_000; i++) {
      counter.tell(new Add(i));
    }
    assertEquals(5 + 499_500, counter.call(new Get(), Integer.class));
    var ended = counter.ended();
    counter.tell(new Stop());
    assertEquals(ExitReason.NORMAL, ended.join());
    assertThrows(NoProcessException.class, () -> counter.call(new Get(), Integer.class));
  }

  @Test
  void messagesThatAreNotWantedStayInOrder() throws Exception {
    ProcessRef<Message> process =
        does(
            context -> {
              SAID.add(context.receive(Text.class));
              SAID.add(context.receive(Add.class, add -> add.more() == 2));
              while (context.receive() instanceof Add add) {
                SAID.add(add);
              }
            });
    for (int i = 0; i < 4; i++) {
      process.tell(new Add(i));
    }
    process.tell(new Text("first"));
    process.tell(new Stop());
    assertEquals(new Text("first"), said());
    for (int more : new int[] {2, 0, 1, 3}) {
      assertEquals(new Add(more), said());
    }
  }

  @Test
  void aWaitHasATimeOutAndNoneTakesWhatIsThere() throws Exception {
    ProcessRef<Message> process =
        does(
            context -> {
              context.receive(Get.class);
              SAID.add(context.poll(Text.class, Duration.ZERO));
              SAID.add(context.poll(Duration.ZERO));
              long began = System.nanoTime();
              SAID.add(context.poll(Duration.ofMillis(80)));
              SAID.add(Duration.ofNanos(System.nanoTime() - began).toMillis());
              context.receive();
            });
    process.tell(new Add(1));
    process.tell(new Get());
    assertEquals(Optional.empty(), said());
    assertEquals(Optional.of(new Add(1)), said());
    assertEquals(Optional.empty(), said());
    long ms = (long) said();
    assertTrue(ms >= 75 && ms < 5_000, ms + " ms");
    process.kill();
  }

  @Test
  void aMailboxOfManyUnwantedMessagesCostsNoSquare() throws Exception {
    int many = 100_000;
    ProcessRef<Message> process =
        does(
            context -> {
              context.receive(Stop.class);
              for (int i = 0; i < 200; i++) {
                context.reply(null);
                context.receive(Get.class);
              }
              context.reply(null);
              SAID.add(context.receive());
              context.receive(Wait.class);
            });
    for (int i = 0; i < 9_000; i++) {
      process.tell(new Add(i));
    }
    process.tell(new Stop());
    long began = System.nanoTime();
    for (int i = 0; i < 200; i++) {
      process.call(new Get(), Void.class);
    }
    assertEquals(new Add(0), said());
    assertTrue(System.nanoTime() - began < many * 300_000L, "200 looks at 9,000 messages each");
    process.kill();
  }

  @Test
  void largeMessagesComeWholeAndInOrder() throws Exception {
    List<String> texts = new ArrayList<>();
    ProcessRef<Message> process =
        does(
            context -> {
              context.receive(Stop.class);
              for (int i = 0; i < 60; i++) {
                SAID.add(context.receive());
              }
            });
    for (int i = 0; i < 60; i++) {
      String text = i + "x".repeat(i % 5 == 0 ? 100_000 : 20_000);
      texts.add(text);
      process.tell(new Text(text));
    }
    process.tell(new Stop());
    for (String text : texts) {
      assertEquals(text, ((Text) said()).text());
    }
  }

  @Test
  void anAskIsAnsweredLaterOrByItsEnd() {
    ProcessRef<Message> process =
        does(
            context -> {
              context.receive(Get.class);
              Asker first = context.asker().orElseThrow();
              context.receive(Get.class);
              context.reply("second");
              first.reply("first");
              first.reply("again");
              context.receive(Get.class);
              context.asker().orElseThrow().fail(new IllegalStateException("no"));
              context.receive(Add.class);
              assertEquals(Optional.empty(), context.asker());
              context.reply("nobody waits");
              context.receive(Get.class);
            });
    CompletableFuture<String> first = process.ask(new Get(), String.class);
    assertEquals("second", process.call(new Get(), String.class));
    assertEquals("first", first.join());
    HandlerFailedException failed =
        assertThrows(HandlerFailedException.class, () -> process.call(new Get(), String.class));
    assertEquals("IllegalStateException: no", failed.getMessage());
    process.tell(new Add(1));
    NoProcessException gone =
        assertThrows(NoProcessException.class, () -> process.call(new Get(), String.class));
    assertTrue(gone.getMessage().contains("normal"), gone.getMessage());
  }

  @Test
  void theEndOfOneThatIsWatchedIsFoundAmongThosePassedOver() throws Exception {
    ProcessRef<Message> dead = engine.spawn(COUNTER, new Start(0));
    dead.kill();
    dead.ended().get(10, TimeUnit.SECONDS);
    ProcessRef<Message> process =
        does(
            context -> {
              Monitor first = context.monitor(dead);
              Monitor second = context.monitor(dead);
              context.receive(Stop.class);
              SAID.add(context.receive(second).monitor().equals(second));
              SAID.add(context.receive(first).monitor().equals(first));
              Monitor fresh = context.monitor(dead);
              SAID.add(context.receive(fresh).monitor().equals(fresh));
              SAID.add(context.poll(Down.class, Duration.ZERO));
              SAID.add(context.receive());
            });
    process.tell(new Text("waits"));
    process.tell(new Stop());
    assertEquals(true, said());
    assertEquals(true, said());
    assertEquals(true, said());
    assertEquals(Optional.empty(), said());
    assertEquals(new Text("waits"), said());
  }

  @Test
  void whatTheCoreTellsIsReceivedByItsClass() throws Exception {
    ProcessRef<Message> victim = engine.spawn(COUNTER, new Start(0));
    ProcessRef<Message> process =
        does(
            context -> {
              context.trapExits(true);
              Monitor monitor = context.monitor(victim);
              Monitor dropped = context.monitor(victim);
              context.link(victim);
              context.monitorGroup("room");
              SAID.add(monitor);
              SAID.add(context.receive(monitor));
              SAID.add(context.receive(Exit.class));
              SAID.add(context.demonitor(dropped, true));
              SAID.add(context.poll(SystemMessage.class, Duration.ZERO));
              context.join("room");
              SAID.add(context.receive(GroupChange.class));
              SAID.add(context.receive(Object.class));
            });
    Object monitor = said();
    process.tell(new Text("waits"));
    victim.exit(ExitReason.custom("over"));
    assertEquals(new Down((Monitor) monitor, victim, ExitReason.custom("over")), said());
    assertEquals(new Exit(victim, ExitReason.custom("over"), false), said());
    assertEquals(false, said());
    assertEquals(Optional.empty(), said());
    assertEquals(process, assertInstanceOf(Joined.class, said()).process());
    assertEquals(new Text("waits"), said());
  }

  @Test
  void aFunctionWhoseProcessIsEndedStopsWhereItWaits() throws Exception {
    CountDownLatch waits = new CountDownLatch(2);
    ProcessRef<Message> receives =
        does(
            context -> {
              waits.countDown();
              try {
                context.receive();
              } finally {
                SAID.add("stopped");
                context.self().tell(new Stop());
              }
            });
    receives.kill();
    // It may have been ended before its function had begun.
    if (waits.getCount() < 2) {
      assertEquals("stopped", said());
    }
    SAID.clear();
    CountDownLatch sleeps = new CountDownLatch(1);
    ProcessRef<Message> process =
        does(
            context -> {
              sleeps.countDown();
              try {
                Thread.sleep(60_000);
              } catch (InterruptedException e) {
                SAID.add("interrupted");
              }
              try {
                context.receive();
              } catch (ProcessEnded e) {
                SAID.add("ended");
                throw e;
              }
            });
    assertTrue(sleeps.await(10, TimeUnit.SECONDS));
    process.exit(ExitReason.SHUTDOWN);
    assertFalse(process.isAlive());
    assertEquals("interrupted", said());
    assertEquals("ended", said());
  }

  @Test
  void whatAFunctionTellsLeavesWhileItGoesOn() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    ProcessRef<Message> counter = engine.spawn(COUNTER, new Start(0));
    ProcessRef<Message> process =
        does(
            context -> {
              counter.tell(new Add(7));
              goOn.await();
              context.receive();
            });
    long end = System.nanoTime() + 10_000_000_000L;
    while (counter.call(new Get(), Integer.class) != 7) {
      assertTrue(System.nanoTime() < end, "it was not told");
      Thread.sleep(1);
    }
    goOn.countDown();
    process.kill();
  }

  @Test
  void aFunctionEndsItsProcessOrFails() throws Exception {
    BODY.set(
        context -> {
          context.receive();
          throw context.exit(ExitReason.custom(List.of("a", 1)));
        });
    ProcessRef<Message> leaves = engine.spawn(ANY);
    var left = leaves.ended();
    leaves.tell(new Stop());
    assertEquals(ExitReason.custom(List.of("a", 1)), left.join());
    ProcessRef<Message> fails =
        does(
            context -> {
              context.receive();
              throw new java.io.IOException("no more disk");
            });
    var failed = fails.ended();
    fails.tell(new Stop());
    ExitReason.Failed why = assertInstanceOf(ExitReason.Failed.class, failed.join());
    assertEquals("IOException: no more disk", why.text());
    assertTrue(why.stack().contains("ReceiveTest"), why.stack());
  }

  @Test
  void messagesMustBeOfADeclaredClass() {
    ProcessRef<Message> counter = engine.spawn(COUNTER, new Start(0));
    @SuppressWarnings({"unchecked", "rawtypes"})
    ProcessRef<Object> loose = (ProcessRef) counter;
    assertThrows(UnknownHandlerException.class, () -> loose.tell("text"));
    assertThrows(UnknownHandlerException.class, () -> loose.tell((Object) null));
    assertThrows(
        InvalidDeclarationException.class,
        () -> ProcessKind.receiving("open", Runnable.class, context -> {}));
    assertThrows(InvalidArgumentException.class, () -> counter.cast(ANY));
    assertEquals(counter, counter.cast(COUNTER));
    assertEquals(0, counter.call(new Get(), Integer.class));
  }

  @Test
  void withoutVirtualThreadsTheirNumberHasABound() throws Exception {
    Options options = Options.inMemory().receiverThreadsMax(2);
    if (Runtime.version().feature() >= 21) {
      return;
    }
    try (Engine small = Engine.open(options, Kinds.of(COUNTER))) {
      ProcessRef<Message> first = small.spawn(COUNTER, new Start(1));
      assertEquals(1, first.call(new Get(), Integer.class));
      ProcessRef<Message> second = small.spawn(COUNTER, new Start(2));
      assertEquals(2, second.call(new Get(), Integer.class));
      ProcessRef<Message> third = small.spawn(COUNTER, new Start(3));
      ExitReason.Failed gone =
          assertInstanceOf(ExitReason.Failed.class, third.ended().get(20, TimeUnit.SECONDS));
      assertTrue(gone.text().contains("receiverThreadsMax"), gone.text());
    }
  }

  @Test
  void anEngineClosesWhileFunctionsWait() {
    Engine other = Engine.inMemory(Kinds.of(COUNTER));
    ProcessRef<Message> counter = other.spawn(COUNTER, new Start(0));
    assertEquals(0, counter.call(new Get(), Integer.class));
    long began = System.nanoTime();
    other.close();
    assertTrue(System.nanoTime() - began < 10_000_000_000L, "it waited for a function that waits");
  }

  @Test
  void onlyTheFunctionsOwnThreadReceives() throws Exception {
    ProcessRef<Message> process =
        does(
            context -> {
              CompletableFuture<Object> other =
                  CompletableFuture.supplyAsync(() -> context.poll(Duration.ZERO));
              SAID.add(other.handle((got, failed) -> failed.getCause()).join());
              context.receive();
            });
    assertInstanceOf(InvalidArgumentException.class, said());
    process.tell(new Stop());
  }

  @Test
  void aFunctionThatIsGoneLeavesNothing() throws Exception {
    List<ProcessRef<Message>> all = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      all.add(engine.spawn(COUNTER, new Start(i)));
      assertEquals(i, all.get(i).call(new Get(), Integer.class));
    }
    for (int i = 0; i < 300; i++) {
      if (i % 2 == 0) {
        all.get(i).kill();
      } else {
        all.get(i).tell(new Stop());
      }
    }
    long end = System.nanoTime() + 10_000_000_000L;
    while (all.get(0).host.activations() > 0 || engine.stats().activations() > 0) {
      assertTrue(System.nanoTime() < end, all.get(0).host.activations() + " are left");
      Thread.sleep(1);
    }
  }
}
