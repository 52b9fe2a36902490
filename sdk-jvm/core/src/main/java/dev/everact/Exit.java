// An exit signal that was trapped.
package dev.everact;

/**
 * Somebody has ended to whom this process is linked, or asks it to end, while it traps exits.
 *
 * @param from who; a process from outside is none that was ever spawned
 * @param reason why
 * @param fromParent whether the one that spawned this process linked has ended or asks, such as its
 *     supervisor
 */
public record Exit(Address<?> from, ExitReason reason, boolean fromParent)
    implements SystemMessage {}
