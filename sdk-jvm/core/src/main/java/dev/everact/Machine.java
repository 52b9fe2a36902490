// What is said of a state machine beside its methods.
package dev.everact;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The states of a {@link StateMachine} or a {@link StateMachineActor}. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Machine {
  /**
   * The state in which it begins, unless its {@code activated} hook wants another one.
   *
   * @return the state's name
   */
  String initial();

  /**
   * States that no method names.
   *
   * @return names, beside those that the class's methods are for
   */
  String[] states() default {};
}
