// The state of a class that declares it by its fields: one JSON object, written field by field
// without a detour.
package dev.everact;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.everact.errors.InvalidDeclarationException;
import dev.everact.internal.Bytes;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Writes and reads the state of one kind. A stored field that the class no longer has is passed
 * over, a new one keeps its default.
 */
final class FieldState extends State {
  private final Slot[] slots;
  private final Map<String, Slot> byName = new HashMap<>();
  private final Json json;

  FieldState(Class<? extends Actor> type, Json json) {
    this.json = json;
    List<Slot> found = new ArrayList<>();
    for (Field field : fields(type)) {
      Slot slot = slot(field, json, found.isEmpty());
      if (byName.put(slot.name, slot) != null) {
        throw new InvalidDeclarationException(
            "actor " + type.getSimpleName() + " has two state fields named " + slot.name);
      }
      found.add(slot);
    }
    slots = found.toArray(new Slot[0]);
  }

  /** State fields of the class and what it inherits, the most general class first. */
  private static List<Field> fields(Class<?> type) {
    List<Field> fields = new ArrayList<>();
    if (type != Actor.class) {
      fields.addAll(fields(type.getSuperclass()));
      for (Field field : type.getDeclaredFields()) {
        int modifiers = field.getModifiers();
        if (Modifier.isStatic(modifiers)
            || Modifier.isTransient(modifiers)
            || field.isSynthetic()) {
          continue;
        }
        if (Modifier.isFinal(modifiers)) {
          throw new InvalidDeclarationException(
              "field "
                  + type.getSimpleName()
                  + "."
                  + field.getName()
                  + " is final: state must be settable; make it transient if it is no state");
        }
        fields.add(field);
      }
    }
    return fields;
  }

  private static Slot slot(Field field, Json json, boolean first) {
    JsonProperty named = field.getAnnotation(JsonProperty.class);
    String name =
        named == null || named.value().isEmpty() ? Names.snake(field.getName()) : named.value();
    try {
      MethodHandles.Lookup lookup =
          MethodHandles.privateLookupIn(field.getDeclaringClass(), MethodHandles.lookup());
      return new Slot(name, field, json, lookup, first);
    } catch (IllegalAccessException e) {
      throw (InvalidDeclarationException)
          new InvalidDeclarationException(
                  "field "
                      + field.getDeclaringClass().getSimpleName()
                      + "."
                      + field.getName()
                      + " cannot be reached; open its package to dev.everact")
              .initCause(e);
    }
  }

  @Override
  void encode(Object actor, Bytes out) throws Misfit {
    try {
      if (slots.length == 0) {
        out.write('{');
      }
      for (Slot slot : slots) {
        out.write(slot.prefix);
        slot.write(actor, out);
      }
      out.write('}');
    } catch (Misfit | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a field cannot be read", e);
    }
  }

  @Override
  void decode(byte[] from, Object actor) throws Misfit {
    if (!decodeOwn(from, actor)) {
      decodeAny(from, actor);
    }
  }

  /**
   * The quick way for what {@link #encode} of this class wrote, scalars only; false, and nothing
   * set, for everything else.
   */
  private boolean decodeOwn(byte[] from, Object actor) {
    Object[] values = new Object[slots.length];
    int at = 0;
    try {
      for (int i = 0; i < slots.length; i++) {
        Slot slot = slots[i];
        int valueAt = at + slot.prefix.length;
        if (!slot.isScalar() || valueAt >= from.length) {
          return false;
        }
        if (!Arrays.equals(from, at, valueAt, slot.prefix, 0, slot.prefix.length)) {
          return false;
        }
        at = Scalars.end(from, valueAt);
        if (at < 0) {
          return false;
        }
        values[i] = slot.codec.decode(from, valueAt, at - valueAt);
      }
    } catch (Misfit e) {
      return false;
    }
    if (slots.length == 0 || at != from.length - 1 || from[at] != '}') {
      return false;
    }
    set(actor, values);
    return true;
  }

  private void set(Object actor, Object[] values) {
    try {
      for (int i = 0; i < slots.length; i++) {
        slots[i].setter.invokeExact(actor, values[i]);
      }
    } catch (Throwable e) {
      throw new IllegalStateException("a field cannot be set", e);
    }
  }

