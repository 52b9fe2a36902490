// What the values of a declared type become when they are read back, as far as the type and the
// value's
// own class tell.
package dev.everact;

import com.fasterxml.jackson.databind.JavaType;
import java.math.BigInteger;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Tells a value that is the same after a restart from one that must be read back at once, because
 * its class, its order or its sharing would differ.
 */
abstract class Shape {
  /** Numbers, texts, times and records of them: what is read is what was written. */
  static final Shape SURE = new Sure();

  /** Only reading back tells. */
  static final Shape UNSURE = new Unsure();

  /** A field that declares no type: JSON's own values. */
  static final Shape UNTYPED = new Untyped();

  /**
   * Whether the value is already what a restart would read.
   *
   * @param seen the mutable objects that were come across, by identity: a second way to one of them
   *     is a way to another object after a restart
   * @throws Misfit where the declared type cannot hold the value
   */
  abstract boolean isSettled(Object value, Set<Object> seen) throws Misfit;

  private static final class Sure extends Shape {
    @Override
    boolean isSettled(Object value, Set<Object> seen) {
      return true;
    }
  }

  private static final class Unsure extends Shape {
    @Override
    boolean isSettled(Object value, Set<Object> seen) {
      return value == null;
    }
  }

  private static final class Untyped extends Shape {
    private static final int LONG_BITS = 63;

    @Override
    boolean isSettled(Object value, Set<Object> seen) throws Misfit {
      if (value == null
          || value instanceof String
          || value instanceof Boolean
          || value instanceof Integer
          || value instanceof Double) {
        return true;
      }
      if (value instanceof Long number) {
        return number != number.intValue();
      }
      if (value instanceof List<?> list) {
        return list(list, seen);
      }
      if (value instanceof Map<?, ?> map) {
        return map(map, seen);
      }
      if (value instanceof BigInteger number && number.bitLength() > LONG_BITS) {
        throw new Misfit("an integer of more than 64 bits has no form in a field without a type");
      }
      if (value instanceof com.fasterxml.jackson.databind.JsonNode || value instanceof BigInteger) {
        return false;
      }
      throw new Misfit(
          "a value of type "
              + value.getClass().getSimpleName()
              + " has no form in a field without a type; declare one");
    }

    private boolean list(List<?> list, Set<Object> seen) throws Misfit {
      if (!seen.add(list)) {
        return false;
      }
      boolean settled = list.getClass() == java.util.ArrayList.class;
      for (Object item : list) {
        settled &= isSettled(item, seen);
      }
      return settled;
    }

    private boolean map(Map<?, ?> map, Set<Object> seen) throws Misfit {
      if (!seen.add(map)) {
        return false;
      }
      boolean settled = map.getClass() == java.util.LinkedHashMap.class;
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        if (!(entry.getKey() instanceof String)) {
          throw new Misfit("a map's key is no text; declare the map's type");
        }
        settled &= isSettled(entry.getValue(), seen);
      }
      return settled;
    }
  }

  /** A list, a set or another collection. */
  static final class Items extends Shape {
    private final Class<?> kept;
    private final Shape item;

    Items(Class<?> kept, Shape item) {
      this.kept = kept;
      this.item = item;
    }

    @Override
    boolean isSettled(Object value, Set<Object> seen) throws Misfit {
      if (value == null) {
        return true;
      }
      boolean settled = value.getClass() == kept && seen.add(value);
      if (item != SURE) {
        for (Object each : (Collection<?>) value) {
          settled &= item.isSettled(each, seen);
        }
      }
      return settled;
    }
  }

  /** A map. */
  static final class Entries extends Shape {
    private final Class<?> kept;
    private final Shape value;

    Entries(Class<?> kept, Shape value) {
      this.kept = kept;
      this.value = value;
    }

    @Override
    boolean isSettled(Object map, Set<Object> seen) throws Misfit {
      if (map == null) {
        return true;
      }
      boolean settled = map.getClass() == kept && seen.add(map);
      if (value != SURE) {
        for (Object each : ((Map<?, ?>) map).values()) {
          settled &= value.isSettled(each, seen);
        }
      }
      return settled;
    }
  }

  /** An optional; null is no value of it. */
  static final class Maybe extends Shape {
    private final Shape inside;

    Maybe(Shape inside) {
      this.inside = inside;
    }

    @Override
    boolean isSettled(Object value, Set<Object> seen) throws Misfit {
      if (value == null) {
        throw new Misfit("null is no optional; use its empty value");
      }
      return !(value instanceof Optional<?> optional)
          || optional.isEmpty()
          || inside.isSettled(optional.get(), seen);
    }
  }

  /** An array of references. */
  static final class Array extends Shape {
    private final Shape item;

    Array(Shape item) {
      this.item = item;
    }

    @Override
    boolean isSettled(Object value, Set<Object> seen) throws Misfit {
      if (value == null) {
        return true;
      }
      boolean settled = seen.add(value);
      for (Object each : (Object[]) value) {
        settled &= item.isSettled(each, seen);
      }
      return settled;
    }
  }

  /** One property of a record. */
  interface Property {
    /** Its value in the record. */
    Object of(Object record) throws Exception;
  }

  /** A record or another class with properties. */
  static final class Properties extends Shape {
    private final Class<?> type;
    private final boolean mutable;
    private final List<Map.Entry<Property, Shape>> properties = new java.util.ArrayList<>();

    Properties(JavaType type) {
      this.type = type.getRawClass();
      this.mutable = !this.type.isRecord();
    }

    /** Whether nothing in it can differ: an immutable record of what is sure. */
    boolean isSure() {
      return !mutable && properties.isEmpty();
    }

    void add(Property property, Shape shape) {
      properties.add(Map.entry(property, shape));
    }

    @Override
    boolean isSettled(Object value, Set<Object> seen) throws Misfit {
      if (value == null) {
        return true;
      }
      if (value.getClass() != type) {
        throw new Misfit(
            "a value of type "
                + value.getClass().getSimpleName()
                + " does not fit "
                + type.getSimpleName());
      }
      boolean settled = !mutable || seen.add(value);
      if (!settled) {
        return false;
      }
      for (Map.Entry<Property, Shape> property : properties) {
        settled &= property.getValue().isSettled(read(property.getKey(), value), seen);
      }
      return settled;
    }

    private static Object read(Property property, Object value) throws Misfit {
      try {
        return property.of(value);
      } catch (Exception e) {
        throw new Misfit("a property cannot be read: " + Thrown.type(e));
      }
    }
  }
}
