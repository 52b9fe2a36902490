// Why a handler of an event manager's leaves.
package dev.everact;

/**
 * Why a handler leaves.
 *
 * @param why what has it leave
 * @param argument what was given with it; null for nothing
 * @param reason why it failed, or its supervisor ended; null elsewhere
 */
public record Leaving(Why why, Object argument, ExitReason reason) {
  /** What has it leave. */
  public enum Why {
    /** Somebody removes it or swaps it, with an argument. */
    ASKED,
    /** It has wanted to. */
    REMOVED,
    /** Who supervised it has ended. */
    SUPERVISOR_EXITED,
    /** The manager ends. */
    STOPPED,
    /** Its callback failed. */
    FAILED
  }
}
