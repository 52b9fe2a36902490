// What may be said about a kind beside its class.
package dev.everact;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Options of a kind; without it a kind is durable and named after its class in lower snake case.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Kind {
  /**
   * The kind's name, the same in every language.
   *
   * @return the name, or empty for the class's name in lower snake case
   */
  String name() default "";

  /**
   * Whether state is stored. A kind that is not durable forgets everything when it leaves memory.
   *
   * @return true unless said otherwise
   */
  boolean durable() default true;

  /**
   * Idle time before an activation leaves memory, in milliseconds.
   *
   * @return the time, or -1 for the engine's setting
   */
  long idleTimeoutMs() default -1;

  /**
   * How many messages an actor's mailbox holds.
   *
   * @return the number, or -1 for the engine's setting
   */
  int mailboxCapacityMessages() default -1;

  /**
   * What happens to a message that finds the mailbox full.
   *
   * @return the policy
   */
  Overflow overflow() default Overflow.REJECT;

  /**
   * The pool in which the kind's handlers and hooks run: {@code cpu}, which every engine has, or
   * one of {@link Options#pool}. It is for handlers that compute for long, of actors and of
   * processes with handlers: the pool's size bounds how many of them run at a time, and the other
   * kinds do not wait for them.
   *
   * @return the name, or empty for the engine's ordinary threads
   */
  String pool() default "";

  /**
   * What the kind is, for those who read about it: OpenAPI, the gateway's page, {@code everact
   * describe}.
   *
   * @return sentences, or empty for none
   */
  String doc() default "";
}
