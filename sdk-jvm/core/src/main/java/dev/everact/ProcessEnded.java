// What the function of a process that has ended gets where it would wait on.
package dev.everact;

/**
 * The process has been ended from outside: its function is to stop. Thrown where it waits for a
 * message, and not to be caught; whatever the function still does has no effect.
 */
public final class ProcessEnded extends Error {
  private static final long serialVersionUID = 1L;

  ProcessEnded() {
    super("the process has been ended from outside", null, false, false);
  }
}
