// An activation on this side of the boundary: the object between turns and the bytes that the core
// accepted last.
package dev.everact;

import dev.everact.internal.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The actor's object and its accepted state. The core lets one writing turn in at a time, on
 * whatever thread; {@link #enter} and {@link #leave} make what one turn wrote visible to the next.
 */
sealed class Activation permits ProcessActivation {
  private static final VarHandle TURNS;

  static {
    try {
      TURNS = MethodHandles.lookup().findVarHandle(Activation.class, "turns", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final long id;
  final KindTable kind;
  final String key;

  /** The last accepted state; null until the object exists, where nothing was stored. */
  private byte[] accepted;

  /** Null before the first turn, and after a discarded one where the object itself is the state. */
  private Object actor;

  /** What is stored and the class does not know; null for nothing. */
  private Kept kept;

  /** The accepted state as a value, where the kind's state is one. */
  private Object held;

  /**
   * The thread that runs a turn of it, for whoever wants to know where a slow one is; one of them
   * where read-only turns overlap.
   */
  Thread running;

  private int turns;

  Activation(long id, KindTable kind, String key, byte[] stored) {
    this.id = id;
    this.kind = kind;
    this.key = key;
    this.accepted = stored;
    leave();
  }

  /** The number of the process; 0 of an actor. */
  long process() {
    return 0;
  }

  /** What a process was spawned with, until its object exists. */
  final byte[] argument() {
    return accepted;
  }

  /** Begins a turn: sees all that earlier turns wrote. The object is made where there is none. */
  Object enter() throws Throwable {
    if ((int) TURNS.getAcquire(this) < 0) {
      throw new IllegalStateException("unreachable: turns are counted up from zero");
    }
    Object object = actor;
    return object != null ? object : make();
  }

  /** Ends a turn: shows all that it wrote to later ones. */
  void leave() {
    TURNS.setRelease(this, turns + 1 & Integer.MAX_VALUE);
  }

  /** Overlapping read-only turns may all be the first. */
  private synchronized Object make() throws Throwable {
    if (actor == null) {
      Object fresh = kind.create();
      Kept unknown = null;
      if (accepted == null) {
        kind.state.own(fresh);
      } else {
        unknown = kind.state.decode(accepted, fresh);
      }
      if (kind.isProcess()) {
        // Nothing is stored: its turns are not compared with what it began as.
        accepted = null;
        actor = fresh;
        return fresh;
      }
      // Not the stored bytes themselves: another version or language may have written the same
      // state in another way, and only a change is to be stored.
      accepted = bytes(fresh, unknown);
      kept = unknown;
      if (unknown != null) {
        kind.reportUnknown(unknown.names(), key);
      }
      held = kind.state.held(fresh);
      actor = fresh;
    }
    return actor;
  }

  private byte[] bytes(Object object, Kept beside) throws Misfit {
    Bytes now = new Bytes(64);
    kind.state.encode(object, beside, now);
    return now.copy(0, now.length);
  }

  /** Appends the object's state. */
  void encode(Object object, Bytes out) throws Misfit {
    kind.state.encode(object, kept, out);
  }

  /** Makes the object hold what a restart would read; whether something of it was replaced. */
  boolean settle(Object object) throws Misfit {
    return kind.state.settle(object, kept);
  }

  /** Whether a look at the object shows that its state is the accepted one, without its bytes. */
  boolean isUntouched(Object object) {
    return held != null && held == kind.state.held(object);
  }

  /** Whether these bytes are the accepted state. */
  boolean isAccepted(byte[] array, int at, int length) {
    return Arrays.equals(array, at, at + length, accepted, 0, accepted.length);
  }

  /** The state that later turns build on. */
  void accept(Object object, byte[] array, int at, int length) {
    held = kind.state.held(object);
    if (accepted.length == length) {
      System.arraycopy(array, at, accepted, 0, length);
    } else {
      accepted = Arrays.copyOfRange(array, at, at + length);
    }
  }

  /**
   * Forgets what a failed turn did: the object gets its accepted state back, or the next turn a new
   * object of it.
   */
  void discard() {
    if (held == null) {
      actor = null;
    } else if (actor != null) {
      kind.state.hold(actor, held);
    }
  }

  /** Forgets the object: the next turn makes a new one of the accepted state. Never fails. */
  void forget() {
    actor = null;
  }

  /** Whether this is still the activation's object. */
  boolean holds(Object object) {
    return actor == object;
  }

  /** Puts the object itself back, for the outer turn goes on with it. */
  void restore(byte[] before) throws Throwable {
    kept = kind.state.restore(before, actor, kind);
  }

  /** The object's state as it is now. */
  byte[] snapshot(Object object) throws Misfit {
    return bytes(object, kept);
  }

  /** Whether the core means it by this text: an actor's key, or a process' number. */
  boolean isCalled(String text) {
    return process() == 0 ? text.equals(key) : text.equals(Long.toUnsignedString(process()));
  }
}
