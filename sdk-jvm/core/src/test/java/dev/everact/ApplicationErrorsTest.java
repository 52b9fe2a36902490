// Application errors: raised in a handler, the same class with its fields at the caller; and what
// else
// a handler may declare.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.TooLargeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ApplicationErrorsTest {
  @ApplicationError(status = 423, grpc = "ABORTED")
  static class SeatTakenException extends ApplicationException {
    private static final long serialVersionUID = 1L;
    final String seat;
    final int rowNumber;
    final transient List<Instant> since;

    SeatTakenException(String seat, int rowNumber) {
      super("seat " + seat + " is taken");
      this.seat = seat;
      this.rowNumber = rowNumber;
      this.since = List.of();
    }
  }

  @ApplicationError(type = "Not Snake")
  static class Misnamed extends ApplicationException {
    private static final long serialVersionUID = 1L;

    Misnamed() {
      super("x");
    }
  }

  @Exposed
  @Kind(doc = "A hall with seats.")
  static class Hall extends Actor {
    int turns;

    @Handler(doc = "Takes a seat.", idempotent = true)
    void take(String seat) throws SeatTakenException {
      turns++;
      throw new SeatTakenException(seat, 12);
    }

    @Handler
    String through(String seat, Context context) {
      try {
        context.actor(Hall.class, "inner").call(Hall::take, seat);
        return "no error";
      } catch (SeatTakenException e) {
        return e.seat + " in row " + e.rowNumber;
      }
    }

    @Handler
    void onwards(String seat, Context context) {
      context.actor(Hall.class, "inner").call(Hall::take, seat);
    }

    @Handler
    void undeclared() {
      throw new ApplicationException("no_show", 404, "no such show", Map.of("seats", List.of(1)));
    }

    @Handler
    void half() {
      throw new SeatTakenException("a\ud800", 1);
    }

    @Handler
    void misnamed() {
      throw new Misnamed();
    }

    @Retry(
        attemptsMax = 2,
        notRetried = {IllegalStateException.class, HandlerFailedException.class})
    @Handler(internal = true)
    int turns() {
      return turns;
    }

    @Handler
    String caller(Context context) {
      return context.caller().toString();
    }
  }

  @Test
  void theCallerGetsTheClassWithItsFields() {
    try (Engine engine = Engine.inMemory(Hall.class)) {
      Reference<Hall> hall = engine.actor(Hall.class, "a");
      SeatTakenException taken =
          assertThrows(SeatTakenException.class, () -> hall.call(Hall::take, "12A"));
      assertEquals("12A", taken.seat);
      assertEquals(12, taken.rowNumber);
      assertEquals("seat_taken", taken.type());
      assertEquals(423, taken.status());
      assertEquals("ABORTED", taken.grpc());
      assertEquals("seat 12A is taken", taken.getMessage());
      assertEquals(Map.of("seat", "12A", "row_number", 12), taken.details());
      assertEquals("ApplicationError", taken.errorName());
      assertEquals(0, hall.call(Hall::turns), "the turn was discarded");
      CompletionException later =
          assertThrows(CompletionException.class, () -> hall.ask(Hall::take, "\"1\n").join());
      assertEquals("\"1\n", assertInstanceOf(SeatTakenException.class, later.getCause()).seat);
      assertEquals("7F in row 12", hall.call(Hall::through, "7F"));
      assertThrows(SeatTakenException.class, () -> hall.call(Hall::onwards, "7F"));
    }
  }

  @Test
  void anErrorWithoutAClassKeepsTypeStatusAndDetails() {
    try (Engine engine = Engine.inMemory(Hall.class)) {
      Reference<Hall> hall = engine.actor(Hall.class, "a");
      ApplicationException error =
          assertThrows(ApplicationException.class, () -> hall.call(Hall::undeclared));
      assertSame(ApplicationException.class, error.getClass());
      assertEquals("no_show", error.type());
      assertEquals(404, error.status());
      assertEquals(Map.of("seats", List.of(1)), error.details());
      assertThrows(
          InvalidArgumentException.class,
          () -> new ApplicationException("No Show", 404, "x", Map.of()));
      assertThrows(
          InvalidArgumentException.class,
          () -> new ApplicationException("no_show", 200, "x", Map.of()));
    }
  }

  @Test
  void anErrorThatCannotTravelFailsTheHandler() {
    try (Engine engine = Engine.inMemory(Hall.class)) {
      Reference<Hall> hall = engine.actor(Hall.class, "a");
      HandlerFailedException half =
          assertThrows(HandlerFailedException.class, () -> hall.call(Hall::half));
      assertTrue(half.getMessage().contains("cannot be sent"), half.getMessage());
      assertThrows(HandlerFailedException.class, () -> hall.call(Hall::misnamed));
      assertThrows(TooLargeException.class, () -> hall.call(Hall::take, "x".repeat(100_000)));
      assertThrows(SeatTakenException.class, () -> hall.call(Hall::take, "1"));
    }
  }

  @Test
  void whatIsDeclaredReachesTheCore() {
    try (Engine engine = Engine.inMemory(Hall.class)) {
      assertEquals("Optional.empty", engine.actor(Hall.class, "a").call(Hall::caller));
      KindTable table = engine.actor(Hall.class, "a").kind;
      Map<String, Object> kind = table.configuration();
      assertEquals(true, kind.get("exposed"));
      assertEquals("A hall with seats.", kind.get("doc"));
      assertEquals("Takes a seat.", table.handler("take").settings.get("doc"));
      assertEquals(true, table.handler("turns").settings.get("internal"));
      assertEquals(
          List.of("IllegalStateException", "HandlerFailed"),
          ((Map<?, ?>) table.handler("turns").settings.get("retry")).get("not_retried"));
    }
  }
}
