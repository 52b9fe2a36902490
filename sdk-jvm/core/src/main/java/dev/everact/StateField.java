// One field of an actor's state: how it is declared, written, read and made what a restart would
// read.
package dev.everact;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.everact.errors.InvalidDeclarationException;
import dev.everact.internal.Bytes;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;

/** Knows its place in the object and its form in the stored state. */
final class StateField {
  /** Annotations of Jackson's that are obeyed on a state field. */
  private static final Set<Class<?>> OBEYED =
      Set.of(JsonProperty.class, JsonAlias.class, JsonIgnore.class);

  final String name;
  final List<String> formerNames;

  /** Comma or brace, name and colon. */
  final byte[] prefix;

  /** Of numbers, truth and text; null for all other types. */
  final Codec codec;

  private final Field field;
  private final Class<?> type;
  private final Json json;
  private final MethodHandle getter;

  /** Null for a final collection, which is refilled. */
  private final MethodHandle setter;

  /** The getter without boxing, for the types that have a quick way. */
  private final MethodHandle plain;

  private boolean nullable = true;
  private Shape shape = Shape.SURE;

  /** Made when the field is first read or written: scalars do without. */
  private volatile Access access;

  /** What a default tells beyond the declared type; null for nothing. */
  private Class<?> narrowed;

  private StateField(
      Field field, String name, Json json, MethodHandles.Lookup lookup, boolean first)
      throws IllegalAccessException {
    this.field = field;
    this.name = name;
    this.json = json;
    this.type = field.getType();
    this.formerNames = formerNames(field);
    this.prefix =
        (first ? "{" : ",")
            .concat(new String(quoted(name), StandardCharsets.UTF_8))
            .getBytes(StandardCharsets.UTF_8);
    this.codec = Scalars.isScalar(type) ? json.codec(type) : null;
    MethodHandle get = lookup.unreflectGetter(field);
    this.getter = get.asType(MethodType.methodType(Object.class, Object.class));
    this.setter =
        Modifier.isFinal(field.getModifiers())
            ? null
            : lookup
                .unreflectSetter(field)
                .asType(MethodType.methodType(void.class, Object.class, Object.class));
    this.plain =
        type.isPrimitive() ? get.asType(MethodType.methodType(type, Object.class)) : getter;
  }

  static StateField of(Field field, Json json, boolean first) {
    for (Annotation annotation : field.getDeclaredAnnotations()) {
      boolean jackson =
          annotation
              .annotationType()
              .isAnnotationPresent(com.fasterxml.jackson.annotation.JacksonAnnotation.class);
      if (jackson && !OBEYED.contains(annotation.annotationType())) {
        throw invalid(
            field,
            "carries @"
                + annotation.annotationType().getSimpleName()
                + ", which is not obeyed on a state field; put it on the field's type");
      }
    }
    boolean refilled =
        Collection.class.isAssignableFrom(field.getType())
            || Map.class.isAssignableFrom(field.getType());
    if (Modifier.isFinal(field.getModifiers()) && !refilled) {
      throw invalid(
          field,
          "is final (in Kotlin: a val): state must be settable, or a collection that can be"
              + " refilled; make it transient if it is no state");
    }
    JsonProperty named = field.getAnnotation(JsonProperty.class);
    if (named != null && named.access() != JsonProperty.Access.AUTO) {
      throw invalid(field, "has a @JsonProperty with access, which is not obeyed on a state field");
    }
    String name =
        named == null || named.value().isEmpty() ? Names.snake(field.getName()) : named.value();
    try {
      MethodHandles.Lookup lookup =
          MethodHandles.privateLookupIn(field.getDeclaringClass(), MethodHandles.lookup());
      return new StateField(field, name, json, lookup, first);
    } catch (IllegalAccessException e) {
      throw (InvalidDeclarationException)
          invalid(field, "cannot be reached; open its package to dev.everact").initCause(e);
    }
  }

  private static InvalidDeclarationException invalid(Field field, String fault) {
    return new InvalidDeclarationException(
        "field " + field.getDeclaringClass().getSimpleName() + "." + field.getName() + " " + fault);
  }

  /** Whether the field is no state by its annotation. */
  static boolean isIgnored(Field field) {
    JsonIgnore ignored = field.getAnnotation(JsonIgnore.class);
    return ignored != null && ignored.value();
  }

  private static List<String> formerNames(Field field) {
    List<String> names = new ArrayList<>();
    Renamed renamed = field.getAnnotation(Renamed.class);
    if (renamed != null) {
      names.addAll(Arrays.asList(renamed.value()));
    }
    JsonAlias alias = field.getAnnotation(JsonAlias.class);
    if (alias != null) {
      names.addAll(Arrays.asList(alias.value()));
    }
    return names;
  }

  /** A name with quotes and a colon. */
  static byte[] quoted(String name) {
    Bytes out = new Bytes(name.length() + 3);
    Scalars.write(name, out);
    out.write(':');
    return out.copy(0, out.length);
  }

