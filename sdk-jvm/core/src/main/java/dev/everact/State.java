// State: how what an actor holds becomes bytes and comes back, whatever it is.
package dev.everact;

import dev.everact.internal.Bytes;

/** Writes, reads and puts back the state of one kind. */
abstract class State {
  /** Appends the object's state. */
  abstract void encode(Object actor, Bytes out) throws Misfit;

  /** Sets the object's state from what {@link #encode} wrote, here or in another language. */
  abstract void decode(byte[] from, Object actor) throws Misfit;

  /**
   * Puts an object back to what it was in the middle of a turn, for the outer turn goes on with it.
   */
  abstract void restore(byte[] before, Object actor, KindTable kind) throws Throwable;

  /**
   * The state as one value that nobody can change, so that the same value is the same state; null
   * where only the bytes tell.
   */
  Object held(Object actor) {
    return null;
  }

  /** Puts back what {@link #held} gave. */
  void hold(Object actor, Object held) {
    throw new IllegalStateException("unreachable: this state is no single value");
  }
}
