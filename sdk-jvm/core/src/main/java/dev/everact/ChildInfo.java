// How a child of a supervisor is.
package dev.everact;

import java.util.Optional;

/**
 * One child of a supervisor.
 *
 * @param id its name among the children; empty where they are all alike
 * @param status whether it runs
 * @param process its process, where it runs
 * @param isSupervisor whether it is a supervisor
 */
public record ChildInfo(
    Optional<String> id, Status status, Optional<ProcessRef<?>> process, boolean isSupervisor) {
  /** Whether a child runs. */
  public enum Status {
    /** It has a process. */
    RUNNING,

    /** It is about to get a new one. */
    RESTARTING,

    /** It has ended, or did not want to start. */
    ABSENT
  }
}