  /** Whether its value is a number, a truth or a text. */
  boolean isScalar() {
    return codec != null;
  }

  /** The field's value. */
  Object get(Object actor) {
    try {
      return (Object) getter.invokeExact(actor);
    } catch (Throwable e) {
      throw new IllegalStateException("field `" + name + "` cannot be read", e);
    }
  }

  /** Gives the field a value, or a final collection the value's content. */
  void set(Object actor, Object value) {
    try {
      if (setter != null) {
        setter.invokeExact(actor, value);
      } else {
        refill((Object) getter.invokeExact(actor), value);
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("field `" + name + "` cannot be set", e);
    }
  }

  @SuppressWarnings("unchecked") // What is read has the field's declared type.
  private static void refill(Object target, Object value) {
    if (target == value) {
      return;
    }
    if (target instanceof Map<?, ?>) {
      Map<Object, Object> map = (Map<Object, Object>) target;
      map.clear();
      map.putAll((Map<Object, Object>) value);
    } else {
      Collection<Object> items = (Collection<Object>) target;
      items.clear();
      items.addAll((Collection<Object>) value);
    }
  }

  void write(Object actor, Kept kept, Bytes out) throws Throwable {
    if (type == int.class) {
      Scalars.write((long) (int) plain.invokeExact(actor), out);
    } else if (type == long.class) {
      Scalars.write((long) plain.invokeExact(actor), out);
    } else if (type == double.class) {
      double value = (double) plain.invokeExact(actor);
      if (!Double.isFinite(value)) {
        throw new Misfit(name + ": " + value + " has no form in JSON");
      }
      Scalars.write(value, out);
    } else if (type == boolean.class) {
      Scalars.write((boolean) plain.invokeExact(actor), out);
    } else {
      writeObject((Object) getter.invokeExact(actor), kept, out);
    }
  }

  private void writeObject(Object value, Kept kept, Bytes out) throws Misfit {
    if (value == null) {
      if (!nullable) {
        throw new Misfit(
            name
                + ": null of type "
                + type.getSimpleName()
                + " in a field that is not declared optional; use Optional, @Nullable or a default"
                + " of null");
      }
      Scalars.writeNull(out);
      return;
    }
    if (codec != null) {
      writeScalar(value, out);
      return;
    }
    ObjectWriter writer = access().writer(kept);
    int at = out.length;
    try (JsonGenerator generator = writer.createGenerator(out)) {
      generator.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      writer.writeValue(generator, value);
    } catch (JsonMappingException e) {
      throw new Misfit(within(Json.path(e)) + ": " + Json.unwritable(e));
    } catch (IOException | RuntimeException | StackOverflowError e) {
      throw new Misfit(name + ": " + Json.unwritable(e));
    }
    if (Utf8.isIllFormed(out.array, at, out.length)) {
      throw new Misfit(name + ": " + Json.HALF_A_PAIR);
    }
  }

  private void writeScalar(Object value, Bytes out) throws Misfit {
    if (value instanceof String text) {
      if (Utf8.illFormedAt(text) >= 0) {
        throw new Misfit(name + ": " + Json.HALF_A_PAIR);
      }
    } else if (value instanceof Double number && !Double.isFinite(number)) {
      throw new Misfit(name + ": " + number + " has no form in JSON");
    }
    codec.encode(value, out);
  }

  private String within(String path) {
    return path.isEmpty() || path.startsWith("[") ? name + path : name + "." + path;
  }

  /** Reads a stored value; what records within it do not know goes to {@code kept}. */
  Object read(byte[] from, int at, int length, Kept kept) throws Misfit {
    Object value;
    if (codec != null) {
      value = readScalar(from, at, length);
    } else {
      value = readObject(from, at, length, kept);
    }
    if (value == null && (type.isPrimitive() || !nullable)) {
      throw new Misfit("state field `" + name + "`: null does not fit " + type.getSimpleName());
    }
    return value;
  }

  private Object readScalar(byte[] from, int at, int length) throws Misfit {
    try {
      return codec.decode(from, at, length);
    } catch (Misfit e) {
      throw new Misfit("state field `" + name + "`: " + e.getMessage());
    }
  }

  private Object readObject(byte[] from, int at, int length, Kept kept) throws Misfit {
    try {
      try {
        return access().reader.readValue(from, at, length);
      } catch (StateMappers.UnknownWithin e) {
        return access().keepingReader(kept).readValue(from, at, length);
      }
    } catch (IOException e) {
      String why = Json.misfit(e, type.getSimpleName()).getMessage();
      throw new Misfit("state field `" + name + "`: " + why);
    } catch (RuntimeException | StackOverflowError e) {
      throw new Misfit("state field `" + name + "` does not fit: " + Thrown.type(e));
    }
  }

  /** Makes the value what a restart would read; true where another one had to be put in place. */
  boolean settle(Object actor, Kept kept, Set<Object> seen) throws Misfit {
    if (shape == Shape.SURE) {
      return false;
    }
    Object value = get(actor);
    boolean settled;
    try {
      settled = shape.isSettled(value, seen);
    } catch (Misfit e) {
      throw new Misfit(name + ": " + e.getMessage());
    } catch (RuntimeException | StackOverflowError e) {
      throw new Misfit(name + ": a value that cannot be looked at: " + Thrown.type(e));
    }
    if (!settled) {
      set(actor, again(value, kept));
    }
    return !settled;
  }

  /**
   * Gives a new object a value of its own, equal to its default: that may be one object for all
   * actors. A final collection stays the one that it is.
   */
  void own(Object fresh) throws Misfit {
    if (codec == null && setter != null && get(fresh) != null) {
      set(fresh, again(get(fresh), null));
    }
  }

  /** The value as it is read back. */
  private Object again(Object value, Kept kept) throws Misfit {
    Bytes first = new Bytes(256);
    writeObject(value, kept, first);
    Object read;
    try {
      read = read(first.array, 0, first.length, kept == null ? new Kept() : kept);
    } catch (Misfit e) {
      throw new Misfit(name + ": cannot be read back: " + e.getMessage());
    }
    Bytes second = new Bytes(256);
    writeObject(read, kept, second);
    boolean same =
        Arrays.equals(first.array, 0, first.length, second.array, 0, second.length)
            || Objects.equals(value, read);
    if (!same) {
      throw new Misfit(
          name + ": a value of type " + type.getSimpleName() + " does not read back as it was");
    }
    return read;
  }

  /** Learns from a fresh object's default what the declared type leaves open. */
  void check(Object fresh, Shapes shapes) throws Misfit {
    Object value = get(fresh);
    nullable =
        value == null
            || Introspection.isNullable(field.getAnnotations())
            || Introspection.isNullable(field.getAnnotatedType().getAnnotations());
    if (isScalar()) {
      return;
    }
    narrow(value);
    try {
      shape = shapes.of(access().type);
    } catch (Misfit e) {
      throw new Misfit(name + ": " + e.getMessage());
    }
    if (setter == null) {
      refillable(fresh, value);
    }
  }

  /** A default of a sorted or another class of the JDK's says what its reader makes. */
  private void narrow(Object value) throws Misfit {
    boolean collection = value instanceof Collection || value instanceof Map;
    if (!collection || !json.state().ours) {
      return;
    }
    if (value instanceof SortedMap<?, ?> map && map.comparator() != null
        || value instanceof SortedSet<?> set && set.comparator() != null) {
      throw new Misfit(name + ": an order that a comparator makes is not stored");
    }
    Class<?> made = value instanceof EnumSet ? EnumSet.class : value.getClass();
    boolean known =
        made.getPackageName().startsWith("java.util") && Modifier.isPublic(made.getModifiers());
    if (known && type.isInterface() && made != java.util.EnumMap.class) {
      narrowed = made;
    }
    access = null;
  }

  private void refillable(Object fresh, Object value) throws Misfit {
    try {
      Object copy =
          value instanceof Map<?, ?> map
              ? new LinkedHashMap<>(map)
              : new ArrayList<>((Collection<?>) value);
      set(fresh, copy);
    } catch (RuntimeException e) {
      throw new Misfit(name + ": the field is final and its collection cannot be refilled");
    }
  }

  private Access access() {
    Access made = access;
    if (made == null) {
      made = new Access(this);
      access = made;
    }
    return made;
  }

  /** Jackson's readers and writers of the field. */
  private static final class Access {
    /** What is read: the declared type, or what the default narrows it to. */
    final JavaType type;

    private final JavaType written;
    final ObjectReader reader;
    private final ObjectWriter writer;
    private final StateMappers mappers;

    /** Where the places of records within the field begin. */
    private final String place;

    Access(StateField field) {
      place = field.name;
      mappers = field.json.state();
      JavaType declared = mappers.usual.constructType(field.field.getGenericType());
      type =
          field.narrowed == null
              ? declared
              : mappers.usual.getTypeFactory().constructSpecializedType(declared, field.narrowed);
      reader = mappers.usual.readerFor(type);
      written = declared;
      writer =
          declared.isJavaLangObject() ? mappers.usual.writer() : mappers.usual.writerFor(declared);
    }

    ObjectWriter writer(Kept kept) {
      if (kept == null || !kept.isWithin()) {
        return writer;
      }
      return mappers
          .keeping
          .writerFor(written)
          .withAttribute(Kept.class, kept)
          .withAttribute(StateField.class, place);
    }

    ObjectReader keepingReader(Kept kept) {
      return mappers
          .keeping
          .readerFor(type)
          .withAttribute(Kept.class, kept)
          .withAttribute(StateField.class, place);
    }
  }
}
