// Opens a kind to callers from outside.
package dev.everact;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The gateway serves this kind although it has no contract. Without it only actors and the host of
 * this engine reach the kind. A {@link Handler} may still be internal.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Exposed {}
