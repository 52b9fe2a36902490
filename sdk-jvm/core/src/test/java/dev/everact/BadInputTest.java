// What processes do that nobody should: themselves linked, storms of restarts, races for a name,
// floods without end.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.InvalidPayloadException;
import dev.everact.errors.MailboxFullException;
import dev.everact.errors.NameTakenException;
import dev.everact.errors.NoProcessException;
import dev.everact.errors.OverloadedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BadInputTest {
  sealed interface Message permits Number, Done {}

  record Number(int value) implements Message {}

  record Done() implements Message {}

  static final ProcessKind<Message, Void> WAITER =
      ProcessKind.receiving("waiter", Message.class, context -> context.receive(Done.class));

  static class Worker extends HandlerProcess {
    boolean crashes;

    @Override
    protected void activated(Context context) {
      if (crashes) {
        context.self(Worker.class).tell(Worker::crash);
      }
    }

    @Handler
    void crash() {
      throw new IllegalStateException("crash");
    }

    @Handler
    boolean linkToItself(Context context) {
      context.link(context.self());
      return context.links().isEmpty();
    }

    @Handler
    void badReason(Context context) {
      throw context.exit(ExitReason.custom(new Object()));
    }

    @Handler
    int stackOverflow() {
      return 1 + stackOverflow();
    }
  }

  private final Engine engine =
      Engine.open(
          Options.inMemory().set("processes_max", 2_000).shards(1),
          Kinds.of(Worker.class).with(WAITER, ODD));

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void aLinkToItselfEndsNothing() {
    ProcessRef<Worker> worker = engine.spawn(Worker.class);
    worker.call(Worker::linkToItself);
    assertTrue(worker.isAlive());
    var ended = worker.ended();
    worker.exit(ExitReason.SHUTDOWN);
    assertEquals(ExitReason.SHUTDOWN, ended.join());
  }

  @Test
  void aReasonThatCannotBeEncodedIsAnErrorWhereItIsGiven() {
    ProcessRef<Worker> worker = engine.spawn(Worker.class);
    var ended = worker.ended();
    worker.tell(Worker::badReason);
    ExitReason.Failed failed = assertInstanceOf(ExitReason.Failed.class, ended.join());
    assertTrue(failed.text().contains("detail of an exit reason"), failed.text());
    assertThrows(InvalidArgumentException.class, () -> ExitReason.shutdown("x".repeat(70_000)));
    Map<String, Object> itself = new java.util.HashMap<>();
    itself.put("it", itself);
    assertThrows(InvalidArgumentException.class, () -> ExitReason.custom(itself));
    assertThrows(InvalidArgumentException.class, () -> ExitReason.custom(Double.NaN));
  }

  @Test
  void aStormOfRestartsEndsTheSupervisor() {
    SupervisorRef supervisor =
        engine.startSupervisor(
            Supervisor.of(Strategy.ONE_FOR_ONE, Child.of(Worker.class, it -> it.crashes = true))
                .intensity(20, Duration.ofSeconds(10)));
    ExitReason why = supervisor.ended().join();
    assertTrue(why instanceof ExitReason.Shutdown || why instanceof ExitReason.NoProcess);
    assertFalse(supervisor.isAlive());
  }

  @Test
  void theRootMayBeKilledAndRunAgain() {
    Supervisor root = Supervisor.of(Strategy.ONE_FOR_ONE, Child.of(Worker.class)).named("root");
    SupervisorRef first = engine.run(root);
    assertThrows(InvalidArgumentException.class, () -> engine.run(root.named("other")));
    ProcessRef<?> child = first.children().join().get(0).process().orElseThrow();
    first.kill();
    assertFalse(child.isAlive());
    assertTrue(engine.run(root).isAlive());
  }

  @Test
  void oneOfManyGetsAName() {
    AtomicInteger taken = new AtomicInteger();
    List<CompletableFuture<Void>> racers = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      racers.add(
          CompletableFuture.runAsync(
              () -> {
                try {
                  engine.spawn(Spawn.of(Worker.class).named("one"));
                } catch (NameTakenException e) {
                  taken.incrementAndGet();
                }
              }));
    }
    racers.forEach(CompletableFuture::join);
    assertEquals(49, taken.get());
    assertEquals(1, engine.stats().activations());
  }

  @Test
  void spawningHasABound() {
    OverloadedException refused =
        assertThrows(
            OverloadedException.class,
            () -> {
              for (int i = 0; i <= 2_000; i++) {
                engine.spawn(Worker.class);
              }
            });
    assertTrue(refused.getMessage().contains("processes_max"), refused.getMessage());
  }

  @Test
  void aMailboxIsFullWithWhatWasPassedOver() {
    ProcessRef<Message> waiter = engine.spawn(WAITER);
    CompletionException full =
        assertThrows(
            CompletionException.class,
            () -> {
              for (int i = 0; i < 10_500; i++) {
                waiter.tell(new Number(i));
              }
              waiter.ask(new Done(), Void.class).join();
            });
    assertInstanceOf(MailboxFullException.class, full.getCause());
    assertTrue(waiter.isAlive());
  }

  @Test
  void aMessageThatCannotBeReadIsRefusedAndTheProcessGoesOn() {
    ProcessRef<Shape> odd = engine.spawn(ODD);
    Shape shape = new Shape("round");
    Shape.REFUSED.set(true);
    try {
      odd.tell(shape);
      assertThrows(InvalidPayloadException.class, () -> odd.call(shape, Void.class));
    } finally {
      Shape.REFUSED.set(false);
    }
    assertEquals("round", odd.call(shape, String.class));
  }

  /** Anybody can write it; where {@link #REFUSED} is set nobody can read it. */
  record Shape(String content) {
    static final java.util.concurrent.atomic.AtomicBoolean REFUSED =
        new java.util.concurrent.atomic.AtomicBoolean();

    Shape {
      if (REFUSED.get()) {
        throw new IllegalArgumentException("it cannot be made");
      }
    }
  }

  static final ProcessKind<Shape, Void> ODD =
      ProcessKind.receiving(
          "odd", Shape.class, context -> context.reply(context.receive().content()));

  @Test
  void noStackIsLeftAndTheProcessEnds() {
    ProcessRef<Worker> worker = engine.spawn(Worker.class);
    var ended = worker.ended();
    worker.tell(Worker::stackOverflow);
    assertInstanceOf(ExitReason.Failed.class, ended.join());
    assertThrows(NoProcessException.class, () -> worker.call(Worker::linkToItself));
  }
}
