// The end of somebody who was watched.
package dev.everact;

/**
 * Somebody who was watched has ended. It comes once for each {@link Monitor}.
 *
 * @param monitor which watch
 * @param from who has ended
 * @param reason why; {@link ExitReason.NoProcess} where there was nobody to watch
 */
public record Down(Monitor monitor, Address<?> from, ExitReason reason) implements SystemMessage {}
