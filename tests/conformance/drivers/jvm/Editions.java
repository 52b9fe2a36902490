// The catalogue, one kind in several releases: edition.
package conformance;

import dev.everact.Actor;
import dev.everact.Context;
import dev.everact.Exposed;
import dev.everact.Handler;
import dev.everact.Kind;
import dev.everact.Renamed;
import java.util.List;

/** The releases. */
final class Editions {
  static final List<Class<? extends Actor>> RELEASES =
      List.of(First.class, Second.class, Third.class, Fourth.class, Fifth.class, Sixth.class);

  private Editions() {}

  record Fill(long cents, String legacy, String note, String title) {}

  record Inner(long n, String note) {}

  record SmallInner(long n) {}

  record Behind(long amount, String gate) {}

  record Amount(long amount) {}

  /** What all have. */
  abstract static class Edition extends Actor {
    String title = "";

    @Handler
    void name(String message) {
      title = message;
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

  /** What those have that know all fields. */
  abstract static class Whole extends Edition {
    long cents;
    String legacy = "";
    Inner inner = new Inner(0, "");

    record Shown(long cents, String legacy, Inner inner, String title) {}

    @Handler
    void fill(Fill message) {
      cents = message.cents;
      legacy = message.legacy;
      inner = new Inner(1, message.note);
      title = message.title;
    }

    @Handler
    void number(long message) {
      inner = new Inner(message, inner.note);
    }

    @Handler
    void addBehind(Behind message, Context context) throws InterruptedException {
      Tables.pass(message.gate, context);
      cents += message.amount;
    }

    @Handler(readOnly = true)
    Shown show() {
      return new Shown(cents, legacy, inner, title);
    }
  }

  @Exposed
  @Kind(name = "edition")
  static class First extends Whole {
    @Handler
    long add(long amount) {
      return cents += amount;
    }
  }

  @Exposed
  @Kind(name = "edition")
  static class Second extends Edition {
    long cents;
    SmallInner inner = new SmallInner(0);

    record Shown(long cents, SmallInner inner, String title) {}

    @Handler
    long add(long amount) {
      return cents += amount;
    }

    @Handler
    void addBehind(Behind message, Context context) throws InterruptedException {
      Tables.pass(message.gate, context);
      cents += message.amount;
    }

    @Handler
    void number(long message) {
      inner = new SmallInner(message);
    }

    @Handler(readOnly = true)
    Shown show() {
      return new Shown(cents, inner, title);
    }
  }

  @Exposed
  @Kind(name = "edition")
  static class Third extends Edition {
    @Renamed("cents")
    long amount;

    String legacy = "";
    Inner inner = new Inner(0, "");
    String extra = "new";

    record Shown(long amount, String legacy, Inner inner, String title, String extra) {}

    @Handler
    long add(long more) {
      return amount += more;
    }

    @Handler
    void addBehind(Behind message, Context context) throws InterruptedException {
      Tables.pass(message.gate, context);
      amount += message.amount;
    }

    @Handler
    void number(long message) {
      inner = new Inner(message, inner.note);
    }

    @Handler(readOnly = true)
    Shown show() {
      return new Shown(amount, legacy, inner, title, extra);
    }
  }

  @Exposed
  @Kind(name = "edition")
  static class Fourth extends Edition {
    String cents = "";
    String legacy = "";
    Inner inner = new Inner(0, "");

    record Shown(String cents, String legacy, Inner inner, String title) {}

    @Handler
    void number(long message) {
      inner = new Inner(message, inner.note);
    }

    @Handler(readOnly = true)
    Shown show() {
      return new Shown(cents, legacy, inner, title);
    }
  }

  @Exposed
  @Kind(name = "edition")
  static class Fifth extends Whole {
    @Handler
    long add(Amount message) {
      return cents += message.amount;
    }
  }

  @Exposed
  @Kind(name = "edition")
  static class Sixth extends Whole {}
}
