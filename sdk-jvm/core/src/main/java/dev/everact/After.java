// What became of the handler whose place another one takes.
package dev.everact;

/**
 * What became of a handler of an event manager's that another one takes the place of.
 *
 * @param why whether it has left in good order
 * @param result what its last callback has returned; null for nothing
 * @param reason why its last callback failed; null where it did not
 */
public record After(Why why, Object result, ExitReason reason) {
  /** How it went. */
  public enum Why {
    /** It has left. */
    LEFT,
    /** There was none. */
    UNKNOWN,
    /** Its last callback failed. */
    FAILED
  }
}
