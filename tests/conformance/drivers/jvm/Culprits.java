// Actors that misbehave on purpose: errors, replies, messages and hooks that an engine must survive.
package conformance;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.everact.Actor;
import dev.everact.Context;
import dev.everact.Handler;
import dev.everact.Kind;
import dev.everact.Metadata;
import dev.everact.Reference;
import dev.everact.errors.EveractException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;

/** The kinds culprit, brittle and moody. */
final class Culprits {
  static final List<Class<? extends Actor>> KINDS = List.of(Culprit.class, Brittle.class, Moody.class);

  /** A text that has no UTF-8. */
  static final String LONE = "a\ud800";

  private static final int HUGE = 50_000_000;

  private Culprits() {}

  private static final class TextThrows extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no text");
    }

    @Override
    public String toString() {
      throw new IllegalStateException("no text");
    }
  }

  private static final class TextNotText extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      return null;
    }
  }

  private static final class TypeThrows extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public synchronized Throwable getCause() {
      throw new IllegalStateException("no cause");
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      throw new IllegalStateException("no stack");
    }
  }

  private static final class CauseIsItself extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public synchronized Throwable getCause() {
      return this;
    }
  }

  private static final class NotAnError extends Throwable {
    private static final long serialVersionUID = 1;
  }

  private static final class NoTrace extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    @SuppressWarnings("sync-override")
    public Throwable fillInStackTrace() {
      return null;
    }
  }

  /** Throws anything where nothing may be thrown. */
  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable thrown) throws T {
    throw (T) thrown;
  }

  private static long recursion(long depth) {
    return recursion(depth + 1) + 1;
  }

  /** Fails in a way of the catalogue. */
  @SuppressWarnings({"removal", "deprecation"})
  static void misbehave(String way) {
    switch (way) {
      case "text_throws" -> throw new TextThrows();
      case "text_not_utf8" -> throw new IllegalStateException("caf\ud800");
      case "text_huge" -> throw new IllegalStateException("x".repeat(HUGE));
      case "text_not_text" -> throw new TextNotText();
      case "type_throws" -> throw new TypeThrows();
      case "cause_is_itself" -> throw new CauseIsItself();
      case "not_an_error" -> Culprits.<RuntimeException>sneak(new NotAnError());
      case "nothing" -> Culprits.<RuntimeException>sneak(null);
      case "exit" -> throw new ThreadDeath();
      case "cancelled" -> throw new CancellationException("of itself");
      case "recursion" -> recursion(0);
      case "proxy" -> throw new NoTrace();
      default -> throw new IllegalArgumentException("no way " + way);
    }
  }

  /** Cannot be encoded. */
  static final class Unencodable {
    @JsonProperty
    int x() {
      return getX();
    }

    /**
     * Throws.
     *
     * @return never
     */
    public int getX() {
      throw new IllegalStateException("no x");
    }
  }

  static List<Object> cycle() {
    List<Object> made = new ArrayList<>();
    made.add(made);
    return made;
  }

  static List<Object> levels(int count) {
    List<Object> made = new ArrayList<>();
    for (int i = 1; i < count; i++) {
      made = new ArrayList<>(List.of((Object) made));
    }
    return made;
  }

  private static Object unencodable(String way) {
    return switch (way) {
      case "not_json" -> new Object();
      case "throws" -> new Unencodable();
      case "nan" -> Double.NaN;
      case "infinity" -> List.of(Double.POSITIVE_INFINITY);
      case "cycle" -> cycle();
      case "not_unicode" -> LONE;
      case "deep" -> levels(10_000);
      default -> throw new IllegalArgumentException("no way " + way);
    };
  }

  record Call(String way, boolean catches) {}

  static class Culprit extends Catalogue.Adding {
    @Handler
    long misbehave(String way) {
      value++;
      Culprits.misbehave(way);
      return value;
    }

    @Handler
    long misbehaveLater(String way) throws InterruptedException {
      value++;
      Thread.sleep(1);
      Culprits.misbehave(way);
      return value;
    }

    @Handler
    Object replyWith(String way) {
      value++;
      return unencodable(way);
    }

    @Handler
    String call(Call call, Context context) {
      value++;
      try {
        make(call.way, context);
        return "none";
      } catch (EveractException e) {
        if (call.catches) {
          return e.errorName();
        }
        throw e;
      }
    }

    @Handler
    void tellLate(String key, Context context) {
      later("tell", () -> context.tell(context.actor(Catalogue.Counter.class, key), Catalogue.Counter::add, 1L));
    }

    @Handler
    void askLate(String key, Context context) {
      later("ask", () -> context.actor(Catalogue.Counter.class, key).call(Catalogue.Counter::add, 1L));
    }
  }

  /** A call of a context that cannot be carried out. */
  private static void make(String way, Context context) {
    int at = way.indexOf('_');
    boolean tells = way.substring(0, at).equals("tell");
    String key =
        switch (way.substring(at + 1)) {
          case "bad_key" -> LONE;
          case "empty_key" -> "";
          case "long_key" -> "k".repeat(1025);
          default -> "a";
        };
    Object message =
        switch (way.substring(at + 1)) {
          case "bad_payload" -> new Unencodable();
          case "nan" -> Double.NaN;
          case "cycle" -> cycle();
          case "deep" -> levels(200);
          default -> 1L;
        };
    boolean isLong = message instanceof Long;
    Reference<?> to = context.actor(isLong ? "counter" : "echo", key);
    if (way.endsWith("reserved")) {
      to = to.withMetadata(Metadata.of("everact-caller", "x"));
    }
    String handler = isLong ? "add" : "echo";
    if (tells) {
      context.tell(to, handler, message);
    } else {
      to.call(handler, Object.class, message);
    }
  }

  /** Does something after the turn, behind gate `late`, and notes what came of it. */
  private static void later(String verb, Runnable work) {
    Thread thread =
        new Thread(
            () -> {
              String outcome = "none";
              try {
                Tables.await("late");
                work.run();
              } catch (EveractException e) {
                outcome = e.errorName();
              } catch (InterruptedException e) {
                return;
              }
              Tables.note("late " + verb + ": " + outcome);
            });
    thread.setDaemon(true);
    thread.start();
  }

  /** Cannot be made from JSON while switch `cracked` is on. */
  static final class Glass {
    public long n;

    Glass() {}

    @JsonCreator
    Glass(@JsonProperty("n") long n) {
      if (Tables.isOpen("cracked")) {
        throw new IllegalStateException("cracked");
      }
      this.n = n;
    }
  }

  static class Brittle extends Actor {
    Glass glass = new Glass();

    @Handler
    long add(long amount) {
      glass.n += amount;
      return glass.n;
    }

    @Handler(readOnly = true)
    long get() {
      return glass.n;
    }

    @Handler
    long addThenCrack(long amount) {
      glass.n += amount;
      Tables.open("cracked");
      throw new IllegalStateException("boom");
    }
  }

  @Kind(idleTimeoutMs = 150)
  static class Moody extends Actor {
    long value;

    @Override
    protected void activated(Context context) {
      hook("activated", context.key());
    }

    @Override
    protected void passivating(Context context) {
      hook("passivating", context.key());
    }

    private static void hook(String name, String key) {
      Tables.note(name + " moody/" + key);
      if (key.startsWith(name + ":") && Tables.isOpen("moody")) {
        Culprits.misbehave(key.substring(name.length() + 1));
      }
    }

    @Handler
    long add(long amount) {
      value += amount;
      return value;
    }

    @Handler(readOnly = true)
    long get() {
      return value;
    }

    @Handler
    void leave(Context context) {
      context.passivate();
    }
  }
}
