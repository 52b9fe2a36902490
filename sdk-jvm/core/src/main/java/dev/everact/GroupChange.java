// A change of a group that is watched.
package dev.everact;

/** A process has joined or left. */
public sealed interface GroupChange extends SystemMessage permits Joined, Left {
  /**
   * Which watch tells of it.
   *
   * @return the watch
   */
  GroupMonitor monitor();

  /**
   * Which group has changed.
   *
   * @return its name
   */
  String group();

  /**
   * Who has joined or left.
   *
   * @return the process
   */
  ProcessRef<?> process();
}
