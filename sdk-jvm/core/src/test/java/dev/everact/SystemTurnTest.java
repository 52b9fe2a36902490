// The state of a live actor or process, read and replaced by whoever looks into the engine.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.errors.EveractException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.StateMismatchException;
import dev.everact.internal.Port;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SystemTurnTest {
  static class Counter extends HandlerProcess {
    int count;
    transient String beside = "made";

    @Handler
    int add(int n) {
      beside = "used";
      return count += n;
    }

    @Handler
    String beside() {
      return beside;
    }
  }

  static class Account extends Actor {
    int cents;
    String owner = "nobody";

    @Handler
    int add(int n) {
      return cents += n;
    }

    @Handler
    void fail() {
      cents = -1;
      throw new IllegalStateException("no");
    }
  }

  @Machine(initial = "shut", states = "open")
  static class Gate extends StateMachine {
    List<String> log = new ArrayList<>();

    @Handler
    void go(String where, Context context) {
      context.machine().nextState(where);
    }

    @Handler
    List<String> seen() {
      return log;
    }

    @Override
    protected void onEnter(String previous, Context context) {
      log.add(previous + " to " + state());
    }
  }

  static final ProcessKind<String, Void> IDLER =
      ProcessKind.receiving("idler", String.class, context -> context.receive());

  private Engine engine;
  @TempDir Path folder;

  @BeforeEach
  void open() {
    engine = open(folder);
  }

  private static Engine open(Path folder) {
    return Engine.open(
        Options.onFolder(folder), Kinds.of(Counter.class, Account.class, Gate.class).with(IDLER));
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private JsonNode describe(String topic) throws Exception {
    Host host = engine.spawn(IDLER).host;
    return Stats.MAPPER.readTree(Port.describe(host.engine, topic));
  }

  private JsonNode process(String topic, ProcessRef<?> of, String more) throws Exception {
    String number = Long.toUnsignedString(of.number());
    return describe("{\"topic\":\"" + topic + "\",\"process\":\"" + number + "\"" + more + "}");
  }

  private JsonNode account(String topic, String more) throws Exception {
    return describe("{\"topic\":\"" + topic + "\",\"kind\":\"account\",\"key\":\"a\"" + more + "}");
  }

  @Test
  void aMachineIsPutIntoAnotherStateAndEntersNone() throws Exception {
    ProcessRef<Gate> gate = engine.spawn(Gate.class);
    assertEquals(List.of("shut to shut"), gate.call(Gate::seen));
    process("state_replace", gate, ",\"state\":{\"state\":\"open\",\"log\":[]}");
    gate.call(Gate::go, "open");
    gate.call(Gate::go, "shut");
    assertEquals(List.of("open to shut"), gate.call(Gate::seen));
    assertThrows(
        StateMismatchException.class,
        () -> process("state_replace", gate, ",\"state\":{\"state\":\"ajar\"}"));
    assertEquals(List.of("open to shut"), gate.call(Gate::seen));
  }

  @Test
  void aProcessShowsItsStateAndTakesAnother() throws Exception {
    ProcessRef<Counter> counter = engine.spawn(Counter.class, it -> it.count = 5);
    assertEquals(5, process("state", counter, "").path("state").path("count").asInt(-1));
    assertEquals(7, counter.call(Counter::add, 2));
    assertEquals(7, process("state", counter, "").path("state").path("count").asInt(-1));
    process("state_replace", counter, ",\"state\":{\"count\":40}");
    assertEquals(42, counter.call(Counter::add, 2));
    assertEquals("used", counter.call(Counter::beside), "what is no state stays");
  }

  @Test
  void anotherStateThatDoesNotFitEndsNothing() throws Exception {
    ProcessRef<Counter> counter = engine.spawn(Counter.class, it -> it.count = 5);
    EveractException refused =
        assertThrows(
            StateMismatchException.class,
            () -> process("state_replace", counter, ",\"state\":{\"count\":\"many\"}"));
    assertTrue(refused.getMessage().contains("count"), refused.getMessage());
    assertEquals(6, counter.call(Counter::add, 1));
    engine.actor(Account.class, "a").call(Account::add, 3);
    assertThrows(
        StateMismatchException.class,
        () -> account("state_replace", ",\"state\":{\"cents\":\"many\"}"));
    assertEquals(4, engine.actor(Account.class, "a").call(Account::add, 1));
  }

  @Test
  void anActorsStateIsACommittedChange() throws Exception {
    assertEquals("nobody", account("state", "").path("state").path("owner").asText());
    Reference<Account> account = engine.actor(Account.class, "a");
    account.call(Account::add, 3);
    account("state_replace", ",\"state\":{\"cents\":10,\"owner\":\"ann\"}");
    assertThrows(EveractException.class, () -> account.call(Account::fail));
    assertEquals(11, account.call(Account::add, 1), "a turn that fails goes back to it");
    account("state_replace", ",\"state\":{\"cents\":20,\"owner\":\"bob\"}");
    engine.close();
    engine = open(folder);
    assertEquals("bob", account("state", "").path("state").path("owner").asText());
    assertEquals(21, engine.actor(Account.class, "a").call(Account::add, 1));
  }

  @Test
  void aFunctionHasNoState() {
    ProcessRef<String> idler = engine.spawn(IDLER);
    assertThrows(InvalidArgumentException.class, () -> process("state", idler, ""));
    assertTrue(idler.isAlive());
  }
}
