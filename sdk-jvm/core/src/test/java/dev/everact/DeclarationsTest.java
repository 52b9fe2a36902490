// Actors that cannot be declared, each with the error InvalidDeclaration that names it.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.InvalidDeclarationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class DeclarationsTest {
  static class TwoMessages extends Actor {
    @Handler
    int add(int one, int two) {
      return one + two;
    }
  }

  static class ReturnsFuture extends Actor {
    @Handler
    CompletableFuture<Integer> later() {
      return CompletableFuture.completedFuture(1);
    }
  }

  static class SameNameTwice extends Actor {
    @Handler(name = "x")
    void one() {}

    @Handler(name = "x")
    void two() {}
  }

  static class Overloaded extends Actor {
    @Handler
    void add(int amount) {}

    @Handler(name = "add_text")
    void add(String amount) {}
  }

  static class FinalField extends Actor {
    final int value = 1;
  }

  static class NoConstructor extends Actor {
    NoConstructor(int value) {}
  }

  abstract static class Unfinished extends Actor {}

  static class StaticHandler extends Actor {
    @Handler
    static void run() {}
  }

  static class ConfusedNames extends Actor {
    @Handler(name = "")
    void HTTPServer2Go() {}
  }

  static class Hopeless extends Actor {
    @Handler
    @Retry(attemptsMax = 0)
    void book() {}
  }

  static class Backwards extends Actor {
    @Handler
    @Retry(firstWaitMs = 50, waitMaxMs = 49)
    void book() {}
  }

  static class Endless extends Actor {
    @Handler
    @Retry(waitMaxMs = 4_294_967_295L)
    void book() {}
  }

  static class Shrinking extends Actor {
    @Handler
    @Retry(factor = 0.5)
    void book() {}
  }

  static class NoNumber extends Actor {
    @Handler
    @Retry(factor = Double.NaN)
    void book() {}
  }

  static class Jittery extends Actor {
    @Handler
    @Retry(jitter = 1.5)
    void book() {}
  }

  static class NamedTwice extends Actor {
    @Handler
    @Retry(notRetried = {IllegalStateException.class, IllegalStateException.class})
    void book() {}
  }

  static class NoHandler extends Actor {
    @Retry(attemptsMax = 9)
    void book() {}
  }

  static class Patient extends Actor {
    @Handler
    void book() {}
  }

  static class Overriding extends Patient {
    @Retry(attemptsMax = 9)
    @Override
    void book() {}
  }

  private static void check(Class<? extends Actor> kind, String... parts) {
    InvalidDeclarationException refused =
        assertThrows(InvalidDeclarationException.class, () -> Engine.inMemory(kind).close());
    assertEquals("InvalidDeclaration", refused.errorName());
    assertTrue(refused.getMessage().contains(kind.getSimpleName()), refused.getMessage());
    for (String part : parts) {
      assertTrue(refused.getMessage().contains(part), refused.getMessage());
    }
  }

  @Test
  void aRetryPolicyThatCannotBeUsedIsNamedWithItsField() {
    checkPolicy(Hopeless.class, "hopeless.book: retry.attempts_max: ");
    checkPolicy(Backwards.class, "backwards.book: retry.first_wait_ms: ");
    checkPolicy(Endless.class, "endless.book: retry.wait_max_ms: ");
    checkPolicy(Shrinking.class, "shrinking.book: retry.factor: ");
    checkPolicy(NoNumber.class, "no_number.book: retry.factor: ");
    checkPolicy(Jittery.class, "jittery.book: retry.jitter: ");
    checkPolicy(NamedTwice.class, "named_twice.book: retry.not_retried: ");
  }

  @Test
  void aRetryPolicyBelongsToAHandler() {
    check(NoHandler.class, "@Retry on book", "not marked @Handler");
    check(Overriding.class, "@Retry on book", "not marked @Handler");
  }

  private static void checkPolicy(Class<? extends Actor> kind, String beginning) {
    InvalidDeclarationException refused =
        assertThrows(InvalidDeclarationException.class, () -> Engine.inMemory(kind).close());
    assertTrue(refused.getMessage().startsWith(beginning), refused.getMessage());
  }

  @Test
  void aHandlerTakesAtMostOneMessage() {
    check(TwoMessages.class, "add", "more than one message");
  }

  @Test
  void aHandlerReturnsItsReplyItself() {
    check(ReturnsFuture.class, "later", "future");
  }

  @Test
  void namesAreThereOnce() {
    check(SameNameTwice.class, "two handlers named x");
    check(Overloaded.class, "two handler methods named add");
  }

  @Test
  void stateCanBeSetAndObjectsMade() {
    check(FinalField.class, "value", "final");
    check(NoConstructor.class, "constructor");
    check(Unfinished.class, "abstract");
    check(StaticHandler.class, "static");
  }

  @Test
  void namesOnTheWireAreSnakeCase() {
    assertEquals("airport", Names.snake("Airport"));
    assertEquals("fail_after", Names.snake("failAfter"));
    assertEquals("http_server2_go", Names.snake("HTTPServer2Go"));
    assertEquals("already_snake", Names.snake("already_snake"));
    try (Engine engine = Engine.inMemory(ConfusedNames.class)) {
      engine.actor("confused_names", "a").call("http_server2_go", Void.class);
    }
  }
}
