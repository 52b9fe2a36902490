// The base of generated clients: all actors of a kind, each request says which one it is for.
package dev.everact.proto;

import dev.everact.Context;
import dev.everact.Scope;
import dev.everact.errors.EveractException;
import java.util.concurrent.CompletableFuture;

/**
 * All actors of a generated kind. A list of requests is for the actor that its first one names.
 * Requests that name no actor are refused with {@link dev.everact.errors.InvalidArgumentException}.
 */
public abstract class ProtoClient {
  private final ProtoKind<?, ?> kind;
  private final Scope scope;

  /**
   * Reaches them.
   *
   * @param kind the declaration
   * @param scope an engine, a connection, or inside a handler its context
   */
  protected ProtoClient(ProtoKind<?, ?> kind, Scope scope) {
    this.kind = kind;
    this.scope = scope;
  }

  /**
   * From where the actors are reached.
   *
   * @return what the client was made with
   */
  protected final Scope scope() {
    return scope;
  }

  /**
   * Asks and waits.
   *
   * @param <M> the request
   * @param <R> the reply
   * @param handler what
   * @param request the request
   * @return the reply
   */
  protected final <M, R> R call(ProtoHandler<M, R> handler, M request) {
    return target(handler, request).call(handler, request);
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
    try {
      return target(handler, request).ask(handler, request);
    } catch (EveractException e) {
      return CompletableFuture.failedFuture(e);
    }
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
    try {
      return target(handler, request).tell(handler, request);
    } catch (EveractException e) {
      if (scope instanceof Context) {
        throw e;
      }
      return CompletableFuture.failedFuture(e);
    }
  }

  private <M> Target target(ProtoHandler<M, ?> handler, M request) {
    Requests<M> requests = handler.requests;
    return Target.of(kind, scope, requests.key == null ? kind.name : requests.keyOf(request));
  }
}
