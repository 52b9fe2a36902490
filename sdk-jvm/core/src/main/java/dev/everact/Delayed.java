// What is told after a time.
package dev.everact;

import java.time.Duration;

/**
 * Somebody who is told later: {@code ref.after(Duration.ofSeconds(1)).tell(Counter::reset)}.
 *
 * @param <A> as in {@link Address}
 */
@SuppressWarnings("overloads") // Method references tell the shapes apart; lambdas are no handlers.
public final class Delayed<A> {
  private final Address<A> to;
  private final int what;
  private final Duration time;

  Delayed(Address<A> to, int what, Duration time) {
    this.to = to;
    this.what = what;
    this.time = time;
  }

  /**
   * Tells a handler then.
   *
   * @param handler what, as {@code Counter::reset}
   * @return the timer
   */
  public Timer tell(HandlerMethod.Run0<? super A> handler) {
    return arm(handler, false, null);
  }

  /**
   * Tells a handler with a message then.
   *
   * @param <M> the message's type
   * @param handler what, as {@code Counter::add}
   * @param message the message
   * @return the timer
   */
  public <M> Timer tell(HandlerMethod.Run1<? super A, M> handler, M message) {
    return arm(handler, true, message);
  }

  /**
   * Tells a handler that takes its context then.
   *
   * @param handler what, as {@code Counter::reset}
   * @return the timer
   */
  public Timer tell(HandlerMethod.RunContext0<? super A> handler) {
    return arm(handler, false, null);
  }

  /**
   * Tells a handler that takes its context, with a message, then.
   *
   * @param <M> the message's type
   * @param handler what, as {@code Counter::add}
   * @param message the message
   * @return the timer
   */
  public <M> Timer tell(HandlerMethod.RunContext1<? super A, M> handler, M message) {
    return arm(handler, true, message);
  }

  /**
   * Tells a process that receives its messages itself then.
   *
   * @param message the message
   * @return the timer
   */
  public Timer tell(A message) {
    return arm(to.table().messageHandler(message), true, message);
  }

  private Timer arm(HandlerMethod method, boolean hasMessage, Object message) {
    return arm(to.table().method(MethodReferences.name(method)), hasMessage, message);
  }

  private Timer arm(HandlerEntry handler, boolean hasMessage, Object message) {
    Outgoing outgoing = new Outgoing(handler, hasMessage, message, Codec.NOTHING);
    return new Timer(to.host, Commands.arm(to.within(), to, what, time, outgoing));
  }
}
