// A process has left a group that is watched.
package dev.everact;

/**
 * A process has left, or has ended.
 *
 * @param monitor which watch tells of it
 * @param group the group's name
 * @param process who
 */
public record Left(GroupMonitor monitor, String group, ProcessRef<?> process)
    implements GroupChange {}
