// Failures as callers see them; those that no conformance scenario can provoke: Internal,
// MalformedFrame, Deadlock.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.DeadlineExceededException;
import dev.everact.errors.DeadlockException;
import dev.everact.errors.Errors;
import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InternalException;
import dev.everact.errors.InvalidPayloadException;
import dev.everact.errors.MalformedFrameException;
import dev.everact.errors.ReadOnlyViolationException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import dev.everact.internal.Port;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ErrorsTest {
  record Person(String name, int age, List<String> tags) {}

  static class Faulty extends Actor {
    int value;
    List<String> texts = new ArrayList<>();

    @Handler
    int addThenFail(int amount) {
      value += amount;
      texts.add("half done");
      throw new IllegalStateException("boom");
    }

    @Handler
    String greet(Person person) {
      value++;
      return person.name + " is " + person.age;
    }

    @Handler(readOnly = true)
    int get() {
      return value + texts.size();
    }

    @Handler(readOnly = true)
    int sneak() {
      return ++value;
    }

    @Handler
    double infinite() {
      value++;
      return Double.POSITIVE_INFINITY;
    }

    @Handler
    String askMyself(Context context) {
      try {
        context.actor(Faulty.class, context.key()).call(Faulty::get);
        return "no error";
      } catch (DeadlockException e) {
        return e.errorName() + ": " + e.getMessage();
      }
    }

    @Handler
    void nap(int ms) throws InterruptedException {
      Thread.sleep(ms);
    }
  }

  private static Reference<Faulty> faulty(Engine engine) {
    return engine.actor(Faulty.class, "a");
  }

  @Test
  void aHandlerThatThrowsChangesNothing() {
    try (Engine engine = Engine.inMemory(Faulty.class)) {
      HandlerFailedException failed =
          assertThrows(
              HandlerFailedException.class, () -> faulty(engine).call(Faulty::addThenFail, 7));
      assertEquals("IllegalStateException: boom", failed.getMessage());
      assertInstanceOf(IllegalStateException.class, failed.getCause());
      assertEquals(0, faulty(engine).call(Faulty::get));
      CompletionException later =
          assertThrows(
              CompletionException.class, () -> faulty(engine).ask(Faulty::addThenFail, 7).join());
      assertInstanceOf(HandlerFailedException.class, later.getCause());
      assertEquals(0, faulty(engine).call(Faulty::get));
    }
  }

  @Test
  void aReplyThatCannotBeWrittenFailsTheTurn() {
    try (Engine engine = Engine.inMemory(Faulty.class)) {
      assertThrows(HandlerFailedException.class, () -> faulty(engine).call(Faulty::infinite));
      assertEquals(0, faulty(engine).call(Faulty::get));
    }
  }

  @Test
  void aMessageThatDoesNotFitNamesTheField() {
    try (Engine engine = Engine.inMemory(Faulty.class)) {
      Reference<?> byName = engine.actor("faulty", "a");
      for (Object[] wrong :
          new Object[][] {
            {"{\"name\":\"Ada\",\"age\":\"old\",\"tags\":[]}", "age"},
            {"{\"name\":\"Ada\",\"age\":1,\"tags\":[7]}", "tags"},
            {"{\"name\":\"Ada\",\"age\":1,\"tags\":[],\"hat\":1}", "hat"},
            {"{\"name\":\"Ada\",\"tags\":[]}", "age"},
            {"{\"name\":\"Ada\",\"age\":1,\"tags\":[null]}", "tags"},
            {"{\"name\":null,\"age\":1,\"tags\":[]}", "name"},
            {"{\"nane\":\"Ada\",\"age\":1,\"tags\":[]}", "`name` is missing; field `nane`"},
            {"{\"name\":", "JSON"},
            {"", "missing"}
          }) {
        byte[] message = wrong[0].toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        InvalidPayloadException refused =
            assertThrows(
                InvalidPayloadException.class,
                () -> byName.call("greet", String.class, message),
                wrong[0].toString());
        assertTrue(refused.getMessage().contains(wrong[1].toString()), refused.getMessage());
        assertFalse(refused.getMessage().contains("old"), "payloads stay out of messages");
      }
      assertEquals(
          "Ada is 36", faulty(engine).call(Faulty::greet, new Person("Ada", 36, List.of())));
      assertEquals(1, faulty(engine).call(Faulty::get));
    }
  }

  @Test
  void aReadOnlyHandlerMustNotChangeState() {
    try (Engine engine = Engine.inMemory(Faulty.class)) {
      assertThrows(ReadOnlyViolationException.class, () -> faulty(engine).call(Faulty::sneak));
      assertEquals(0, faulty(engine).call(Faulty::get));
    }
  }

  @Test
  void anAskBackIntoItsOwnActorIsADeadlock() {
    try (Engine engine = Engine.inMemory(Faulty.class)) {
      String said = faulty(engine).call(Faulty::askMyself);
      assertTrue(said.startsWith("Deadlock: "), said);
      assertTrue(said.contains("faulty/a"), said);
    }
  }

  @Test
  void aDeadlinePasses() {
    try (Engine engine = Engine.inMemory(Faulty.class)) {
      Reference<Faulty> hasty = faulty(engine).withDeadline(Duration.ofMillis(30));
      CompletionException late =
          assertThrows(CompletionException.class, () -> hasty.ask(Faulty::nap, 300).join());
      assertInstanceOf(DeadlineExceededException.class, late.getCause());
      assertTrue(((DeadlineExceededException) late.getCause()).retryable());
    }
  }

  @Test
  void aPanicInTheCoreIsInternalAndTheEngineGoesOn() {
    try (Engine engine = Engine.inMemory(Faulty.class)) {
      Port port = Port.take();
      InternalException internal = assertThrows(InternalException.class, port::provokePanic);
      Port.give(port);
      assertEquals("Internal", internal.errorName());
      assertTrue(internal.getMessage().contains("provoked"), internal.getMessage());
      assertEquals(0, faulty(engine).call(Faulty::get));
    }
  }

  @Test
  void aCommandThatCannotBeReadIsMalformedFrame() {
    try (Engine engine = Engine.inMemory(Faulty.class)) {
      Port port = Port.take();
      port.commands.write(new byte[] {3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
      int bytes = port.exchange(faulty(engine).host.engine, 0, 0);
      assertTrue(bytes >= Layout.FAILURE_FIXED_BYTES);
      assertEquals(Layout.FAILURE_TYPE, Bytes.u16(port.events, Layout.TYPE_AT));
      int code = Bytes.u16(port.events, Layout.FAILURE_CODE_AT);
      Port.give(port);
      assertInstanceOf(MalformedFrameException.class, Errors.fromCode(code, "MalformedFrame"));
      assertEquals(0, faulty(engine).call(Faulty::get));
    }
  }

  @Test
  void everyErrorSaysWhatToDo() {
    for (int code = 1; code < 100; code++) {
      if (code == Errors.fromCode(code, "").code()) {
        assertNotNull(Errors.fromCode(code, "text").nextStep());
        assertEquals("text", Errors.fromCode(code, "text").getMessage());
      }
    }
    assertEquals("Internal", Errors.fromCode(4711, "").errorName());
  }
}
