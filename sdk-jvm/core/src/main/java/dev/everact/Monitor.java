// A watch on somebody's end.
package dev.everact;

/**
 * A watch: when the one that is watched ends, a {@link Down} with this monitor comes, once.
 *
 * @param number its number, used once in an engine
 */
public record Monitor(long number) {}
