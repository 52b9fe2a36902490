// What actors and processes have in common for those who know them: they can be asked, linked and
// watched.
package dev.everact;

import dev.everact.internal.Bytes;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * An actor's {@link Reference} or a process' {@link ProcessRef}: what messages are sent to, and
 * what {@link Context#link} and {@link Context#monitor} take.
 *
 * @param <A> the class whose handlers are asked; of a process that receives its messages itself,
 *     their type
 */
@SuppressWarnings("overloads") // Method references tell the shapes apart; lambdas are no handlers.
public abstract sealed class Address<A> permits Reference, ProcessRef {
  final Host host;

  Address(Host host) {
    this.host = host;
  }

  /**
   * The kind's name.
   *
   * @return the name on the wire
   */
  public abstract String kind();

  /** Its kind, whose handlers can be asked. */
  abstract KindTable table();

  /**
   * Asks and waits.
   *
   * @param <R> the reply's type
   * @param handler what, as {@code Airport::report}
   * @return the reply
   */
  public <R> R call(HandlerMethod.Ask0<? super A, R> handler) {
    return call(handler, false, null);
  }

  /**
   * Asks with a message and waits.
   *
   * @param <M> the message's type
   * @param <R> the reply's type
   * @param handler what, as {@code Airport::landed}
   * @param message the message
   * @return the reply
   */
  public <M, R> R call(HandlerMethod.Ask1<? super A, M, R> handler, M message) {
    return call(handler, true, message);
  }

  /**
   * Asks a handler that takes its context, and waits.
   *
   * @param <R> the reply's type
   * @param handler what, as {@code Airport::report}
   * @return the reply
   */
  public <R> R call(HandlerMethod.AskContext0<? super A, R> handler) {
    return call(handler, false, null);
  }

  /**
   * Asks a handler that takes its context with a message, and waits.
   *
   * @param <M> the message's type
   * @param <R> the reply's type
   * @param handler what, as {@code Airport::landed}
   * @param message the message
   * @return the reply
   */
  public <M, R> R call(HandlerMethod.AskContext1<? super A, M, R> handler, M message) {
    return call(handler, true, message);
  }

  /**
   * Asks a handler without a reply and waits until it is done.
   *
   * @param handler what, as {@code Airport::close}
   */
  public void call(HandlerMethod.Run0<? super A> handler) {
    call(handler, false, null);
  }

  /**
   * Asks a handler without a reply, with a message, and waits until it is done.
   *
   * @param <M> the message's type
   * @param handler what, as {@code Airport::departed}
   * @param message the message
   */
  public <M> void call(HandlerMethod.Run1<? super A, M> handler, M message) {
    call(handler, true, message);
  }

  /**
   * Asks a handler without a reply that takes its context, and waits until it is done.
   *
   * @param handler what, as {@code Airport::close}
   */
  public void call(HandlerMethod.RunContext0<? super A> handler) {
    call(handler, false, null);
  }

  /**
   * Asks a handler without a reply that takes its context, with a message, and waits until it is
   * done.
   *
   * @param <M> the message's type
   * @param handler what, as {@code Airport::departed}
   * @param message the message
   */
  public <M> void call(HandlerMethod.RunContext1<? super A, M> handler, M message) {
    call(handler, true, message);
  }

  /**
   * Asks.
   *
   * @param <R> the reply's type
   * @param handler what, as {@code Airport::report}
   * @return the reply to come
   */
  public <R> CompletableFuture<R> ask(HandlerMethod.Ask0<? super A, R> handler) {
    return ask(handler, false, null);
  }

  /**
   * Asks with a message.
   *
   * @param <M> the message's type
   * @param <R> the reply's type
   * @param handler what, as {@code Airport::landed}
   * @param message the message
   * @return the reply to come
   */
  public <M, R> CompletableFuture<R> ask(HandlerMethod.Ask1<? super A, M, R> handler, M message) {
    return ask(handler, true, message);
  }

  /**
   * Asks a handler that takes its context.
   *
   * @param <R> the reply's type
   * @param handler what, as {@code Airport::report}
   * @return the reply to come
   */
  public <R> CompletableFuture<R> ask(HandlerMethod.AskContext0<? super A, R> handler) {
    return ask(handler, false, null);
  }

  /**
   * Asks a handler that takes its context, with a message.
   *
   * @param <M> the message's type
   * @param <R> the reply's type
   * @param handler what, as {@code Airport::landed}
   * @param message the message
   * @return the reply to come
   */
  public <M, R> CompletableFuture<R> ask(
      HandlerMethod.AskContext1<? super A, M, R> handler, M message) {
    return ask(handler, true, message);
  }

  /**
   * Asks a handler without a reply.
   *
   * @param handler what, as {@code Airport::close}
   * @return completes when the turn is committed
   */
  public CompletableFuture<Void> ask(HandlerMethod.Run0<? super A> handler) {
    return ask(handler, false, null);
  }

  /**
   * Asks a handler without a reply, with a message.
   *
   * @param <M> the message's type
   * @param handler what, as {@code Airport::departed}
   * @param message the message
   * @return completes when the turn is committed
   */
  public <M> CompletableFuture<Void> ask(HandlerMethod.Run1<? super A, M> handler, M message) {
    return ask(handler, true, message);
  }

  /**
   * Asks a handler without a reply that takes its context.
   *
   * @param handler what, as {@code Airport::close}
   * @return completes when the turn is committed
   */
  public CompletableFuture<Void> ask(HandlerMethod.RunContext0<? super A> handler) {
    return ask(handler, false, null);
  }

  /**
   * Asks a handler without a reply that takes its context, with a message.
   *
   * @param <M> the message's type
   * @param handler what, as {@code Airport::departed}
   * @param message the message
   * @return completes when the turn is committed
   */
  public <M> CompletableFuture<Void> ask(
      HandlerMethod.RunContext1<? super A, M> handler, M message) {
    return ask(handler, true, message);
  }

  private <R> R call(HandlerMethod method, boolean hasMessage, Object message) {
    HandlerEntry handler = table().method(MethodReferences.name(method));
    return call(new Outgoing(handler, hasMessage, message, handler.reply));
  }

  @SuppressWarnings("unchecked") // The codec of the reply was chosen with R.
  final <R> R call(Outgoing outgoing) {
    return (R) host.call(this, outgoing);
  }

  private <R> CompletableFuture<R> ask(HandlerMethod method, boolean hasMessage, Object message) {
    HandlerEntry handler = table().method(MethodReferences.name(method));
    return submit(new Outgoing(handler, hasMessage, message, handler.reply), 0);
  }

  final <R> CompletableFuture<R> submit(Outgoing outgoing, int flags) {
    AskFuture<R> future = new AskFuture<>(host, outgoing, replyMetadata());
    host.submit(this, outgoing, future, flags);
    return future;
  }

  /** The turn from which it is asked; null from outside. */
  abstract TurnContext within();

  /** Who wants the metadata of replies; null for nobody. */
  abstract Consumer<Metadata> replyMetadata();

  /** The key as it crosses the boundary. */
  abstract byte[] keyBytes();

  /** Flags of its ASK records. */
  abstract int flags();

  /** The fields of the ASK record at {@code at} that belong to it, and the key behind them. */
  abstract void write(Bytes out, int at);

  /** What stands behind the payload. */
  abstract void writeRest(Bytes out, int at);
}
