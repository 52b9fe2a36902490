// A process has joined a group that is watched.
package dev.everact;

/**
 * A process has joined.
 *
 * @param monitor which watch tells of it
 * @param group the group's name
 * @param process who
 */
public record Joined(GroupMonitor monitor, String group, ProcessRef<?> process)
    implements GroupChange {}
