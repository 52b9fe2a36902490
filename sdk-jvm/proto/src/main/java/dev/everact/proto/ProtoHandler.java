// One method of a service: its name, its key and how its messages cross the boundary.
package dev.everact.proto;

import dev.everact.HandlerMethod;
import dev.everact.internal.Declaration;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
  private final Map<String, Object> settings = new LinkedHashMap<>();
  private final Map<String, Object> retry = new LinkedHashMap<>();

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

  /**
   * Only actors of the same engine and its own host may call it: the gateway does not serve it.
   *
   * @return this handler
   */
  public ProtoHandler<M, R> internal() {
    settings.put("internal", true);
    return this;
  }

  /**
   * What it does, for those who look at a running engine.
   *
   * @param lines the text, line by line
   * @return this handler
   */
  public ProtoHandler<M, R> doc(String... lines) {
    settings.put("doc", String.join("\n", lines));
    return this;
  }

  /**
   * How often it runs at most on a told message, the first time included.
   *
   * @param most at least 1
   * @return this handler
   */
  public ProtoHandler<M, R> retryAttemptsMax(int most) {
    return retry("attempts_max", most);
  }

  /**
   * The time before the second attempt.
   *
   * @param wait to the millisecond
   * @return this handler
   */
  public ProtoHandler<M, R> retryFirstWait(Duration wait) {
    return retry("first_wait_ms", wait.toMillis());
  }

  /**
   * The longest time between two attempts.
   *
   * @param wait to the millisecond
   * @return this handler
   */
  public ProtoHandler<M, R> retryWaitMax(Duration wait) {
    return retry("wait_max_ms", wait.toMillis());
  }

  /**
   * By how much each wait is longer than the one before.
   *
   * @param factor at least 1
   * @return this handler
   */
  public ProtoHandler<M, R> retryFactor(double factor) {
    return retry("factor", factor);
  }

  /**
   * The part of a wait that is drawn at random.
   *
   * @param jitter 0 to 1
   * @return this handler
   */
  public ProtoHandler<M, R> retryJitter(double jitter) {
    return retry("jitter", jitter);
  }

  /**
   * Errors that are not worth another attempt.
   *
   * @param names what stands before the first colon of a failure's text
   * @return this handler
   */
  public ProtoHandler<M, R> retryNot(String... names) {
    return retry("not_retried", List.of(names));
  }

  /**
   * The sender's later messages wait until the failed one has been sent again or dropped.
   *
   * @return this handler
   */
  public ProtoHandler<M, R> retryHold() {
    return retry("on_failure", "hold");
  }

  private ProtoHandler<M, R> retry(String name, Object value) {
    retry.put(name, value);
    settings.put("retry", retry);
    return this;
  }

  Declaration.Handler declared() {
    return new Declaration.Handler(
        name, readOnly, reentrant, idempotent, Map.copyOf(settings), requests, replies, method);
  }
}
