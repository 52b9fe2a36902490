// State machines: methods by state, what they want, and durable ones.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidDeclarationException;
import dev.everact.errors.UnknownHandlerException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StateMachineTest {
  static final BlockingQueue<Object> SAID = new LinkedBlockingQueue<>();

  @Machine(initial = "locked", states = "broken")
  static class Door extends StateMachine {
    String code = "";
    String typed = "";

    @Handler(state = "locked")
    String button(String digit, Context context) {
      typed = typed + digit;
      if (!typed.endsWith(code)) {
        return "locked";
      }
      context.machine().nextState("open").stateTimeout(Duration.ofMillis(30), "close");
      return "open";
    }

    @Handler(state = "open", name = "button")
    String buttonWhileOpen(String digit, Context context) {
      context.machine().postpone();
      return "never";
    }

    @Handler
    String look() {
      return state();
    }

    @Handler(state = "broken")
    void mend(Context context) {
      context.machine().nextState("locked");
    }

    @Handler
    void script(Context context) {
      context
          .machine()
          .nextEvent(Door::note, "one")
          .nextEvent(MachineTurn.EventType.CAST, "note", "two")
          .nextState("broken");
    }

    @Handler
    void note(String text, Context context) {
      SAID.add(state() + " " + text + " " + context.machine().isInternal());
    }

    @Handler
    void goes(String where, Context context) {
      context.machine().nextState(where);
    }

    @OnEnter("locked")
    void locked(String previous, Context context) {
      typed = "";
      SAID.add("locked after " + previous);
    }

    @OnEnter({"open", "broken"})
    void other(String previous, Context context) {
      SAID.add(state() + " after " + previous);
    }

    @OnTimeout("open")
    void close(dev.everact.Timeout timeout, Context context) {
      SAID.add(timeout);
      context.machine().nextState("locked");
    }

    @Override
    protected void terminate(ExitReason reason, Context context) {
      SAID.add("terminate in " + state());
    }
  }

  @Machine(initial = "idle")
  static class Clock extends StateMachine {
    @Handler
    void set(Context context) {
      context
          .machine()
          .namedTimeout("long", Duration.ofSeconds(50), "old")
          .namedTimeout("short", Duration.ofMillis(20), List.of(1, 2))
          .eventTimeout(Duration.ofSeconds(50), null);
    }

    @Handler
    void hurry(Context context) {
      context
          .machine()
          .cancelTimeout(dev.everact.Timeout.named("short"))
          .updateTimeout(dev.everact.Timeout.named("other"), "new");
    }

    @Override
    protected void onTimeout(dev.everact.Timeout timeout, Context context) {
      SAID.add(timeout);
    }
  }

  @Machine(initial = "new")
  static class Order extends StateMachineActor {
    List<String> log = new ArrayList<>();

    @Handler(state = "new")
    void pay(Context context) {
      log.add("paid");
      context.machine().nextState("paid");
    }

    @Handler(state = "paid")
    void ship(boolean fails, Context context) {
      log.add("shipped");
      context.machine().nextState("shipped");
      if (fails) {
        throw new IllegalStateException("no");
      }
    }

    @Handler(state = "shipped", name = "ship")
    void shipAgain(boolean fails) {}

    @Handler
    String look() {
      return state() + " " + log;
    }

    @Override
    protected void onEnter(String previous, Context context) {
      SAID.add(state() + " after " + previous);
    }
  }

  static class NoMachine extends StateMachine {}

  @Machine(initial = "a")
  static class Twice extends StateMachine {
    @Handler(state = "a")
    void go() {}

    @Handler(state = "a", name = "go")
    void goToo() {}
  }

  @Machine(initial = "a")
  static class Differs extends StateMachine {
    @Handler(state = "a")
    void go(int n) {}

    @Handler(state = "b", name = "go")
    void goToo(String text) {}
  }

  @Machine(initial = "a")
  static class BadHook extends StateMachine {
    @OnEnter("a")
    void entered(Context context) {}
  }

  private Engine engine;
  @TempDir Path folder;

  @BeforeEach
  void open() {
    SAID.clear();
    engine = Engine.open(folder, Door.class, Clock.class, Order.class);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private static Object said() throws InterruptedException {
    return SAID.poll(20, TimeUnit.SECONDS);
  }

  @Test
  void theMethodOfTheStateTakesTheMessage() throws Exception {
    ProcessRef<Door> door = engine.spawn(Door.class, it -> it.code = "42");
    assertEquals("locked after locked", said());
    assertEquals("locked", door.call(Door::button, "4"));
    assertEquals("open", door.call(Door::button, "2"));
    assertEquals("open after locked", said());
    assertEquals("locked", door.call(Door::buttonWhileOpen, "4"), "once the door was locked again");
    assertEquals(new dev.everact.Timeout(dev.everact.Timeout.STATE, "close"), said());
    assertEquals("locked after open", said());
    assertEquals("locked", door.call(Door::look));
  }

  @Test
  void whatNoMethodOfTheStateTakesIsAFailure() throws Exception {
    ProcessRef<Door> door = engine.spawn(Door.class);
    CompletableFuture<ExitReason> end = door.ended();
    UnknownHandlerException unknown =
        assertThrows(UnknownHandlerException.class, () -> door.call(Door::mend));
    assertEquals(
        "state machine Door has no handler mend in the state locked", unknown.getMessage());
    assertInstanceOf(ExitReason.Failed.class, end.get(20, TimeUnit.SECONDS));
    assertEquals("locked after locked", said());
    assertEquals("terminate in locked", said());
  }

  /** Gives what comes to who asked before it came. */
  @Machine(initial = "empty")
  static class Queue extends StateMachine {
    private transient Asker asker;

    @Handler(state = "empty")
    String take(Context context) {
      asker = context.defer();
      context.machine().nextState("wanted");
      return null;
    }

    @Handler(state = "wanted")
    void put(String what, Context context) {
      context.machine().nextState("full").nextAsk(asker, "give", what);
    }

    @Handler(state = "full")
    String give(String what, Context context) {
      return context.isTold() ? "nobody asks" : what;
    }
  }

  @Test
  void anEventMayBeAnAskThatWasPutOff() throws Exception {
    engine.close();
    engine = Engine.open(folder, Queue.class);
    ProcessRef<Queue> queue = engine.spawn(Queue.class);
    var taken = queue.ask(Queue::take);
    queue.call(Queue::put, "a thing");
    assertEquals("a thing", taken.get(20, TimeUnit.SECONDS));
  }

  @Test
  void insertedEventsComeFirst() throws Exception {
    ProcessRef<Door> door = engine.spawn(Door.class);
    assertEquals("locked after locked", said());
    door.call(Door::script);
    assertEquals("broken after locked", said());
    assertEquals("broken one true", said());
    assertEquals("broken two false", said());
  }

  @Test
  void aStateThatIsNotDeclaredIsAnError() {
    ProcessRef<Door> door = engine.spawn(Door.class);
    HandlerFailedException failed =
        assertThrows(HandlerFailedException.class, () -> door.call(Door::goes, "ajar"));
    assertEquals("InvalidArgument: state machine Door declares no state ajar", failed.getMessage());
  }

  @Test
  void timeOutsHaveNamesAndContents() throws Exception {
    ProcessRef<Clock> clock = engine.spawn(Clock.class);
    clock.call(Clock::set);
    assertEquals(
        new dev.everact.Timeout(dev.everact.Timeout.named("short"), List.of(1, 2)), said());
    clock.call(Clock::set);
    clock.call(Clock::hurry);
    assertEquals(new dev.everact.Timeout(dev.everact.Timeout.named("other"), "new"), said());
    assertTrue(SAID.isEmpty());
  }

  @Test
  void itIsStoppedInItsState() throws Exception {
    ProcessRef<Door> door = engine.spawn(Door.class);
    door.call(Door::goes, "broken");
    door.stop().get(20, TimeUnit.SECONDS);
    assertFalse(door.isAlive());
    assertEquals("locked after locked", said());
    assertEquals("broken after locked", said());
    assertEquals("terminate in broken", said());
  }

  @Test
  void aDurableOneKeepsItsState() {
    Reference<Order> order = engine.actor(Order.class, "o");
    assertEquals("new []", order.call(Order::look));
    order.call(Order::pay);
    assertThrows(HandlerFailedException.class, () -> order.call(Order::ship, true));
    assertEquals("paid [paid]", order.call(Order::look), "the turn that failed is undone");
    assertThrows(UnknownHandlerException.class, () -> order.call(Order::pay));
    engine.close();
    engine = Engine.open(folder, Door.class, Clock.class, Order.class);
    Reference<Order> again = engine.actor(Order.class, "o");
    assertEquals("paid [paid]", again.call(Order::look));
    again.call(Order::ship, false);
    assertEquals("shipped [paid, shipped]", again.call(Order::look));
  }

  private static String refusal(Class<? extends Resident> type) {
    return assertThrows(InvalidDeclarationException.class, () -> Engine.inMemory(type))
        .getMessage();
  }

  @Test
  void wrongDeclarationsAreRefused() {
    assertEquals(
        "state machine NoMachine does not say @Machine(initial = ...)", refusal(NoMachine.class));
    assertEquals(
        "state machine Twice has two handlers named go for the state a", refusal(Twice.class));
    assertEquals(
        "state machine Differs has methods for go that take messages of different types",
        refusal(Differs.class));
    assertEquals(
        "state machine BadHook has a method @OnEnter entered that does not take String, Context",
        refusal(BadHook.class));
  }
}
