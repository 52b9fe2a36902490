// An actor that does in its turn whatever a test says, and objects that misbehave when they are
// asked
// about themselves.
package dev.everact;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Its handlers run what {@link #DEEDS} holds under the message's number. */
class Rude extends Actor {
  /** What a turn does. */
  @FunctionalInterface
  interface Deed {
    Object run(Rude actor, Context context) throws Throwable;
  }

  private static final Map<Integer, Deed> DEEDS = new ConcurrentHashMap<>();
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  /** A deed for the next activation's hook; null for none. */
  static volatile Deed onActivated;

  /** A deed for the next constructor; null for none. */
  static volatile Deed onMade;

  /** What the next message's constructor throws; null for nothing. */
  static volatile Throwable onRead;

  int turns;
  List<Object> things = new ArrayList<>();

  Rude() {
    Deed deed = onMade;
    onMade = null;
    if (deed != null) {
      try {
        deed.run(this, null);
      } catch (Throwable e) {
        throw Rude.<RuntimeException>sneaked(e);
      }
    }
  }

  /** A number under which the deed is done. */
  static int deed(Deed deed) {
    int number = NUMBERS.incrementAndGet();
    DEEDS.put(number, deed);
    return number;
  }

  @SuppressWarnings("unchecked") // So that javac lets a checked exception pass.
  static <T extends Throwable> T sneaked(Throwable thrown) throws T {
    throw (T) thrown;
  }

  @Override
  protected void activated(Context context) {
    Deed deed = onActivated;
    onActivated = null;
    if (deed != null) {
      run(deed, context);
    }
  }

  private Object run(Deed deed, Context context) {
    try {
      return deed.run(this, context);
    } catch (Throwable e) {
      throw Rude.<RuntimeException>sneaked(e);
    }
  }

  @Handler
  Object act(int deed, Context context) {
    turns++;
    return run(DEEDS.get(deed), context);
  }

  @Handler(readOnly = true)
  Object look(int deed, Context context) {
    return run(DEEDS.get(deed), context);
  }

  @Handler(reentrant = true)
  Object again(int deed, Context context) {
    turns++;
    return run(DEEDS.get(deed), context);
  }

  @Handler
  int read(Spiky message) {
    return ++turns;
  }

  @Handler
  void leave(Context context) {
    context.passivate();
  }

  @Handler
  int count() {
    return ++turns;
  }

  /** A message that throws while it is read. */
  static final class Spiky {
    int value;

    @JsonCreator
    Spiky(@JsonProperty("value") int value) {
      this.value = value;
      Throwable thrown = onRead;
      onRead = null;
      if (thrown != null) {
        throw Rude.<RuntimeException>sneaked(thrown);
      }
    }

    public int getValue() {
      return value;
    }
  }

  /** An exception whose every method does the same. */
  static final class Evil extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Deed deed;

    Evil(Deed deed) {
      this.deed = deed;
    }

    private Object asked() {
      try {
        return deed.run(null, null);
      } catch (Throwable e) {
        throw Rude.<RuntimeException>sneaked(e);
      }
    }

    @Override
    public String getMessage() {
      return (String) asked();
    }

    @Override
    public String getLocalizedMessage() {
      return (String) asked();
    }

    @Override
    public String toString() {
      return (String) asked();
    }

    @Override
    public synchronized Throwable getCause() {
      asked();
      return this;
    }

    @Override
    public int hashCode() {
      return asked().hashCode();
    }

    @Override
    public boolean equals(Object other) {
      return asked().equals(other);
    }
  }

  /** A value whose getter does something. */
  record Thing(Deed deed) {
    public Object getInside() throws Throwable {
      return deed.run(null, null);
    }
  }

  /** A list whose items do something when they are read. */
  static final class Lazy extends java.util.AbstractList<Object> {
    private final Deed deed;

    Lazy(Deed deed) {
      this.deed = deed;
    }

    @Override
    public Object get(int index) {
      try {
        return deed.run(null, null);
      } catch (Throwable e) {
        throw Rude.<RuntimeException>sneaked(e);
      }
    }

    @Override
    public Iterator<Object> iterator() {
      get(0);
      return super.iterator();
    }

    @Override
    public int size() {
      return 3;
    }
  }
}
