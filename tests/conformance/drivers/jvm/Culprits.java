// The catalogue, what misbehaves: culprit, brittle, moody.
package conformance;

import dev.everact.Actor;
import dev.everact.Context;
import dev.everact.Exposed;
import dev.everact.Handler;
import dev.everact.Kind;
import dev.everact.Metadata;
import dev.everact.Reference;
import dev.everact.errors.EveractException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;

/** Three kinds, and the ways in which they fail. */
final class Culprits {
  private static final int HUGE_CHARS = 50_000_000;
  private static final int DEEP_LEVELS = 10_000;
  private static final int TOO_DEEP_LEVELS = 200;
  private static final int LONG_KEY_CHARS = 1_025;

  /** In place of bytes that are no UTF-8. */
  static final String NOT_UNICODE = "a\ud800";

  private Culprits() {}

  /** An exception that throws when it is asked. */
  private static final class Evil extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String way;

    Evil(String way) {
      super("evil");
      this.way = way;
    }

    @Override
    public String getMessage() {
      if (way.equals("text_throws")) {
        throw new IllegalStateException("no text");
      }
      return way.equals("text_not_text") ? null : super.getMessage();
    }

    @Override
    public String toString() {
      if (way.equals("text_throws")) {
        throw new IllegalStateException("no text");
      }
      return super.toString();
    }

    @Override
    public synchronized Throwable getCause() {
      if (way.equals("type_throws")) {
        throw new IllegalStateException("no cause");
      }
      return way.equals("cause_is_itself") ? this : super.getCause();
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      if (way.equals("type_throws")) {
        throw new IllegalStateException("no trace");
      }
      return super.getStackTrace();
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      super.fillInStackTrace();
      return "proxy".equals(way) ? null : this;
    }
  }

  /** A throwable of its own, no Exception and no Error. */
  private static final class Odd extends Throwable {
    private static final long serialVersionUID = 1L;
  }

  @SuppressWarnings("unchecked") // So that it passes unchecked.
  private static <T extends Throwable> void sneak(Throwable thrown) throws T {
    throw (T) thrown;
  }

  private static int recurse(int depth) {
    return depth < 0 ? depth : recurse(depth + 1) + 1;
  }

  /** Fails in a way; never returns. */
  @SuppressWarnings("removal") // ThreadDeath is what the way asks for.
  static void misbehave(String way) {
    switch (way) {
      case "text_not_utf8" -> throw new IllegalStateException("caf\ud800");
      case "text_huge" -> throw new IllegalStateException("x".repeat(HUGE_CHARS));
      case "not_an_error" -> Culprits.<RuntimeException>sneak(new Odd());
      case "nothing" -> throw null;
      case "exit" -> throw new ThreadDeath();
      case "cancelled" -> throw new CancellationException();
      case "recursion" -> recurse(0);
      default -> throw new Evil(way);
    }
  }

  /** A value whose getter throws. */
  static final class Throwing {
    public int getValue() {
      throw new IllegalStateException("a getter");
    }
  }

  static Object unwritable(String way) {
    return switch (way) {
      case "not_json" -> new Object();
      case "throws" -> new Throwing();
      case "nan" -> Double.NaN;
      case "infinity" -> List.of(Double.POSITIVE_INFINITY);
      case "cycle" -> {
        List<Object> list = new ArrayList<>();
        list.add(list);
        yield list;
      }
      case "not_unicode" -> NOT_UNICODE;
      case "deep" -> deep(DEEP_LEVELS);
      default -> throw new IllegalArgumentException(way);
    };
  }

  static List<Object> deep(int levels) {
    List<Object> outer = new ArrayList<>();
    List<Object> inner = outer;
    for (int i = 1; i < levels; i++) {
      List<Object> next = new ArrayList<>();
      inner.add(next);
      inner = next;
    }
    return outer;
  }

  @Exposed
  static class Culprit extends Actor {
    long value;

    record Call(String way, boolean catches) {}

    @Handler
    long add(long amount) {
      return value += amount;
    }

    @Handler(readOnly = true)
    long get() {
      return value;
    }

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
      return unwritable(way);
    }

    @Handler
    String call(Call message, Context context) {
      value++;
      try {
        call(message.way, context);
        return "no error";
      } catch (EveractException e) {
        if (message.catches) {
          return e.errorName();
        }
        throw e;
      }
    }

    private static void call(String way, Context context) {
      boolean tells = way.startsWith("tell_");
      switch (way.substring(way.indexOf('_') + 1)) {
        case "bad_key" -> add(tells, context, NOT_UNICODE);
        case "empty_key" -> add(tells, context, "");
        case "long_key" -> add(tells, context, "k".repeat(LONG_KEY_CHARS));
        case "bad_payload" -> echo(tells, context, unwritable("throws"));
        case "nan" -> echo(tells, context, Double.NaN);
        case "cycle" -> echo(tells, context, unwritable("cycle"));
        case "deep" -> echo(tells, context, deep(TOO_DEEP_LEVELS));
        case "reserved" -> {
          Metadata reserved = Metadata.of("everact-caller", "x");
          send(tells, context, context.actor("counter", "a").withMetadata(reserved), "add", 1);
        }
        default -> throw new IllegalArgumentException(way);
      }
    }

    private static void add(boolean tells, Context context, String key) {
      send(tells, context, context.actor("counter", key), "add", 1);
    }

    private static void echo(boolean tells, Context context, Object message) {
      send(tells, context, context.actor("echo", "a"), "echo", message);
    }

    private static void send(
        boolean tells, Context context, Reference<?> to, String handler, Object message) {
      if (tells) {
        context.tell(to, handler, message);
      } else {
        to.call(handler, Object.class, message);
      }
    }

    @Handler
    void tellLate(String key, Context context) {
      later(
          "late tell: ",
          () -> context.tell(context.actor(Catalogue.Counter.class, key), Catalogue.Counter::add, 1L));
    }

    @Handler
    void askLate(String key, Context context) {
      later(
          "late ask: ",
          () -> context.actor(Catalogue.Counter.class, key).call(Catalogue.Counter::add, 1L));
    }

    /** Outlives the turn. */
    private static void later(String note, Runnable act) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  Tables.pass("late");
                  act.run();
                  Tables.note(note + "none");
                } catch (EveractException e) {
                  Tables.note(note + e.errorName());
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** A record that cracks while it is made from stored bytes. */
  record Glass(long n) {
    Glass {
      if (Tables.isOn("cracked")) {
        throw new IllegalStateException("cracked");
      }
    }
  }

  @Exposed
  static class Brittle extends Actor {
    Glass glass = new Glass(0);

    @Handler
    long add(long amount) {
      glass = new Glass(glass.n + amount);
      return glass.n;
    }

    @Handler(readOnly = true)
    long get() {
      return glass.n;
    }

    @Handler
    void addThenCrack(long amount) {
      glass = new Glass(glass.n + amount);
      Tables.open("cracked");
      throw new IllegalStateException("boom");
    }
  }

  @Exposed
  @Kind(idleTimeoutMs = 150)
  static class Moody extends Actor {
    long value;

    @Override
    protected void activated(Context context) {
      hook("activated", context);
    }

    @Override
    protected void passivating(Context context) {
      hook("passivating", context);
    }

    private static void hook(String hook, Context context) {
      Tables.note(hook + " moody/" + context.key());
      if (context.key().startsWith(hook + ":") && Tables.isOn("moody")) {
        misbehave(context.key().substring(hook.length() + 1));
      }
    }

    @Handler
    long add(long amount) {
      return value += amount;
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
