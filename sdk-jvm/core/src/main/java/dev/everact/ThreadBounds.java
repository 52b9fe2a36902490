// How many threads an engine has for what stands, where there are no virtual ones.
package dev.everact;

/**
 * Bounds of the pools.
 *
 * @param handlersMax threads for handlers that wait for something other than an ask
 * @param receiversMax threads for functions of processes
 */
record ThreadBounds(int handlersMax, int receiversMax) {
  /** Where nothing runs. */
  static final ThreadBounds LEAST = new ThreadBounds(1, 1);
}
