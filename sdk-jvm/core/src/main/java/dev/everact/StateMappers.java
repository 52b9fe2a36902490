// Jackson for states: lenient to what a class does not know, which is kept, and strict to what
// would
// not come back.
package dev.everact;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationConfig;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.BeanDeserializerBase;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.deser.std.DelegatingDeserializer;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.BeanSerializerModifier;
import com.fasterxml.jackson.databind.ser.ContextualSerializer;
import com.fasterxml.jackson.databind.ser.ResolvableSerializer;
import com.fasterxml.jackson.databind.ser.std.BeanSerializerBase;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import dev.everact.errors.InvalidConfigurationException;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Two mappers: the usual one, and one for states with fields within records that nobody declares.
 */
final class StateMappers {
  /** Reads and writes; throws {@link UnknownWithin} at a field that a record does not have. */
  final ObjectMapper usual;

  /** The same with a {@link Kept} as attribute, which takes such fields and gives them back. */
  final ObjectMapper keeping;

  /** Whether the forms are ours, so that a type tells whether its values come back. */
  final boolean ours;

  StateMappers(ObjectMapper given, Json json) {
    ours = given == null;
    usual = ours ? own() : copy(given);
    usual.setConfig(usual.getDeserializationConfig().withAttribute(Json.class, json));
    keeping = usual.copy();
    usual.addHandler(new Refusing());
    keeping.addHandler(new Keeping());
    SimpleModule module = new SimpleModule("everact-kept");
    module.setDeserializerModifier(new Readers());
    module.setSerializerModifier(new Writers());
    keeping.registerModule(module);
  }

  /** State is fields, as an actor's own: what is derived from them is not stored. */
  private static ObjectMapper own() {
    ObjectMapper mapper =
        Json.common(false)
            .visibility(PropertyAccessor.FIELD, JsonAutoDetect.Visibility.ANY)
            .visibility(PropertyAccessor.GETTER, JsonAutoDetect.Visibility.NONE)
            .visibility(PropertyAccessor.IS_GETTER, JsonAutoDetect.Visibility.NONE)
            .visibility(PropertyAccessor.SETTER, JsonAutoDetect.Visibility.NONE)
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();
    SimpleModule sets = new SimpleModule("everact-sets");
    // The order in which they were stored is kept.
    sets.addAbstractTypeMapping(Set.class, LinkedHashSet.class);
    return mapper.registerModule(sets);
  }

  private static ObjectMapper copy(ObjectMapper given) {
    try {
      return given.copy();
    } catch (IllegalStateException e) {
      throw (InvalidConfigurationException)
          new InvalidConfigurationException(
                  "the mapper is of a class that does not implement copy()")
              .initCause(e);
    }
  }

  /** A record within the state has a field that its class does not declare. */
  static final class UnknownWithin extends JsonMappingException {
    private static final long serialVersionUID = 1L;

    UnknownWithin(JsonParser parser, String name) {
      super(parser, name);
    }
  }

  private static final class Refusing extends DeserializationProblemHandler {
    @Override
    public boolean handleUnknownProperty(
        DeserializationContext context,
        JsonParser parser,
        JsonDeserializer<?> deserializer,
        Object bean,
        String name)
        throws IOException {
      throw new UnknownWithin(parser, name);
    }
  }

  private static final class Keeping extends DeserializationProblemHandler {
    @Override
    public boolean handleUnknownProperty(
        DeserializationContext context,
        JsonParser parser,
        JsonDeserializer<?> deserializer,
        Object bean,
        String name)
        throws IOException {
      JsonNode value = context.readTree(parser);
      if (context.getAttribute(ObjectNode.class) instanceof ObjectNode unknown) {
        unknown.set(name, value);
      }
      return true;
    }
  }

  private static final class Readers extends BeanDeserializerModifier {
    private static final long serialVersionUID = 1L;

    @Override
    public JsonDeserializer<?> modifyDeserializer(
        DeserializationConfig config, BeanDescription bean, JsonDeserializer<?> deserializer) {
      return deserializer instanceof BeanDeserializerBase ? new Reader(deserializer) : deserializer;
    }
  }

  /** Notes which fields of the object that it reads were unknown. */
  private static final class Reader extends DelegatingDeserializer {
    private static final long serialVersionUID = 1L;

