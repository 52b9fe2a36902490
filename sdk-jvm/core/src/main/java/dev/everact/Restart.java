// When a child is restarted.
package dev.everact;

/** Which ends of a child have it restarted. */
public enum Restart {
  /** All. */
  PERMANENT,

  /** Those that are no orderly ones ({@link ExitReason#isOrderly}). */
  TRANSIENT,

  /** None. */
  TEMPORARY
}
