// How an engine finds the declaration of a class: a static field KIND, in the class or above it.
package dev.everact.internal;

import dev.everact.errors.InvalidDeclarationException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;

/** The type of a field {@code KIND} that declares the class which has it. */
public abstract class DeclaredKind {
  private static final String FIELD = "KIND";

  /** For the rooms that declare kinds. */
  protected DeclaredKind() {}

  /** What is declared; later changes do not count. */
  protected abstract Declaration declaration();

  /** The declaration of a class by the nearest field; null where the class has none. */
  public static Declaration of(Class<?> type) {
    for (Class<?> level = type; level != null; level = level.getSuperclass()) {
      for (Field field : level.getDeclaredFields()) {
        if (field.getName().equals(FIELD)
            && Modifier.isStatic(field.getModifiers())
            && DeclaredKind.class.isAssignableFrom(field.getType())) {
          return ((DeclaredKind) value(field)).declaration();
        }
      }
    }
    return null;
  }

  private static Object value(Field field) {
    try {
      field.setAccessible(true);
      return field.get(null);
    } catch (IllegalAccessException | RuntimeException | ExceptionInInitializerError e) {
      throw (InvalidDeclarationException)
          new InvalidDeclarationException(
                  "actor "
                      + field.getDeclaringClass().getSimpleName()
                      + " has a field KIND that cannot be read; open its package to dev.everact")
              .initCause(e);
    }
  }
}
