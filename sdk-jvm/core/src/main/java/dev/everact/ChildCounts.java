// How many children a supervisor has.
package dev.everact;

/**
 * Children of a supervisor, counted.
 *
 * @param specs children that it knows; of a dynamic one its template
 * @param active those that have a process
 * @param supervisors children that are supervisors
 * @param workers children that are not
 */
public record ChildCounts(int specs, int active, int supervisors, int workers) {}
