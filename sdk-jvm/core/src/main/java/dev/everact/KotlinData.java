// Kotlin's data classes without Kotlin: what their shape as a Java class tells of their
// constructor.
package dev.everact;

import java.lang.annotation.Annotation;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * A data class has a method {@code componentN} for each parameter of its primary constructor, and
 * its fields begin with theirs, in their order. Where {@code jackson-module-kotlin} is on the class
 * path it reads their names itself.
 */
final class KotlinData {
  private static final ClassValue<KotlinData[]> KNOWN =
      new ClassValue<>() {
        @Override
        protected KotlinData[] computeValue(Class<?> type) {
          return new KotlinData[] {read(type)};
        }
      };

  /** What ends the parameters of the constructor that knows the defaults. */
  private static final String MARKER = "kotlin.jvm.internal.DefaultConstructorMarker";

  private static final String NO_NULL = "Parameter specified as non-null is null";

  private final Constructor<?> primary;
  private final Class<?>[] types;

  /**
   * Takes masks of the parameters that are left out, and a marker; null where none has a default.
   */
  private final Constructor<?> defaulted;

  private final List<String> names;
  private final Method[] components;

  private KotlinData(Constructor<?> primary, List<String> names) {
    this.primary = primary;
    this.types = primary.getParameterTypes();
    this.names = names;
    this.defaulted = defaulted(primary);
    this.components = new Method[names.size()];
    for (int i = 0; i < components.length; i++) {
      components[i] = componentMethod(primary.getDeclaringClass(), i + 1);
      components[i].setAccessible(true);
    }
    primary.setAccessible(true);
  }

  /** There is no value for the parameter of this number, or null for one that takes none. */
  static final class NoValue extends Exception {
    private static final long serialVersionUID = 1L;
    final int index;

    NoValue(int index) {
      super(null, null, false, false);
      this.index = index;
    }
  }

  /**
   * Makes an instance. A parameter that is left out has its default; one that may be null has that.
   *
   * <p>The class does not say which parameters have one. An object without is seen by Kotlin's own
   * check. A number without keeps what is put in its place, whatever that is: two different ones
   * tell.
   */
  Object make(Object[] given, BitSet missing, boolean strict)
      throws NoValue, ReflectiveOperationException {
    Object made = make(given, missing, 0);
    Object other = null;
    for (int i = missing.nextSetBit(0); strict && i >= 0; i = missing.nextSetBit(i + 1)) {
      Class<?> type = types[i];
      if (type.isPrimitive() && components[i].invoke(made).equals(placeholder(type, 0))) {
        other = other == null ? make(given, missing, 1) : other;
        if (components[i].invoke(other).equals(placeholder(type, 1))) {
          throw new NoValue(i);
        }
      }
    }
    return made;
  }

  private Object make(Object[] given, BitSet missing, int placeholder)
      throws NoValue, ReflectiveOperationException {
    Constructor<?> constructor = missing.isEmpty() || defaulted == null ? primary : defaulted;
    Object[] all = Arrays.copyOf(given, constructor.getParameterCount());
    for (int i = missing.nextSetBit(0); i >= 0; i = missing.nextSetBit(i + 1)) {
      all[i] = types[i].isPrimitive() ? placeholder(types[i], placeholder) : null;
    }
    for (int word = 0; constructor == defaulted && word < masks(given.length); word++) {
      int from = word * Integer.SIZE;
      long[] bits = missing.get(from, from + Integer.SIZE).toLongArray();
      all[given.length + word] = bits.length == 0 ? 0 : (int) bits[0];
    }
    try {
      return constructor.newInstance(all);
    } catch (InvocationTargetException e) {
      String text = e.getCause() instanceof NullPointerException cause ? cause.getMessage() : null;
      int index = text == null || !text.startsWith(NO_NULL) ? -1 : named(text);
      if (index < 0) {
        throw e;
      }
      throw new NoValue(index);
    }
  }

  private int named(String text) {
    return names.indexOf(text.substring(text.lastIndexOf(' ') + 1));
  }

  private static Object placeholder(Class<?> type, int number) {
    if (type == boolean.class) {
      return number != 0;
    }
    if (type == char.class) {
      return (char) number;
    }
    Object array = Array.newInstance(type, 1);
    Array.setByte(array, 0, (byte) number);
    return Array.get(array, 0);
  }

  private static int masks(int parameters) {
    return (parameters + Integer.SIZE - 1) / Integer.SIZE;
  }

  private static Constructor<?> defaulted(Constructor<?> primary) {
    int count = primary.getParameterCount();
    for (Constructor<?> constructor : primary.getDeclaringClass().getDeclaredConstructors()) {
      Class<?>[] types = constructor.getParameterTypes();
      if (types.length == count + masks(count) + 1
          && types[types.length - 1].getName().equals(MARKER)
          && Arrays.equals(primary.getParameterTypes(), Arrays.copyOf(types, count))) {
        constructor.setAccessible(true);
        return constructor;
      }
    }
    return null;
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
    Method method = componentMethod(type, number);
    return method == null ? null : method.getReturnType();
  }

  private static Method componentMethod(Class<?> type, int number) {
    for (Method method : type.getDeclaredMethods()) {
      String name = method.getName();
      // An internal property's component has the module's name behind it.
      boolean named =
          name.equals("component" + number) || name.startsWith("component" + number + "$");
      if (named && method.getParameterCount() == 0) {
        return method;
      }
    }
    return null;
  }
}
