// A watch on a group's members.
package dev.everact;

/**
 * A watch on a group, or on all groups: {@link Joined} and {@link Left} come with it.
 *
 * @param number its number, used once in an engine
 */
public record GroupMonitor(long number) {}
