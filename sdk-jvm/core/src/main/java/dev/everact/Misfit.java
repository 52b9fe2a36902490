// A payload or a state that does not fit its type, on its way to becoming an error of the table.
package dev.everact;

/** Says which field does not fit, never what was in it. */
final class Misfit extends Exception {
  private static final long serialVersionUID = 1L;

  Misfit(String text) {
    super(text, null, false, false);
  }
}
