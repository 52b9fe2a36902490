// How an application's own error is known to others: its type, its status.
package dev.everact;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Says about an {@link ApplicationException} what callers of every language and protocol see. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface ApplicationError {
  /**
   * The error's type, the same in every language.
   *
   * @return a name in lower snake case, or empty for the class's name without {@code Exception}
   */
  String type() default "";

  /**
   * The status over HTTP.
   *
   * @return 400 to 599
   */
  int status() default 409;

  /**
   * The code over gRPC.
   *
   * @return a name as {@code NOT_FOUND}, or empty for the one that belongs to the status
   */
  String grpc() default "";
}
