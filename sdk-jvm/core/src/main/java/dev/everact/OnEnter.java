// Marks a state machine's methods for states.
package dev.everact;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a method of a state machine that is called when it enters one of these states. It takes
 * what {@code onEnter} of {@link StateMachine} takes: {@code (String previous, Context context)}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface OnEnter {
  /**
   * The states.
   *
   * @return their names
   */
  String[] value();
}
