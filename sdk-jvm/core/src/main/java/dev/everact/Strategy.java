// Who is restarted when a child ends.
package dev.everact;

/** Which children a supervisor restarts when one has ended. */
public enum Strategy {
  /** That one. */
  ONE_FOR_ONE,

  /** All of them. */
  ONE_FOR_ALL,

  /** That one and those that were started after it. */
  REST_FOR_ONE,

  /** That one; all children are alike, and are started at run time. */
  DYNAMIC
}
