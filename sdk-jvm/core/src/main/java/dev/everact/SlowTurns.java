// What a notice of a slow turn says beside its words: where the handler is.
package dev.everact;

/** Finds the thread of a turn that the core has named, and reads its stack. */
final class SlowTurns {
  private static final String OPEN = " has been open for ";
  private static final int FRAMES_MAX = 30;

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
    Thread thread = found == null ? null : found.running;
    return thread == null ? text : text + stack(thread);
  }

  /** From the innermost frame to the handler. */
  private static String stack(Thread thread) {
    StringBuilder stack = new StringBuilder("; ").append(thread.getName()).append(" is at");
    int frames = 0;
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (frame.getClassName().equals(HandlerEntry.class.getName()) || frames++ == FRAMES_MAX) {
        break;
      }
      stack.append("\n  at ").append(frame);
    }
    return stack.toString();
  }
}
