// A payload or a state that does not fit its type, on its way to becoming an error of the table.
package dev.everact;

/** Says which field does not fit, never what was in it. */
final class Misfit extends Exception {
  private static final long serialVersionUID = 1L;

  Misfit(String text) {
    super(text, null, false, false);
  }

  /** Why a codec could not do it: our own sentence, or the type of what was thrown on the way. */
  static String reason(Throwable thrown) {
    return thrown instanceof Misfit misfit
        ? misfit.getMessage()
        : "it does not fit: ".concat(Thrown.type(thrown));
  }
}
