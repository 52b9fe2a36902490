// From declared types to shapes; what cannot be stored at all is found here, when an engine opens.
package dev.everact;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.BeanDeserializerBase;
import com.fasterxml.jackson.databind.deser.DefaultDeserializationContext;
import com.fasterxml.jackson.databind.deser.SettableBeanProperty;
import com.fasterxml.jackson.databind.deser.ValueInstantiator;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.ser.BeanPropertyWriter;
import com.fasterxml.jackson.databind.ser.PropertyWriter;
import com.fasterxml.jackson.databind.ser.std.BeanSerializerBase;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** Makes the shapes of one kind's fields. */
final class Shapes {
  private static final Set<Class<?>> SURE =
      Set.of(
          Boolean.class,
          Byte.class,
          Short.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          Character.class,
          String.class,
          BigDecimal.class,
          BigInteger.class,
          UUID.class,
          URI.class,
          Duration.class,
          ProcessRef.class,
          Asker.class);

  private static final Set<Class<?>> KEYS =
      Set.of(
          String.class,
          Byte.class,
          Short.class,
          Integer.class,
          Long.class,
          Character.class,
          Boolean.class,
          UUID.class);

  private final StateMappers mappers;
  private final ObjectMapper mapper;
  private final Map<JavaType, Shape> known = new HashMap<>();

  Shapes(StateMappers mappers) {
    this.mappers = mappers;
    this.mapper = mappers.usual;
  }

  /**
   * The shape of a type.
   *
   * @throws Misfit where its values cannot be stored; the text says why
   */
  Shape of(JavaType type) throws Misfit {
    Shape shape = known.get(type);
    if (shape == null) {
      shape = made(type);
      known.put(type, shape);
    }
    return shape;
  }

  private Shape made(JavaType type) throws Misfit {
    Class<?> raw = type.getRawClass();
    if (isPlain(type)) {
      return mappers.ours && (raw == ProcessRef.class || raw == Asker.class || !isAnnotated(raw))
          ? Shape.SURE
          : Shape.UNSURE;
    }
    if (raw == Object.class || JsonNode.class.isAssignableFrom(raw)) {
      return raw == Object.class && mappers.ours ? Shape.UNTYPED : Shape.UNSURE;
    }
    if (Introspection.isOptional(raw)) {
      JavaType inside = type.getReferencedType();
      if (inside != null && Introspection.isOptional(inside.getRawClass())) {
        throw new Misfit("an optional within an optional has no form in JSON");
      }
      return new Shape.Maybe(inside == null ? Shape.SURE : of(inside));
    }
    if (type.isArrayType()) {
      return new Shape.Array(of(type.getContentType()));
    }
    if (type.isMapLikeType()) {
      key(type.getKeyType());
      return new Shape.Entries(empty(type, "{}"), of(type.getContentType()));
    }
    if (type.isCollectionLikeType()) {
      return new Shape.Items(empty(type, "[]"), of(type.getContentType()));
    }
    return bean(type);
  }

  private static boolean isPlain(JavaType type) {
    Class<?> raw = type.getRawClass();
    return raw.isPrimitive()
        || SURE.contains(raw)
        || raw.isEnum()
        || raw.getPackageName().equals("java.time")
        || raw.isArray() && raw.getComponentType().isPrimitive();
  }

  private static void key(JavaType type) throws Misfit {
    Class<?> raw = type.getRawClass();
    boolean fits = KEYS.contains(raw) || raw.isEnum() || raw.getPackageName().equals("java.time");
    if (!fits) {
      throw new Misfit("a map with keys of type " + raw.getSimpleName() + " has no form in JSON");
    }
  }

  /** The class that reading makes of a collection's type. */
  private Class<?> empty(JavaType type, String text) throws Misfit {
    try {
      return mapper.readerFor(type).readValue(text).getClass();
    } catch (JsonProcessingException | RuntimeException e) {
      throw new Misfit("nothing of type " + type.getRawClass().getSimpleName() + " can be made");
    }
  }

