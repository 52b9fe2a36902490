// How a process that ends itself leaves its handler or its function.
package dev.everact;

/** Thrown by {@link Context#exit} and caught where the turn ends. */
final class ProcessExit extends Error {
  private static final long serialVersionUID = 1L;

  final transient Turn turn;
  final transient ExitReason reason;

  ProcessExit(Turn turn, ExitReason reason) {
    super("the process ends: " + reason, null, false, false);
    this.turn = turn;
    this.reason = reason;
  }
}
