// State: how what an actor holds becomes bytes and comes back, whatever it is.
package dev.everact;

import dev.everact.internal.Bytes;

/** Writes, reads and puts back the state of one kind. */
abstract class State {
  /**
   * Appends the object's state.
   *
   * @param kept what is stored beside it; null for nothing
   */
  abstract void encode(Object actor, Kept kept, Bytes out) throws Misfit;

  /**
   * Sets the object's state from what {@link #encode} wrote, here or in another language.
   *
   * @return what the class does not know; null for nothing
   */
  abstract Kept decode(byte[] from, Object actor) throws Misfit;

  /**
   * Makes the object hold what a restart would read, where it does not.
   *
   * @return whether something of it was replaced
   */
  boolean settle(Object actor, Kept kept) throws Misfit {
    return false;
  }

  /** Whether {@link #encode} and {@link #settle} are quick and run no code but ours. */
  boolean isQuick() {
    return false;
  }

  /** Gives a new object defaults of its own, which no other actor's handlers can change. */
  void own(Object fresh) throws Misfit {}

  /**
   * Looks at a fresh object's defaults when an engine opens.
   *
   * @throws Misfit where they cannot be stored
   */
  void check(Object fresh) throws Misfit {}

  /**
   * Puts an object back to what it was in the middle of a turn, for the outer turn goes on with it.
   *
   * @return what the class does not know; null for nothing
   */
  abstract Kept restore(byte[] before, Object actor, KindTable kind) throws Throwable;

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
