// One kind in several releases: what changes between them is its state and its handlers (tests/conformance/README.md).
package conformance;

import dev.everact.Actor;
import dev.everact.Context;
import dev.everact.Handler;
import dev.everact.Kind;
import dev.everact.Renamed;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The kind edition, as each release registers it. */
final class Editions {
  private Editions() {}

  static List<Class<? extends Actor>> of(int release) {
    return switch (release) {
      case 1 -> List.of(Edition1.class);
      case 2 -> List.of(Edition2.class);
      case 3 -> List.of(Edition3.class);
      case 4 -> List.of(Edition4.class);
      case 5 -> List.of(Edition5.class);
      case 6 -> List.of(Edition6.class);
      default -> List.of();
    };
  }

  record Filling(long cents, String legacy, String note, String title) {}

  record Behind(long amount, String gate) {}

  record Amount(long amount) {}

  /** The nested record of release 1. */
  static class Inner {
    public long n;
    public String note = "";
  }

  /** The nested record without its note. */
  static class NarrowInner {
    public long n;
  }

  private static Map<String, Object> shown(Object... pairs) {
    Map<String, Object> made = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      made.put((String) pairs[i], pairs[i + 1]);
    }
    return made;
  }

  /** What all releases have. */
  abstract static class Common extends Actor {
    String title = "";

    @Handler
    void name(String given) {
      title = given;
    }

    @Handler
    void touch() {}

    @Handler(readOnly = true)
    long revision(Context context) {
      return context.revision();
    }

    @Handler
    void leave(Context context) {
      context.passivate();
    }
  }

  /** What releases with the full state have. */
  abstract static class Cents extends Common {
    long cents;
    String legacy = "";
    Inner inner = new Inner();

    @Handler
    void fill(Filling filling) {
      cents = filling.cents;
      legacy = filling.legacy;
      title = filling.title;
      inner.n = 1;
      inner.note = filling.note;
    }

    @Handler
    long addBehind(Behind behind, Context context) throws InterruptedException {
      Tables.pass(behind.gate, context);
      cents += behind.amount;
      return cents;
    }

    @Handler
    void number(long n) {
      inner.n = n;
    }

    @Handler(readOnly = true)
    Map<String, Object> show() {
      return shown("cents", cents, "legacy", legacy, "inner", inner, "title", title);
    }
  }

  @Kind(name = "edition")
  static class Edition1 extends Cents {
    @Handler
    long add(long amount) {
      cents += amount;
      return cents;
    }
  }

  @Kind(name = "edition")
  static class Edition2 extends Common {
    long cents;
    NarrowInner inner = new NarrowInner();

    @Handler
    long add(long amount) {
      cents += amount;
      return cents;
    }

    @Handler
    void number(long n) {
      inner.n = n;
    }

    @Handler(readOnly = true)
    Map<String, Object> show() {
      return shown("cents", cents, "inner", inner, "title", title);
    }
  }

  @Kind(name = "edition")
  static class Edition3 extends Common {
    @Renamed("cents")
    long amount;

    String extra = "new";
    String legacy = "";
    Inner inner = new Inner();

    @Handler
    long add(long more) {
      amount += more;
      return amount;
    }

    @Handler(readOnly = true)
    Map<String, Object> show() {
      return shown("amount", amount, "extra", extra, "legacy", legacy, "inner", inner, "title", title);
    }
  }

  @Kind(name = "edition")
  static class Edition4 extends Common {
    String cents = "";
    Inner inner = new Inner();

    @Handler(readOnly = true)
    Map<String, Object> show() {
      return shown("cents", cents, "inner", inner, "title", title);
    }
  }

  @Kind(name = "edition")
  static class Edition5 extends Cents {
    @Handler
    long add(Amount given) {
      cents += given.amount;
      return cents;
    }
  }

  @Kind(name = "edition")
  static class Edition6 extends Cents {}
}
