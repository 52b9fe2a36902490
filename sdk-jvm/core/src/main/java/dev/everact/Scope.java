// From where actors are reached: an engine, a connection, or a turn.
package dev.everact;

/**
 * Where references come from: an {@link Engine} in this process, a {@link Connection} to one
 * elsewhere, or inside a handler its {@link Context}, from which asks carry the chain of callers
 * and the deadline, and tells are effects of the turn.
 */
public interface Scope {
  /**
   * Reaches an actor.
   *
   * @param <A> the actor's class
   * @param type the actor's class
   * @param key the identity within the kind
   * @return a reference; that of a context belongs to its turn
   * @throws dev.everact.errors.UnknownKindException if the class is not registered
   */
  <A extends Actor> Reference<A> actor(Class<A> type, String key);

  /**
   * Reaches an actor by its kind's name.
   *
   * @param kind the kind's name
   * @param key the identity within the kind
   * @return a reference; that of a context belongs to its turn
   * @throws dev.everact.errors.UnknownKindException if no such kind is registered
   */
  Reference<?> actor(String kind, String key);
}
