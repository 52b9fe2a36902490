// What a supervisor knows of a child.
package dev.everact;

import java.util.Optional;

/**
 * A child's rules.
 *
 * @param id its name among the children
 * @param kind the kind of its process; empty of a supervisor
 * @param name the name that its process has; empty for none
 * @param restart when it is restarted
 * @param shutdown how it is ended
 * @param isSupervisor whether it is a supervisor
 * @param isSignificant whether its supervisor may end with it
 */
public record ChildSpec(
    String id,
    Optional<String> kind,
    Optional<String> name,
    Restart restart,
    Shutdown shutdown,
    boolean isSupervisor,
    boolean isSignificant) {}
