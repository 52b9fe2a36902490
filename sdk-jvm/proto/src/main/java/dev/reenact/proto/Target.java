// An actor and how to ask it, before its methods have names.
package dev.reenact.proto;

import dev.reenact.Context;
import dev.reenact.Reference;
import dev.reenact.Scope;
import dev.reenact.errors.InvalidArgumentException;
import dev.reenact.errors.ReenactException;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** What a generated reference holds. Opaque, immutable. */
public final class Target {
  final Reference<?> reference;
  private final ProtoKind<?, ?> kind;
  private final Scope scope;
  private final UnaryOperator<Reference<?>> options;

  private Target(
      ProtoKind<?, ?> kind,
      Scope scope,
      Reference<?> reference,
      UnaryOperator<Reference<?>> options) {
    this.kind = kind;
    this.scope = scope;
    this.reference = reference;
    this.options = options;
  }

  /**
   * An actor by its key.
   *
   * @param kind the declaration
   * @param scope an engine, a connection, or inside a handler its context
   * @param key the key, not empty
   * @return the actor, asked without options
   * @throws dev.reenact.errors.UnknownKindException if the scope does not have the kind
   */
  public static Target of(ProtoKind<?, ?> kind, Scope scope, String key) {
    if (key.isEmpty()) {
      throw new InvalidArgumentException("the key of an actor cannot be empty");
    }
    return new Target(kind, scope, scope.actor(kind.name, key), UnaryOperator.identity());
  }

  Target with(UnaryOperator<Reference<?>> option) {
    return new Target(
        kind, scope, option.apply(reference), before -> option.apply(options.apply(before)));
  }

  @SuppressWarnings("unchecked") // The handler's reply is of type R, or nothing.
  <M, R> R call(ProtoHandler<M, R> handler, M request) {
    Reference<?> to = to(handler);
    return (R) to.call(handler.name, Object.class, outgoing(handler, to, request));
  }

  @SuppressWarnings("unchecked") // As in call.
  <M, R> CompletableFuture<R> ask(ProtoHandler<M, R> handler, M request) {
    try {
      Reference<?> to = to(handler);
      return (CompletableFuture<R>)
          to.ask(handler.name, Object.class, outgoing(handler, to, request));
    } catch (ReenactException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  <M> CompletableFuture<Void> tell(ProtoHandler<M, ?> handler, M request) {
    try {
      Reference<?> to = to(handler);
      Object message = outgoing(handler, to, request);
      if (scope instanceof Context context) {
        context.tell(to, handler.name, message);
        return CompletableFuture.completedFuture(null);
      }
      return to.tell(handler.name, message);
    } catch (ReenactException e) {
      if (scope instanceof Context) {
        // Nobody looks at the future of an effect; its turn shall not end well without it.
        throw e;
      }
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Requests that name no actor are for the one that has the kind's name. */
  private Reference<?> to(ProtoHandler<?, ?> handler) {
    boolean here = handler.requests.key != null || reference.key().equals(kind.name);
    return here ? reference : options.apply(scope.actor(kind.name, kind.name));
  }

  private static <M> Object outgoing(ProtoHandler<M, ?> handler, Reference<?> to, M request) {
    return handler.requests.key == null ? request : handler.requests.addressed(request, to.key());
  }
}
