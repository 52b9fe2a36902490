// The base of generated references: one actor, by its key.
package dev.everact.proto;

import dev.everact.Metadata;
import dev.everact.Scope;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One actor of a generated kind and how to ask it. Immutable and free to share. A request may leave
 * its key open, the reference fills it in; one that names another key is refused with {@link
 * dev.everact.errors.InvalidArgumentException}.
 *
 * @param <T> the generated reference
 */
public abstract class ProtoReference<T> {
  private final Target target;

  /**
   * By its key.
   *
   * @param kind the declaration
   * @param scope an engine, a connection, or inside a handler its context
   * @param key the key, not empty
   * @throws dev.everact.errors.UnknownKindException if the scope does not have the kind
   */
  protected ProtoReference(ProtoKind<?, ?> kind, Scope scope, String key) {
    this(Target.of(kind, scope, key));
  }

  /**
   * With its options.
   *
   * @param target the actor
   */
  protected ProtoReference(Target target) {
    this.target = target;
  }

  /**
   * The same class for another target.
   *
   * @param target the actor
   * @return a reference
   */
  protected abstract T with(Target target);

  /**
   * The kind's name.
   *
   * @return the name on the wire
   */
  public final String kind() {
    return target.reference.kind();
  }

  /**
   * The actor's key.
   *
   * @return the identity within the kind
   */
  public final String key() {
    return target.reference.key();
  }

  /**
   * The same actor, asked with a deadline.
   *
   * @param deadline how long a caller waits, to the millisecond
   * @return another reference
   */
  public final T withDeadline(Duration deadline) {
    return with(target.with(reference -> reference.withDeadline(deadline)));
  }

  /**
   * The same actor, asked as a producer: a request whose number was applied before has no second
   * effect, however long ago.
   *
   * @param producer the producer's name
   * @param sequence the request's number, which rises
   * @return another reference
   */
  public final T withProducer(String producer, long sequence) {
    return with(target.with(reference -> reference.withProducer(producer, sequence)));
  }

  /**
   * The same actor, asked with a key of the caller's choice: a second ask with it has no second
   * effect and gets the first one's reply. It is remembered for a day.
   *
   * @param idempotencyKey the key
   * @return another reference
   */
  public final T withIdempotencyKey(String idempotencyKey) {
    return with(target.with(reference -> reference.withIdempotencyKey(idempotencyKey)));
  }

  /**
   * As {@link #withIdempotencyKey(String)}, remembered for so long.
   *
   * @param idempotencyKey the key
   * @param kept how long
   * @return another reference
   */
  public final T withIdempotencyKey(String idempotencyKey, Duration kept) {
    return with(target.with(reference -> reference.withIdempotencyKey(idempotencyKey, kept)));
  }

  /**
   * The same actor, asked with metadata beside the request.
   *
   * @param metadata names with values
   * @return another reference
   */
  public final T withMetadata(Metadata metadata) {
    return with(target.with(reference -> reference.withMetadata(metadata)));
  }

  /**
   * The same actor, asked by somebody who wants the metadata of its replies.
   *
   * @param receiver gets it before the caller gets the reply, on the same thread
   * @return another reference
   */
  public final T withReplyMetadata(Consumer<Metadata> receiver) {
    return with(target.with(reference -> reference.withReplyMetadata(receiver)));
  }

  /**
   * Asks and waits; runs the handler on the calling thread where the actor is idle.
   *
   * @param <M> the request
   * @param <R> the reply
   * @param handler what
   * @param request the request
   * @return the reply
   */
  protected final <M, R> R call(ProtoHandler<M, R> handler, M request) {
    return target.call(handler, request);
  }

  /**
   * Asks.
   *
   * @param <M> the request
   * @param <R> the reply
   * @param handler what
   * @param request the request
   * @return the reply to come; cancelling it cancels the ask
   */
  protected final <M, R> CompletableFuture<R> ask(ProtoHandler<M, R> handler, M request) {
    return target.ask(handler, request);
  }

  /**
   * Tells: waits for no reply. Inside a handler it is an effect of the turn.
   *
   * @param <M> the request
   * @param handler what
   * @param request the request
   * @return completes when the mailbox has accepted the request, inside a handler at once
   */
  protected final <M> CompletableFuture<Void> tell(ProtoHandler<M, ?> handler, M request) {
    return target.tell(handler, request);
  }

  @Override
  public final boolean equals(Object other) {
    return other != null
        && other.getClass() == getClass()
        && target.reference.equals(((ProtoReference<?>) other).target.reference);
  }

  @Override
  public final int hashCode() {
    return target.reference.hashCode();
  }

  @Override
  public final String toString() {
    return target.reference.toString();
  }
}
