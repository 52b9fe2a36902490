// Marks the methods that messages reach.
package dev.everact;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a method as a handler. It takes at most one message, and the {@link Context} last if it
 * wants it; it may block, and throw.
 *
 * <pre>{@code
 * @Handler
 * void transfer(Transfer message, Context context) { ... }
 * }</pre>
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Handler {
  /**
   * The handler's name, the same in every language.
   *
   * @return the name, or empty for the method's name in lower snake case
   */
  String name() default "";

  /**
   * Whether the handler only reads: such turns may overlap one another, and must neither change
   * state nor tell.
   *
   * @return false unless said otherwise
   */
  boolean readOnly() default false;

  /**
   * Whether a chain of asks may come back to the actor through this handler while the actor waits
   * in that chain.
   *
   * @return false unless said otherwise
   */
  boolean reentrant() default false;

  /**
   * Whether handling a message twice is the same as handling it once, so that a {@link Connection}
   * may send it again when it does not know whether the first one arrived. A handler that only
   * reads is idempotent without saying so.
   *
   * @return false unless said otherwise
   */
  boolean idempotent() default false;

  /**
   * Whether only actors of the same engine and its own process may call the handler: it is not
   * served to others.
   *
   * @return false unless said otherwise
   */
  boolean internal() default false;

  /**
   * For which states of a state machine the method is: several methods of one name may be for
   * different ones. Those that say none are for all states without a method of their own.
   *
   * @return names of states, or empty for any
   */
  String[] state() default {};

  /**
   * What the handler does, for those who read about it: OpenAPI, the gateway's page, {@code everact
   * describe}.
   *
   * @return sentences, or empty for none
   */
  String doc() default "";
}
