// What a handler may use beside its message.
package dev.everact;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * The turn as its handler sees it. Its time does not move while it runs, and its randomness and ids
 * follow from one seed that the core gives to the turn; ask and tell through it, so that chains of
 * asks are known and tells leave with the turn's commit.
 *
 * <p>A context belongs to its turn: afterwards it can still be read, but it tells nobody.
 */
public interface Context extends Scope {
  /**
   * The actor's kind.
   *
   * @return the name on the wire
   */
  String kind();

  /**
   * The actor's key.
   *
   * @return the identity within the kind
   */
  String key();

  /**
   * The turn's time; it does not move while the turn runs.
   *
   * @return to the millisecond
   */
  Instant now();

  /**
   * The turn's randomness.
   *
   * @return the next number, from 0 to 1 exclusive
   */
  double random();

  /**
   * An id from the turn's randomness.
   *
   * @return a version-4 UUID
   */
  UUID newId();

  /**
   * How often the actor's state was stored before this turn.
   *
   * @return 0 for an actor that was never stored
   */
  long revision();

  /**
   * Which actor sent the message.
   *
   * @return {@code kind/key}, or empty for a message from outside
   */
  Optional<String> sender();

  /**
   * Time left to the caller's deadline.
   *
   * @return never negative; empty where the caller waits for ever or nobody waits
   */
  Optional<Duration> remaining();

  /**
   * Whether nobody waits for this turn any more: cancelled, past the deadline, or the engine has
   * closed.
   *
   * @return true once that is known
   */
  boolean isCancelled();

  /**
   * What came beside the message.
   *
   * @return empty where nothing did
   */
  Metadata metadata();

  /**
   * Who called from outside, first of all: an actor that this one asks or tells sees the same.
   *
   * @return empty where the message came from this process
   */
  Optional<Caller> caller();

  /**
   * Sends metadata beside the reply, in place of what was said before. A turn that fails sends
   * none.
   *
   * @param metadata names with values
   */
  void replyMetadata(Metadata metadata);

  /**
   * Tells another actor when this turn commits; between durable actors exactly once.
   *
   * @param <A> the actor's class
   * @param to whom
   * @param handler what, as {@code Airport::landed}
   */
  <A extends Actor> void tell(Reference<A> to, HandlerMethod.Run0<? super A> handler);

  /**
   * As {@link #tell(Reference, HandlerMethod.Run0)}, with a message.
   *
   * @param <A> the actor's class
   * @param <M> the message's type
   * @param to whom
   * @param handler what, as {@code Airport::landed}
   * @param message the message
   */
  <A extends Actor, M> void tell(
      Reference<A> to, HandlerMethod.Run1<? super A, M> handler, M message);

  /**
   * As {@link #tell(Reference, HandlerMethod.Run0)}, for a handler that takes its context.
   *
   * @param <A> the actor's class
   * @param to whom
   * @param handler what, as {@code Airport::landed}
   */
  <A extends Actor> void tell(Reference<A> to, HandlerMethod.RunContext0<? super A> handler);

  /**
   * As {@link #tell(Reference, HandlerMethod.Run1, Object)}, for a handler that takes its context.
   *
   * @param <A> the actor's class
   * @param <M> the message's type
   * @param to whom
   * @param handler what, as {@code Airport::landed}
   * @param message the message
   */
  <A extends Actor, M> void tell(
      Reference<A> to, HandlerMethod.RunContext1<? super A, M> handler, M message);

  /**
   * Tells by the handler's name, without a message.
   *
   * @param to whom
   * @param handler the handler's name on the wire
   */
  void tell(Reference<?> to, String handler);

  /**
   * Tells by the handler's name.
   *
   * @param to whom
   * @param handler the handler's name on the wire
   * @param message the message
   */
  void tell(Reference<?> to, String handler, Object message);

  /** The actor leaves memory after this turn; the next message brings it back. */
  void passivate();
}