    Reader(JsonDeserializer<?> delegate) {
      super(delegate);
    }

    @Override
    protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> delegate) {
      return new Reader(delegate);
    }

    @Override
    public Object deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      Object outer = context.getAttribute(ObjectNode.class);
      ObjectNode unknown = context.getNodeFactory().objectNode();
      context.setAttribute(ObjectNode.class, unknown);
      Object root = context.getAttribute(StateField.class);
      String place = Kept.place(root, parser.getParsingContext().getParent());
      try {
        Object read = super.deserialize(parser, context);
        if (!unknown.isEmpty() && context.getAttribute(Kept.class) instanceof Kept kept) {
          kept.put(read, unknown, place);
        }
        return read;
      } finally {
        context.setAttribute(ObjectNode.class, outer);
      }
    }
  }

  private static final class Writers extends BeanSerializerModifier {
    private static final long serialVersionUID = 1L;

    @Override
    public JsonSerializer<?> modifySerializer(
        SerializationConfig config, BeanDescription bean, JsonSerializer<?> serializer) {
      return serializer instanceof BeanSerializerBase base ? new Writer(base) : serializer;
    }
  }

  /** Writes the unknown fields of an object behind its own. */
  private static final class Writer extends JsonSerializer<Object>
      implements ResolvableSerializer, ContextualSerializer {
    private final BeanSerializerBase delegate;

    Writer(BeanSerializerBase delegate) {
      this.delegate = delegate;
    }

    @Override
    public JsonSerializer<?> createContextual(SerializerProvider provider, BeanProperty property)
        throws JsonMappingException {
      JsonSerializer<?> contextual = delegate.createContextual(provider, property);
      return contextual instanceof BeanSerializerBase base ? new Writer(base) : contextual;
    }

    @Override
    public void resolve(SerializerProvider provider) throws JsonMappingException {
      delegate.resolve(provider);
    }

    @Override
    public void serialize(Object value, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      write(
          value,
          generator,
          provider,
          JsonTypeInfo.As.PROPERTY,
          to -> delegate.serialize(value, to, provider));
    }

    @Override
    public void serializeWithType(
        Object value, JsonGenerator generator, SerializerProvider provider, TypeSerializer types)
        throws IOException {
      write(
          value,
          generator,
          provider,
          types.getTypeInclusion(),
          to -> delegate.serializeWithType(value, to, provider, types));
    }

    /** Writes the delegate's form, and what else belongs to the object where it has something. */
    private static void write(
        Object value,
        JsonGenerator generator,
        SerializerProvider provider,
        JsonTypeInfo.As inclusion,
        Form form)
        throws IOException {
      Object root = provider.getAttribute(StateField.class);
      String place = Kept.place(root, generator.getOutputContext());
      ObjectNode unknown =
          provider.getAttribute(Kept.class) instanceof Kept kept ? kept.of(value, place) : null;
      if (unknown == null) {
        form.write(generator);
        return;
      }
      // Places of what is written into the buffer begin at this one.
      TokenBuffer buffer = provider.bufferForValueConversion(generator.getCodec());
      provider.setAttribute(StateField.class, place);
      try {
        form.write(buffer);
      } finally {
        provider.setAttribute(StateField.class, root);
      }
      try (JsonParser parser = buffer.asParser(generator.getCodec())) {
        JsonNode written = parser.readValueAsTree();
        ObjectNode whole = fields(written, inclusion);
        for (Map.Entry<String, JsonNode> field : unknown.properties()) {
          if (!whole.has(field.getKey())) {
            whole.set(field.getKey(), field.getValue());
          }
        }
        generator.writeTree(written);
      }
    }

    /** The object itself: its type's name may stand before it in a list, or around it. */
    private static ObjectNode fields(JsonNode written, JsonTypeInfo.As inclusion) {
      return (ObjectNode)
          switch (inclusion) {
            case WRAPPER_ARRAY -> written.get(1);
            case WRAPPER_OBJECT -> written.iterator().next();
            default -> written;
          };
    }

    /** How an object is written. */
    private interface Form {
      void write(JsonGenerator to) throws IOException;
    }
  }
}
