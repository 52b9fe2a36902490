// One method of a service: its name, its key and how its messages cross the boundary.
package dev.everact.proto;

import dev.everact.HandlerMethod;
import dev.everact.internal.Declaration;

/**
 * A handler of a {@link ProtoKind}, as generated code declares and asks it.
 *
 * @param <M> what goes out, a message or a list of them
 * @param <R> what comes back, a message, a list of them, or nothing
 */
public final class ProtoHandler<M, R> {
  final String name;

  /** What goes out, and the field in it that names the actor. */
  final Requests<M> requests;

  /** What comes back; null for nothing. */
  private final MessagePayload replies;

  private final HandlerMethod method;
  private boolean readOnly;
  private boolean idempotent;
  private boolean reentrant;

  ProtoHandler(String name, Requests<M> requests, MessagePayload replies, HandlerMethod method) {
    this.name = name;
    this.requests = requests;
    this.replies = replies;
    this.method = method;
  }

  /**
   * Its turns may overlap other turns that only read; it neither changes state nor tells.
   *
   * @return this handler
   */
  public ProtoHandler<M, R> readOnly() {
    readOnly = true;
    return this;
  }

  /**
   * Handling a request twice is the same as handling it once, so that a connection may send it
   * again.
   *
   * @return this handler
   */
  public ProtoHandler<M, R> idempotent() {
    idempotent = true;
    return this;
  }

  /**
   * A chain of asks may come back to the actor through it while the actor waits in that chain.
   *
   * @return this handler
   */
  public ProtoHandler<M, R> reentrant() {
    reentrant = true;
    return this;
  }

  Declaration.Handler declared() {
    return new Declaration.Handler(
        name, readOnly, reentrant, idempotent, requests, replies, method);
  }
}
