// When a supervisor ends by itself.
package dev.everact;

/** Whether a supervisor ends when significant children have ended by themselves. */
public enum AutoShutdown {
  /** It does not. */
  NEVER,

  /** When one of them has. */
  ANY_SIGNIFICANT,

  /** When the last of them has. */
  ALL_SIGNIFICANT
}
