// An actor and how to ask it, before its methods have names.
package dev.everact.proto;

import dev.everact.Context;
import dev.everact.Reference;
import dev.everact.Scope;
import dev.everact.errors.EveractException;
import dev.everact.errors.InvalidArgumentException;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** What a generated reference holds. Opaque, immutable. */
public final class Target {
  final Reference<?> reference;
  private final Scope scope;

  private Target(Scope scope, Reference<?> reference) {
    this.scope = scope;
    this.reference = reference;
  }

  /**
   * An actor by its key.
   *
   * @param kind the declaration
   * @param scope an engine, a connection, or inside a handler its context
   * @param key the key, not empty
   * @return the actor, asked without options
   * @throws dev.everact.errors.UnknownKindException if the scope does not have the kind
   */
  public static Target of(ProtoKind<?, ?> kind, Scope scope, String key) {
    if (key.isEmpty()) {
      throw new InvalidArgumentException("the key of an actor cannot be empty");
    }
    return new Target(scope, scope.actor(kind.name, key));
  }

  Target with(UnaryOperator<Reference<?>> option) {
    return new Target(scope, option.apply(reference));
  }

  @SuppressWarnings("unchecked") // The handler's reply is of type R, or nothing.
  <M, R> R call(ProtoHandler<M, R> handler, M request) {
    return (R) reference.call(handler.name, Object.class, outgoing(handler, request));
  }

  @SuppressWarnings("unchecked") // As in call.
  <M, R> CompletableFuture<R> ask(ProtoHandler<M, R> handler, M request) {
    try {
      return (CompletableFuture<R>)
          reference.ask(handler.name, Object.class, outgoing(handler, request));
    } catch (EveractException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  <M> CompletableFuture<Void> tell(ProtoHandler<M, ?> handler, M request) {
    try {
      Object message = outgoing(handler, request);
      if (scope instanceof Context context) {
        context.tell(reference, handler.name, message);
        return CompletableFuture.completedFuture(null);
      }
      return reference.tell(handler.name, message);
    } catch (EveractException e) {
      if (scope instanceof Context) {
        // Nobody looks at the future of an effect; its turn shall not end well without it.
        throw e;
      }
      return CompletableFuture.failedFuture(e);
    }
  }

  private <M> Object outgoing(ProtoHandler<M, ?> handler, M request) {
    Requests<M> requests = handler.requests;
    return requests.key == null ? request : requests.addressed(request, reference.key());
  }
}
