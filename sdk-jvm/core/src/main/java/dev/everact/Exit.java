// An exit signal that was trapped.
package dev.everact;

/**
 * Somebody has ended to whom this process is linked, or asks it to end, while it traps exits.
 *
 * @param from who; a process from outside is none that was ever spawned
 * @param reason why
 */
public record Exit(Address<?> from, ExitReason reason) implements SystemMessage {}
