// Supervisors and timers.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.NoProcessException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SupervisorTest {
  static final BlockingQueue<Object> SAID = new LinkedBlockingQueue<>();

  static class Worker extends HandlerProcess {
    String name = "";
    boolean fails;

    @Override
    protected void activated(Context context) {
      SAID.add("start " + name);
      context.trapExits(true);
      if (fails) {
        throw new IllegalStateException("it cannot start");
      }
    }

    @Override
    protected void onExit(Exit exit, Context context) {
      SAID.add("stop " + name);
      throw context.exit(exit.reason());
    }

    @Handler
    String name() {
      return name;
    }

    @Handler
    void crash() {
      throw new IllegalStateException("crash");
    }

    @Handler
    void note(String text) {
      SAID.add(text);
    }

    @Handler
    void later(int ms, Context context) {
      context.self(Worker.class).after(Duration.ofMillis(ms)).tell(Worker::note, "later");
    }
  }

  record Tick(int number) {}

  static final ProcessKind<Tick, Integer> TICKER =
      ProcessKind.receiving(
          "ticker",
          Tick.class,
          Integer.class,
          (context, times) -> {
            Timer timer = context.sendEvery(Duration.ofMillis(5), new Tick(1));
            for (int i = 0; i < times; i++) {
              SAID.add(context.receive());
            }
            SAID.add(timer.cancel().isPresent());
            SAID.add(timer.read());
          });

  private final Engine engine = Engine.inMemory(Kinds.of(Worker.class).with(TICKER));

  @AfterEach
  void close() {
    engine.close();
    SAID.clear();
  }

  private static Object said() throws InterruptedException {
    Object said = SAID.poll(10, TimeUnit.SECONDS);
    assertTrue(said != null, "nothing was said");
    return said;
  }

  private static Child worker(String name) {
    return Child.of(Spawn.of(Worker.class, it -> it.name = name).named(name)).id(name);
  }

  private ProcessRef<Worker> named(String name) {
    return engine.whereis(name).orElseThrow().cast(Worker.class);
  }

  private static <E extends Exception> E cause(
      Class<E> type, java.util.concurrent.CompletableFuture<?> future) {
    CompletionException failed = assertThrows(CompletionException.class, future::join);
    return assertInstanceOf(type, failed.getCause());
  }

  @Test
  void childrenStartInOrderAreRestartedAndEndInReverse() throws Exception {
    SupervisorRef root =
        engine.run(
            Supervisor.of(Strategy.REST_FOR_ONE, worker("a"), worker("b"), worker("c"))
                .intensity(3, Duration.ofSeconds(10)));
    for (String name : List.of("a", "b", "c")) {
      assertEquals("start " + name, said());
    }
    assertEquals(new ChildCounts(3, 3, 0, 3), root.count().join());
    ProcessRef<Worker> a = named("a");
    ProcessRef<Worker> b = named("b");
    b.tell(Worker::crash);
    assertEquals("stop c", said());
    assertEquals("start b", said());
    assertEquals("start c", said());
    assertEquals(a, named("a"));
    assertNotEquals(b, named("b"));
    ChildSpec spec = root.spec("b").join();
    assertEquals(Optional.of("worker"), spec.kind());
    assertEquals(Optional.of("b"), spec.name());
    assertEquals(Restart.PERMANENT, spec.restart());
    assertEquals(Shutdown.after(Duration.ofSeconds(5)), spec.shutdown());
    engine.close();
    for (String name : List.of("c", "b", "a")) {
      assertEquals("stop " + name, said());
    }
  }

  @Test
  void childrenComeAndGoAtRunTime() throws Exception {
    SupervisorRef supervisor =
        engine.startSupervisor(Supervisor.of(Strategy.ONE_FOR_ONE).named("boss"));
    ProcessRef<?> started =
        supervisor
            .startChild(worker("w").restart(Restart.TRANSIENT).shutdown(Shutdown.BRUTAL))
            .join()
            .orElseThrow();
    assertEquals("w", started.cast(Worker.class).call(Worker::name));
    List<ChildInfo> children = supervisor.children().join();
    assertEquals(
        List.of(
            new ChildInfo(Optional.of("w"), ChildInfo.Status.RUNNING, Optional.of(started), false)),
        children);
    assertEquals(Shutdown.BRUTAL, supervisor.spec("w").join().shutdown());
    assertEquals(supervisor, engine.whereis("boss").orElseThrow());
    assertEquals(
        SupervisorException.Why.ALREADY_STARTED,
        cause(SupervisorException.class, supervisor.startChild(worker("w"))).why());
    assertEquals(
        SupervisorException.Why.RUNNING,
        cause(SupervisorException.class, supervisor.deleteChild("w")).why());
    supervisor.terminateChild("w").join();
    assertFalse(started.isAlive());
    assertEquals(ChildInfo.Status.ABSENT, supervisor.children().join().get(0).status());
    assertNotEquals(started, supervisor.restartChild("w").join().orElseThrow());
    supervisor.terminateChild("w").join();
    supervisor.deleteChild("w").join();
    assertEquals(List.of(), supervisor.children().join());
    assertEquals(
        SupervisorException.Why.NOT_FOUND,
        cause(SupervisorException.class, supervisor.spec("w")).why());
    supervisor.exit(ExitReason.SHUTDOWN);
    cause(NoProcessException.class, supervisor.count());
  }

  @Test
  void aTreeIsNestedAndDynamicChildrenAreAlike() throws Exception {
    Supervisor pool =
        Supervisor.of(Strategy.DYNAMIC, Child.of(Worker.class).restart(Restart.TEMPORARY))
            .named("pool");
    SupervisorRef root =
        engine.startSupervisor(
            Supervisor.of(Strategy.ONE_FOR_ALL, Child.of(pool), worker("w"))
                .autoShutdown(AutoShutdown.NEVER)
                .backoff(
                    new Backoff(
                        Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofSeconds(1), 10)));
    List<ChildInfo> children = root.children().join();
    assertEquals(Optional.of("pool"), children.get(1).id());
    SupervisorRef running =
        assertInstanceOf(SupervisorRef.class, children.get(1).process().orElseThrow());
    assertEquals(running, engine.whereis("pool").orElseThrow());
    ProcessRef<Worker> one =
        running.startChild(Spawn.of(Worker.class, it -> it.name = "one")).join().orElseThrow();
    assertEquals("one", one.call(Worker::name));
    assertEquals(new ChildCounts(1, 1, 0, 1), running.count().join());
    running.terminateChild(one).join();
    assertEquals(List.of(), running.children().join());
    ProcessRef<Worker> gone = running.startChild(Spawn.of(Worker.class)).join().orElseThrow();
    running.terminateChild(gone).join();
    gone.tell(Worker::name); // silent: what it was is known after its end
    assertThrows(InvalidArgumentException.class, () -> running.cast(Worker.class));
  }

  @Test
  void aStartThatFailsSaysWhy() {
    Supervisor bad =
        Supervisor.of(
            Strategy.ONE_FOR_ONE, worker("a"), Child.of(Worker.class, it -> it.fails = true));
    SupervisorException failed =
        assertThrows(SupervisorException.class, () -> engine.startSupervisor(bad));
    assertEquals(SupervisorException.Why.NOT_STARTED, failed.why());
    assertEquals(List.of("worker"), failed.path());
    ExitReason.Failed reason = assertInstanceOf(ExitReason.Failed.class, failed.reason());
    assertTrue(reason.text().contains("it cannot start"), reason.text());
    assertEquals(Optional.empty(), engine.whereis("a"));
    InvalidArgumentException twice =
        assertThrows(
            InvalidArgumentException.class,
            () ->
                engine.startSupervisor(
                    Supervisor.of(Strategy.ONE_FOR_ONE, worker("a"), worker("a"))));
    assertTrue(twice.getMessage().contains("a"), twice.getMessage());
    assertThrows(
        InvalidArgumentException.class,
        () ->
            engine.startSupervisor(
                Supervisor.of(Strategy.ONE_FOR_ONE, Child.of(Spawn.of(Worker.class).linked()))));
  }

  @Test
  void timersTellOnceOrAgainAndSayWhatIsLeft() throws Exception {
    ProcessRef<Worker> worker = engine.spawn(Worker.class);
    assertEquals("start ", said());
    Timer far = worker.after(Duration.ofSeconds(60)).tell(Worker::note, "never");
    Duration left = far.read().orElseThrow();
    assertTrue(left.compareTo(Duration.ofSeconds(50)) > 0, left.toString());
    assertTrue(far.cancel().isPresent());
    assertEquals(Optional.empty(), far.cancel());
    assertEquals(Optional.empty(), far.read());
    worker.tell(Worker::later, 10);
    assertEquals("later", said());
    assertThrows(
        InvalidArgumentException.class,
        () -> worker.after(Duration.ofMillis(-1)).tell(Worker::crash));
    engine.spawn(TICKER, 3);
    for (int i = 0; i < 3; i++) {
      assertEquals(new Tick(1), said());
    }
    assertEquals(true, said());
    assertEquals(Optional.empty(), said());
  }
}
