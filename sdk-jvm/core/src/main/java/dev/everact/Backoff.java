// Waits between restarts.
package dev.everact;

import java.time.Duration;

/**
 * How long a supervisor waits before a restart: each time twice as long, until the child has run
 * steadily.
 *
 * @param first before the first restart in a row
 * @param most at most
 * @param steady how long a child must have run for its next restart to be a first one
 * @param jitterPercent the part of a wait that is drawn at random, 0 to 100
 */
public record Backoff(Duration first, Duration most, Duration steady, int jitterPercent) {}
