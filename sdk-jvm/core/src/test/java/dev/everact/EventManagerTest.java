// Event managers: handlers that come and go, and who supervises them.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.InvalidDeclarationException;
import dev.everact.errors.NoProcessException;
import dev.everact.errors.UnknownKindException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventManagerTest {
  static final BlockingQueue<Object> SAID = new LinkedBlockingQueue<>();

  record Tick(int number) {}

  static class Tally extends EventHandler {
    int limit = 100;
    int seen;
    boolean refuses;

    @Override
    protected void init(Optional<After> after, Context context) {
      if (refuses) {
        throw new Refuse(Map.of("why", "no room"));
      }
      after.filter(it -> it.why() == After.Why.LEFT).ifPresent(it -> seen = (Integer) it.result());
    }

    @Override
    protected void onEvent(Object event, Context context) {
      if (event.equals("fail")) {
        throw new IllegalStateException("boom");
      }
      if (++seen == limit) {
        context.events().remove();
      }
    }

    @Override
    protected void onInfo(Object message, Context context) {
      SAID.add(message);
    }

    @Override
    protected Object onCall(Object query, Context context) {
      if (query.equals("swap")) {
        context.events().swap("next", new Log(), "farewell");
      }
      return seen;
    }

    @Override
    protected Object terminate(Leaving leaving, Context context) {
      SAID.add(leaving.why());
      return seen;
    }
  }

  static class Log extends EventHandler {
    @Override
    protected void onEvent(Object event, Context context) {
      SAID.add(event);
    }
  }

  static class Stranger extends EventHandler {}

  static class Inner extends EventHandler {
    Inner(int n) {}
  }

  static final EventManager ALARMS =
      EventManager.of("alarms", Tally.class, Log.class).messages(Tick.class);

  static class Owner extends HandlerProcess {
    @Handler
    void adds(String id, Context context) {
      ProcessRef<?> process = context.whereis("alarms").orElseThrow();
      ALARMS.at(process).addSupervised(id, new Tally()).join();
    }

    @Override
    protected void onHandlerGone(HandlerGone gone, Context context) {
      SAID.add(gone);
    }
  }

  static final ProcessKind<String, Void> RECEIVER =
      ProcessKind.receiving(
          "receiver",
          String.class,
          context -> {
            ProcessRef<?> process = context.whereis("alarms").orElseThrow();
            ALARMS.at(process).addSupervised("theirs", new Tally()).join();
            SAID.add("added");
            SAID.add(context.receive(HandlerGone.class));
          });

  private Engine engine;
  private EventManagerRef alarms;

  @BeforeEach
  void open() {
    SAID.clear();
    engine = Engine.inMemory(Kinds.of(Owner.class).with(ALARMS).with(RECEIVER));
    alarms = ALARMS.at(engine.spawn(Spawn.of(ALARMS).named("alarms")));
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private static Object said() throws InterruptedException {
    return SAID.poll(20, TimeUnit.SECONDS);
  }

  private static <T> T soon(CompletableFuture<T> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }

  private static EventHandlerException refused(CompletableFuture<?> future) {
    Throwable cause = assertThrows(ExecutionException.class, () -> soon(future)).getCause();
    return assertInstanceOf(EventHandlerException.class, cause);
  }

  @Test
  void handlersSeeEventsAndAreCalled() throws Exception {
    Tally tally = new Tally();
    tally.seen = 10;
    soon(alarms.add("tally", tally));
    soon(alarms.add("log", new Log()));
    alarms.notify(Map.of("level", "high"));
    soon(alarms.syncNotify(List.of(1, "two")));
    assertEquals(Map.of("level", "high"), said());
    assertEquals(List.of(1, "two"), said());
    assertEquals(12, soon(alarms.call("tally", "how many", Integer.class)));
    assertEquals(List.of("log", "tally"), soon(alarms.handlers()));
    assertEquals(12, soon(alarms.remove("tally")));
    assertEquals(Leaving.Why.ASKED, said());
  }

  @Test
  void oneTakesThePlaceOfAnother() throws Exception {
    soon(alarms.add("tally", new Tally()));
    soon(alarms.syncNotify("x"));
    Tally limited = new Tally();
    limited.limit = 2;
    soon(alarms.swap("tally", "limited", limited, "farewell"));
    soon(alarms.syncNotify("y"));
    assertEquals(List.of(), soon(alarms.handlers()), "it removes itself after two");
    soon(alarms.add("tally", new Tally()));
    assertEquals(0, soon(alarms.call("tally", "swap", Integer.class)));
    assertEquals(List.of("next"), soon(alarms.handlers()));
  }

  @Test
  void oneThatFailsIsRemovedAndTheOthersGoOn() throws Exception {
    soon(alarms.add("log", new Log()));
    soon(alarms.add("tally", new Tally()));
    soon(alarms.syncNotify("fail"));
    assertEquals(Leaving.Why.FAILED, said());
    assertEquals("fail", said());
    assertEquals(List.of("log"), soon(alarms.handlers()));
  }

  @Test
  void whatCannotBeDoneIsSaid() throws Exception {
    soon(alarms.add("log", new Log()));
    assertEquals(
        EventHandlerException.Why.ALREADY_THERE, refused(alarms.add("log", new Log())).why());
    assertEquals(EventHandlerException.Why.NO_SUCH_HANDLER, refused(alarms.remove("tally")).why());
    Tally tally = new Tally();
    tally.refuses = true;
    EventHandlerException refusal = refused(alarms.add("tally", tally));
    assertEquals(EventHandlerException.Why.REFUSED, refusal.why());
    assertEquals(ExitReason.custom(Map.of("why", "no room")), refusal.reason());
    assertThrows(InvalidArgumentException.class, () -> alarms.add("x", new Stranger()));
    assertThrows(InvalidArgumentException.class, () -> alarms.notify(new byte[] {1}));
    assertThrows(InvalidArgumentException.class, () -> ALARMS.at(engine.spawn(Owner.class)));
    soon(alarms.stop());
    Throwable gone =
        assertThrows(ExecutionException.class, () -> soon(alarms.handlers())).getCause();
    assertInstanceOf(NoProcessException.class, gone);
    alarms.notify("to the dead");
  }

  @Test
  void messagesAndEndsReachHandlers() throws Exception {
    soon(alarms.add("tally", new Tally()));
    @SuppressWarnings("unchecked") // A manager takes any message that it declares.
    ProcessRef<Object> process = (ProcessRef<Object>) alarms.process();
    process.tell(new Tick(3));
    assertEquals(new Tick(3), said());
  }

  @Test
  void whoSupervisesAHandlerIsTold() throws Exception {
    ProcessRef<Owner> owner = engine.spawn(Owner.class);
    owner.call(Owner::adds, "mine");
    soon(alarms.remove("mine"));
    assertEquals(Leaving.Why.ASKED, said());
    HandlerGone gone = assertInstanceOf(HandlerGone.class, said());
    assertEquals(
        new HandlerGone(alarms.process(), "mine", ExitReason.NORMAL, Optional.empty()), gone);
    owner.call(Owner::adds, "mine");
    owner.kill();
    assertEquals(Leaving.Why.SUPERVISOR_EXITED, said());
    engine.spawn(RECEIVER);
    assertEquals("added", said());
    soon(alarms.swap("theirs", "log", new Log(), null));
    assertEquals(Leaving.Why.ASKED, said());
    HandlerGone swapped = assertInstanceOf(HandlerGone.class, said());
    assertEquals(Optional.of("log"), swapped.replacedBy());
  }

  @Test
  void wrongDeclarationsAreRefused() {
    EventManager bad = EventManager.of("bad", Inner.class);
    assertThrows(InvalidDeclarationException.class, () -> Engine.inMemory(Kinds.of(bad)));
    EventManager twice = EventManager.of("twice", Log.class, Log.class);
    assertThrows(InvalidDeclarationException.class, () -> Engine.inMemory(Kinds.of(twice)));
    EventManager unknown = EventManager.of("unknown");
    assertThrows(UnknownKindException.class, () -> engine.spawn(Spawn.of(unknown)));
  }
}