  private Shape bean(JavaType type) throws Misfit {
    JsonDeserializer<?> reader;
    JsonSerializer<?> writer;
    try {
      reader = reader(type);
      writer = mapper.getSerializerProviderInstance().findValueSerializer(type);
    } catch (JsonMappingException | RuntimeException e) {
      throw new Misfit(
          "nothing of type " + type.getRawClass().getSimpleName() + " can be stored as JSON");
    }
    if (!(reader instanceof BeanDeserializerBase beans)) {
      if (reader instanceof com.fasterxml.jackson.databind.deser.AbstractDeserializer
          && !isAnnotated(type.getRawClass())) {
        throw new Misfit("the type " + type.getRawClass().getSimpleName() + " is abstract");
      }
      return Shape.UNSURE;
    }
    if (!takesObject(beans.getValueInstantiator())) {
      throw new Misfit(
          "nothing of type "
              + type.getRawClass().getSimpleName()
              + " can be made: it is no record and has no constructor without parameters");
    }
    Shape.Properties shape = new Shape.Properties(type);
    // A type that holds itself finds this one.
    known.put(type, Shape.UNSURE);
    if (!(writer instanceof BeanSerializerBase fields)
        || !mappers.ours
        || isAnnotated(type.getRawClass())
        || !properties(beans, fields, shape, type)) {
      return Shape.UNSURE;
    }
    return shape.isSure() ? Shape.SURE : shape;
  }

  private static boolean takesObject(ValueInstantiator made) {
    return made.canCreateUsingDefault()
        || made.canCreateFromObjectWith()
        || made.canCreateUsingDelegate()
        || made.canCreateUsingArrayDelegate();
  }

  private JsonDeserializer<?> reader(JavaType type) throws JsonMappingException {
    DeserializationConfig config = mapper.getDeserializationConfig();
    DefaultDeserializationContext context =
        ((DefaultDeserializationContext) mapper.getDeserializationContext())
            .createInstance(config, null, mapper.getInjectableValues());
    return context.findRootValueDeserializer(type);
  }

  /** Adds the properties; false where what is read is not what is written. */
  private boolean properties(
      BeanDeserializerBase reader, BeanSerializerBase writer, Shape.Properties shape, JavaType type)
      throws Misfit {
    Set<String> read = new TreeSet<>();
    for (Iterator<SettableBeanProperty> all = reader.properties(); all.hasNext(); ) {
      read.add(all.next().getName());
    }
    Set<String> written = new TreeSet<>();
    for (Iterator<PropertyWriter> all = writer.properties(); all.hasNext(); ) {
      PropertyWriter property = all.next();
      written.add(property.getName());
      Shape inside = of(property.getType());
      if (!(property instanceof BeanPropertyWriter accessor)) {
        return false;
      }
      if (inside != Shape.SURE) {
        shape.add(accessor::get, inside);
      }
    }
    BeanDescription described = mapper.getSerializationConfig().introspect(type);
    int declared = 0;
    for (BeanPropertyDefinition property : described.findProperties()) {
      declared += property.hasField() ? 1 : 0;
    }
    return read.equals(written) && fields(type.getRawClass()) == declared;
  }

  /** How many fields instances have. */
  private static int fields(Class<?> type) {
    int count = 0;
    for (Class<?> level = type;
        level != null && level != Object.class;
        level = level.getSuperclass()) {
      for (Field field : level.getDeclaredFields()) {
        count += Modifier.isStatic(field.getModifiers()) || field.isSynthetic() ? 0 : 1;
      }
    }
    return count;
  }

  private static boolean isAnnotated(Class<?> type) {
    for (Class<?> level = type;
        level != null && level != Object.class;
        level = level.getSuperclass()) {
      if (Introspection.jackson(level) != null) {
        return true;
      }
      for (Field field : level.getDeclaredFields()) {
        if (Introspection.jackson(field) != null) {
          return true;
        }
      }
      for (Method method : level.getDeclaredMethods()) {
        if (Introspection.jackson(method) != null) {
          return true;
        }
      }
    }
    return false;
  }
}
