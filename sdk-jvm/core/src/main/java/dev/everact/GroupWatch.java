// What a process that begins to watch a group gets.
package dev.everact;

import java.util.List;

/**
 * A watch on a group and who was in it when the watch began.
 *
 * @param monitor the watch
 * @param members the members, in the order in which they joined
 */
public record GroupWatch(GroupMonitor monitor, List<ProcessRef<?>> members) {}
