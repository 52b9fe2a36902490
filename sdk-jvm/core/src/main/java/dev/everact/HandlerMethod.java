// The shapes of a handler as method references: what `Airport::landed` becomes.
package dev.everact;

import java.io.Serializable;

/**
 * A handler given as a method reference, such as {@code Airport::landed}. The reference only names
 * the method: it is resolved once for each place in the program, and its code runs in a turn of the
 * actor. Lambdas are not handlers.
 */
public sealed interface HandlerMethod extends Serializable {
  /**
   * A handler that replies and takes nothing.
   *
   * @param <A> the actor's class
   * @param <R> the reply's type
   */
  @FunctionalInterface
  non-sealed interface Ask0<A, R> extends HandlerMethod {
    /**
     * The method's shape.
     *
     * @param actor whose turn it is
     * @return the reply
     * @throws Exception what the handler throws
     */
    R handle(A actor) throws Exception;
  }

  /**
   * A handler that replies and takes a message.
   *
   * @param <A> the actor's class
   * @param <M> the message's type
   * @param <R> the reply's type
   */
  @FunctionalInterface
  non-sealed interface Ask1<A, M, R> extends HandlerMethod {
    /**
     * The method's shape.
     *
     * @param actor whose turn it is
     * @param message the message
     * @return the reply
     * @throws Exception what the handler throws
     */
    R handle(A actor, M message) throws Exception;
  }

  /**
   * A handler that replies and takes its context.
   *
   * @param <A> the actor's class
   * @param <R> the reply's type
   */
  @FunctionalInterface
  non-sealed interface AskContext0<A, R> extends HandlerMethod {
    /**
     * The method's shape.
     *
     * @param actor whose turn it is
     * @param context what the turn may use
     * @return the reply
     * @throws Exception what the handler throws
     */
    R handle(A actor, Context context) throws Exception;
  }

  /**
   * A handler that replies and takes a message and its context.
   *
   * @param <A> the actor's class
   * @param <M> the message's type
   * @param <R> the reply's type
   */
  @FunctionalInterface
  non-sealed interface AskContext1<A, M, R> extends HandlerMethod {
    /**
     * The method's shape.
     *
     * @param actor whose turn it is
     * @param message the message
     * @param context what the turn may use
     * @return the reply
     * @throws Exception what the handler throws
     */
    R handle(A actor, M message, Context context) throws Exception;
  }

  /**
   * A handler that takes nothing and replies nothing.
   *
   * @param <A> the actor's class
   */
  @FunctionalInterface
  non-sealed interface Run0<A> extends HandlerMethod {
    /**
     * The method's shape.
     *
     * @param actor whose turn it is
     * @throws Exception what the handler throws
     */
    void handle(A actor) throws Exception;
  }

  /**
   * A handler that takes a message and replies nothing.
   *
   * @param <A> the actor's class
   * @param <M> the message's type
   */
  @FunctionalInterface
  non-sealed interface Run1<A, M> extends HandlerMethod {
    /**
     * The method's shape.
     *
     * @param actor whose turn it is
     * @param message the message
     * @throws Exception what the handler throws
     */
    void handle(A actor, M message) throws Exception;
  }

  /**
   * A handler that takes its context and replies nothing.
   *
   * @param <A> the actor's class
   */
  @FunctionalInterface
  non-sealed interface RunContext0<A> extends HandlerMethod {
    /**
     * The method's shape.
     *
     * @param actor whose turn it is
     * @param context what the turn may use
     * @throws Exception what the handler throws
     */
    void handle(A actor, Context context) throws Exception;
  }

  /**
   * A handler that takes a message and its context and replies nothing.
   *
   * @param <A> the actor's class
   * @param <M> the message's type
   */
  @FunctionalInterface
  non-sealed interface RunContext1<A, M> extends HandlerMethod {
    /**
     * The method's shape.
     *
     * @param actor whose turn it is
     * @param message the message
     * @param context what the turn may use
     * @throws Exception what the handler throws
     */
    void handle(A actor, M message, Context context) throws Exception;
  }
}
