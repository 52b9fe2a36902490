// Kotlin's data classes without Kotlin: what their shape as a Java class tells of their
// constructor.
package dev.everact;

import java.lang.annotation.Annotation;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;

/**
 * A data class has a method {@code componentN} for each parameter of its primary constructor, and
 * its fields begin with theirs, in their order. Where {@code jackson-module-kotlin} is on the class
 * path it does all this, and more, itself.
 */
final class KotlinData {
  private static final ClassValue<KotlinData[]> KNOWN =
      new ClassValue<>() {
        @Override
        protected KotlinData[] computeValue(Class<?> type) {
          return new KotlinData[] {read(type)};
        }
      };

  private final Constructor<?> primary;
  private final List<String> names;

  private KotlinData(Constructor<?> primary, List<String> names) {
    this.primary = primary;
    this.names = names;
  }

  /** The shape of a data class; null for every other class. */
  static KotlinData of(Class<?> type) {
    return KNOWN.get(type)[0];
  }

  boolean isPrimary(Constructor<?> constructor) {
    return primary.equals(constructor);
  }

  /** The parameters' names, in their order. */
  List<String> names() {
    return names;
  }

  private static KotlinData read(Class<?> type) {
    if (!isKotlin(type)) {
      return null;
    }
    List<Class<?>> components = components(type);
    List<String> names = new ArrayList<>();
    for (Field field : type.getDeclaredFields()) {
      if (names.size() == components.size()) {
        break;
      }
      if (!Modifier.isStatic(field.getModifiers()) && !field.isSynthetic()) {
        if (field.getType() != components.get(names.size())) {
          return null;
        }
        names.add(field.getName());
      }
    }
    try {
      Class<?>[] types = components.toArray(new Class<?>[0]);
      return types.length == 0 || names.size() < types.length
          ? null
          : new KotlinData(type.getDeclaredConstructor(types), List.copyOf(names));
    } catch (NoSuchMethodException e) {
      return null;
    }
  }

  private static boolean isKotlin(Class<?> type) {
    for (Annotation annotation : type.getDeclaredAnnotations()) {
      if (annotation.annotationType().getName().equals("kotlin.Metadata")) {
        return true;
      }
    }
    return false;
  }

  private static List<Class<?>> components(Class<?> type) {
    List<Class<?>> components = new ArrayList<>();
    while (true) {
      Class<?> next = component(type, components.size() + 1);
      if (next == null) {
        return components;
      }
      components.add(next);
    }
  }

  private static Class<?> component(Class<?> type, int number) {
    for (Method method : type.getDeclaredMethods()) {
      String name = method.getName();
      // An internal property's component has the module's name behind it.
      boolean named =
          name.equals("component" + number) || name.startsWith("component" + number + "$");
      if (named && method.getParameterCount() == 0) {
        return method.getReturnType();
      }
    }
    return null;
  }
}
