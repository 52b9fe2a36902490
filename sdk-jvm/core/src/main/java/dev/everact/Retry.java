// What happens to a told message whose handler fails.
package dev.everact;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A handler's policy for told messages: it is tried again, later and later, then the message
 * becomes a dead letter. Asks are not concerned: their callers get the error. A policy that cannot
 * be used is {@code InvalidDeclaration} when an engine opens.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Retry {
  /** What becomes of a sender's later messages when one has failed for good. */
  enum OnFailure {
    /** The failed message becomes a dead letter and those behind it go on. */
    PARK,

    /** Those behind it wait until it has been retried or dropped. */
    HOLD
  }

  /**
   * How often the handler runs at most, the first time included.
   *
   * @return at least 1
   */
  int attemptsMax() default 5;

  /**
   * Milliseconds before the second attempt.
   *
   * @return 1 to 4,294,967,294, and at most {@link #waitMaxMs}; 0 leaves it to the engine: 500, or
   *     less where {@link #waitMaxMs} is
   */
  long firstWaitMs() default 0;

  /**
   * Milliseconds between two attempts at most.
   *
   * @return 1 to 4,294,967,294; 0 leaves it to the engine: 30,000, or more where {@link
   *     #firstWaitMs} is
   */
  long waitMaxMs() default 0;

  /**
   * By how much each wait is longer than the one before.
   *
   * @return at least 1
   */
  double factor() default 4;

  /**
   * The part of a wait that is drawn at random.
   *
   * @return 0 to 1
   */
  double jitter() default 0.2;

  /**
   * Errors that are not worth another attempt.
   *
   * @return exactly these classes
   */
  Class<? extends Throwable>[] notRetried() default {};

  /**
   * What becomes of the sender's later messages.
   *
   * @return the policy
   */
  OnFailure onFailure() default OnFailure.PARK;
}
