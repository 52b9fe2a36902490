// A message that no method of a state machine's state takes.
package dev.everact;

/** Thrown where the method is chosen and caught where the turn ends. */
final class Unhandled extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Unhandled(String text) {
    super(text, null, false, false);
  }
}
