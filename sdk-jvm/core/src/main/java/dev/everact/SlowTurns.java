// What a notice of a slow turn says beside its words: where the handler is.
package dev.everact;

/** Finds the turn that the core has named. */
final class SlowTurns {
  private static final String OPEN = " has been open for ";

  private SlowTurns() {}

  /**
   * The notice with the handler's stack; unchanged where the turn has ended or waits for a thread.
   *
   * @param text {@code kind/key handler has been open for n ms}
   */
  static String withStack(String text, ActivationTable activations) {
    int slash = text.indexOf('/');
    int open = text.lastIndexOf(OPEN);
    int handler = open < 0 ? -1 : text.lastIndexOf(' ', open - 1);
    if (slash < 0 || handler <= slash) {
      return text;
    }
    Activation found =
        activations.find(text.substring(0, slash), text.substring(slash + 1, handler));
    String stack = HandlerStack.of(found);
    return stack.isEmpty() ? text : text + "; it is at\n" + stack;
  }
}