  private void decodeAny(byte[] from, Object actor) throws Misfit {
    String at = "";
    try (JsonParser parser = json.mapper().createParser(from)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new Misfit("the state is no JSON object");
      }
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        at = name;
        parser.nextToken();
        Slot slot = byName.get(name);
        if (slot == null) {
          parser.skipChildren();
        } else {
          slot.setter.invokeExact(actor, slot.read(parser));
        }
      }
    } catch (IOException e) {
      throw new Misfit("state field `" + at + "`: " + Json.misfit(e, "its type").getMessage());
    } catch (Misfit | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("field `" + at + "` cannot be set", e);
    }
  }

  @Override
  void restore(byte[] before, Object actor, KindTable kind) throws Throwable {
    Object fresh = kind.create();
    decode(before, fresh);
    copy(fresh, actor);
  }

  /** Sets an object's fields from another's. */
  private void copy(Object from, Object to) {
    try {
      for (Slot slot : slots) {
        slot.setter.invokeExact(to, slot.getter.invokeExact(from));
      }
    } catch (Throwable e) {
      throw new IllegalStateException("a field cannot be set", e);
    }
  }

  /** One field. */
  private static final class Slot {
    final String name;

    /** Comma or brace, name and colon. */
    final byte[] prefix;

    final Class<?> type;
    final Codec codec;
    final Supplier<ObjectReader> makeReader;
    private volatile ObjectReader reader;
    final MethodHandle getter;
    final MethodHandle setter;

    /** The getter without boxing, for the types that have a quick way. */
    final MethodHandle plain;

    Slot(String name, Field field, Json json, MethodHandles.Lookup lookup, boolean first)
        throws IllegalAccessException {
      this.name = name;
      type = field.getType();
      prefix = ((first ? "{" : ",") + quoted(name) + ":").getBytes(StandardCharsets.UTF_8);
      // State is JSON throughout, so bytes are base64 in it: only messages and replies can be raw.
      codec = type == byte[].class ? null : json.codec(field.getGenericType());
      // The value is one of many in the object: what follows it is no mistake.
      makeReader =
          () ->
              json.mapper()
                  .readerFor(json.mapper().constructType(field.getGenericType()))
                  .without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
      MethodHandle get = lookup.unreflectGetter(field);
      getter = get.asType(MethodType.methodType(Object.class, Object.class));
      setter =
          lookup
              .unreflectSetter(field)
              .asType(MethodType.methodType(void.class, Object.class, Object.class));
      plain = type.isPrimitive() ? get.asType(MethodType.methodType(type, Object.class)) : getter;
    }

    private static String quoted(String name) {
      Bytes out = new Bytes(name.length() + 2);
      Scalars.write(name, out);
      return new String(out.array, 0, out.length, StandardCharsets.UTF_8);
    }

    /** Whether its value is a number, a truth or a text. */
    boolean isScalar() {
      return codec != null && codec.isImmutable();
    }

    void write(Object actor, Bytes out) throws Throwable {
      if (type == int.class) {
        Scalars.write((long) (int) plain.invokeExact(actor), out);
      } else if (type == long.class) {
        Scalars.write((long) plain.invokeExact(actor), out);
      } else if (type == double.class) {
        Scalars.write((double) plain.invokeExact(actor), out);
      } else if (type == boolean.class) {
        Scalars.write((boolean) plain.invokeExact(actor), out);
      } else {
        writeObject((Object) getter.invokeExact(actor), out);
      }
    }

    private void writeObject(Object value, Bytes out) throws Misfit {
      if (value == null) {
        Scalars.writeNull(out);
        return;
      }
      try {
        if (codec == null) {
          Scalars.write(java.util.Base64.getEncoder().encodeToString((byte[]) value), out);
        } else {
          codec.encode(value, out);
        }
      } catch (Misfit e) {
        throw new Misfit("state field `" + name + "`: " + e.getMessage());
      }
    }

    Object read(JsonParser parser) throws IOException {
      ObjectReader made = reader;
      if (made == null) {
        made = makeReader.get();
        reader = made;
      }
      Object value = made.readValue(parser);
      if (value == null && type.isPrimitive()) {
        throw com.fasterxml.jackson.databind.exc.MismatchedInputException.from(
            parser, type, "null for a primitive");
      }
      return value;
    }
  }
}
