// Says under which names a field was stored before.
package dev.everact;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A field or a record's component that had another name: what is stored under it is read, and
 * written under the new one.
 *
 * <pre>{@code
 * @Renamed("cents")
 * long amount;
 * }</pre>
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.RECORD_COMPONENT, ElementType.PARAMETER})
public @interface Renamed {
  /**
   * The former names as they are stored, the newest first.
   *
   * @return names in lower snake case
   */
  String[] value();
}
