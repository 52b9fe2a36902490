// The base of processes whose messages are answered by methods.
package dev.everact;

/**
 * A process: spawned, in memory only, with a number that is never used again. Messages run its
 * handlers as an actor's do, one turn at a time; but what it tells leaves at once, and a handler
 * that throws ends it, for whoever is linked to it or watches it to see.
 *
 * <pre>{@code
 * class Counter extends HandlerProcess {
 *   int count;
 *
 *   @Handler
 *   int add(int more) {
 *     return count += more;
 *   }
 * }
 *
 * ProcessRef<Counter> counter = engine.spawn(Counter.class, it -> it.count = 5);
 * counter.call(Counter::add, 2); // 7
 * counter.exit(ExitReason.SHUTDOWN);
 * }</pre>
 *
 * <p>Its fields are what {@link ProcessScope#spawn} may set before it begins; they are never
 * stored.
 */
public abstract non-sealed class HandlerProcess extends Resident {
  /** For subclasses; fields get their defaults here. */
  protected HandlerProcess() {}
}
