// A handler that this process supervises has left.
package dev.everact;

import java.util.Optional;

/**
 * A handler has left its event manager, to which this actor or process has added it supervised
 * ({@link EventManagerRef#addSupervised}).
 *
 * @param manager the manager
 * @param id the handler's id
 * @param reason why; {@link ExitReason#NORMAL} where it was removed or swapped
 * @param replacedBy the id of the one that has taken its place, which this one supervises then
 */
public record HandlerGone(
    ProcessRef<?> manager, String id, ExitReason reason, Optional<String> replacedBy)
    implements SystemMessage {}
