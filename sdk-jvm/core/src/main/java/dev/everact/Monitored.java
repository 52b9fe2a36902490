// What whoever spawns a process and watches it gets.
package dev.everact;

/**
 * A process that was watched before anything could happen to it.
 *
 * @param <P> as in {@link ProcessRef}
 * @param process the process
 * @param monitor the watch
 */
public record Monitored<P>(ProcessRef<P> process, Monitor monitor) {}
