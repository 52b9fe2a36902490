// The catalogue, application errors and callers: guarded.
package conformance;

import dev.everact.Actor;
import dev.everact.ApplicationError;
import dev.everact.ApplicationException;
import dev.everact.Caller;
import dev.everact.Context;
import dev.everact.Exposed;
import dev.everact.Handler;
import dev.everact.Kind;
import dev.everact.Reference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** No state. */
@Exposed
@Kind(durable = false)
class Guarded extends Actor {
  private static final int HUGE_CHARS = 100_000;

  /** A seat is somebody else's. */
  @ApplicationError(status = 409)
  static class SeatTaken extends ApplicationException {
    private static final long serialVersionUID = 1L;
    final String seat;
    final int row;

    SeatTaken(String seat, int row) {
      super("seat " + seat + " is taken");
      this.seat = seat;
      this.row = row;
    }
  }

  record Wish(String seat, int row) {}

  private static Reference<Guarded> inner(Context context) {
    return context.actor(Guarded.class, "inner");
  }

  @Handler(internal = true)
  String secret() {
    return "secret";
  }

  @Handler
  String through(Context context) {
    return inner(context).call(Guarded::secret);
  }

  @Handler
  Caller caller(Context context) {
    return context.caller().orElse(null);
  }

  @Handler
  Caller callerThrough(Context context) {
    return inner(context).call(Guarded::caller);
  }

  @Handler
  Map<String, String> metadata(Context context) {
    Map<String, String> all = new LinkedHashMap<>();
    for (String name : context.metadata().names()) {
      all.put(name, context.metadata().text(name).orElse(""));
    }
    return all;
  }

  @Handler
  void book(Wish message) throws SeatTaken {
    throw new SeatTaken(message.seat, message.row);
  }

  @Handler
  void bookThrough(Wish message, Context context) {
    inner(context).call(Guarded::book, message);
  }

  @Handler
  String bookCatching(Wish message, Context context) {
    try {
      inner(context).call(Guarded::book, message);
      return "no error";
    } catch (SeatTaken e) {
      return e.seat + " in row " + e.row;
    }
  }

  @Handler
  void bookUndeclared() {
    throw new ApplicationException(
        "no_such_show", 404, "no such show", Map.of("show", "hamlet", "seats", List.of(1, 2)));
  }

  @Handler
  void bookHuge() {
    throw new SeatTaken("x".repeat(HUGE_CHARS), 1);
  }

  @Handler
  void bookBadly() {
    throw new SeatTaken(Culprits.NOT_UNICODE, 1);
  }
}
