// How many threads an engine has for what stands, where there are no virtual ones, and for what
// computes for long.
package dev.everact;

import java.util.Map;

/**
 * Bounds of the pools.
 *
 * @param handlersMax threads for handlers that wait for something other than an ask
 * @param receiversMax threads for functions of processes
 * @param pools sizes of pools by name
 */
record ThreadBounds(int handlersMax, int receiversMax, Map<String, Integer> pools) {
  /** Where nothing runs. */
  static final ThreadBounds LEAST = new ThreadBounds(1, 1, Map.of());
}
