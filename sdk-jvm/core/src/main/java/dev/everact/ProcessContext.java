// What the function of a process has: its messages.
package dev.everact;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The mailbox of a process in receive style, and all that a {@link Context} has. For the function's
 * own thread; answers may be given from any.
 *
 * <p>Receiving is selective: messages that are not wanted stay, in order. {@link #receive()} is
 * about the process' own messages; what the core tells ({@link SystemMessage}) waits until it is
 * received by its class, or with all others by {@code receive(Object.class)}. Where the process has
 * been ended from outside, each of these calls throws {@link ProcessEnded}, which is not to be
 * caught.
 *
 * <pre>{@code
 * Message next = context.receive();
 * Down down = context.receive(monitor);
 * Optional<Message> soon = context.poll(Duration.ofSeconds(1));
 * }</pre>
 *
 * <p>{@link #now}, {@link #sender} and {@link #metadata} are those of the message received last.
 *
 * @param <M> the messages
 */
@SuppressWarnings("overloads") // A class is no predicate.
public interface ProcessContext<M> extends Context {
  @Override
  ProcessRef<M> self();

  /**
   * Waits for the next message.
   *
   * @return the message
   */
  M receive();

  /**
   * Waits for the next message of a class.
   *
   * @param <T> its class
   * @param type its class: one of the messages, one of {@link SystemMessage}, or {@code Object} for
   *     whatever comes next
   * @return the message
   */
  <T> T receive(Class<T> type);

  /**
   * Waits for a message that is wanted.
   *
   * @param wanted looks at each message once
   * @return the message
   */
  M receive(Predicate<? super M> wanted);

  /**
   * Waits for a message of a class that is wanted.
   *
   * @param <T> its class
   * @param type its class
   * @param wanted looks at each message of the class once
   * @return the message
   */
  <T> T receive(Class<T> type, Predicate<? super T> wanted);

  /**
   * Waits for the end of somebody who is watched. However many other messages wait, none of them is
   * looked at.
   *
   * @param monitor the watch
   * @return who and why
   */
  Down receive(Monitor monitor);

  /**
   * Waits for the next message for a time.
   *
   * @param timeout how long; zero takes what is there
   * @return the message; empty when the time has passed
   */
  Optional<M> poll(Duration timeout);

  /**
   * Waits for the next message of a class for a time.
   *
   * @param <T> its class
   * @param type its class, as in {@link #receive(Class)}
   * @param timeout how long
   * @return the message; empty when the time has passed
   */
  <T> Optional<T> poll(Class<T> type, Duration timeout);

  /**
   * Waits for a message that is wanted for a time.
   *
   * @param wanted looks at each message once
   * @param timeout how long
   * @return the message; empty when the time has passed
   */
  Optional<M> poll(Predicate<? super M> wanted, Duration timeout);

  /**
   * Waits for a message of a class that is wanted for a time.
   *
   * @param <T> its class
   * @param type its class
   * @param wanted looks at each message of the class once
   * @param timeout how long
   * @return the message; empty when the time has passed
   */
  <T> Optional<T> poll(Class<T> type, Predicate<? super T> wanted, Duration timeout);

  /**
   * Who waits for the reply to the message received last.
   *
   * @return empty for a message that was told
   */
  Optional<Asker> asker();

  /**
   * Answers the message received last; nothing happens where it was told.
   *
   * @param value the reply; null for none
   */
  void reply(Object value);

  /**
   * Tells this process after a time.
   *
   * @param time to the millisecond
   * @param message the message
   * @return the timer
   */
  default Timer sendAfter(Duration time, M message) {
    return self().after(time).tell(message);
  }

  /**
   * Tells this process again and again, without drift, as long as it lives.
   *
   * @param time between two messages, to the millisecond
   * @param message the message
   * @return the timer
   */
  default Timer sendEvery(Duration time, M message) {
    return self().every(time).tell(message);
  }
}
