// Marks a state machine's methods for states.
package dev.everact;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a method of a state machine that is called when a time-out comes in one of these states. It
 * takes what {@code onTimeout} of {@link StateMachine} takes: {@code (Timeout timeout, Context
 * context)}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface OnTimeout {
  /**
   * The states.
   *
   * @return their names
   */
  String[] value();
}
