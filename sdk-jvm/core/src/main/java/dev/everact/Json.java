// Jackson behind the codecs: one reader and one writer for each type, and its complaints in our
// words.
package dev.everact;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.AnnotationIntrospector;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.MutableCoercionConfig;
import com.fasterxml.jackson.databind.exc.InvalidNullException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.everact.internal.Bytes;
import java.io.IOException;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The codecs of one engine. */
final class Json {
  /** Levels that a value may have, as the core has it for what comes from outside. */
  static final int DEPTH_MAX = 128;

  /** What a text with one half only is told. */
  static final String HALF_A_PAIR = "half a surrogate pair has no form in JSON";

  private final ObjectMapper given;
  private final Map<Type, Codec> codecs = new ConcurrentHashMap<>();
  private volatile ObjectMapper mapper;
  private volatile StateMappers state;

  /** The engine whose processes the references are that are read. */
  private volatile Host host;

  /**
   * The mapper is made when a type needs it: Jackson costs some 10 MiB and a tenth of a second, and
   * scalars do without.
   *
   * @param given the user's own mapper; null for the standard one
   */
  Json(ObjectMapper given) {
    this.given = given;
  }

  /** Strict where it matters: nothing unknown, nothing missing, nothing bent into another type. */
  static ObjectMapper standard() {
    return common(true)
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .build();
  }

  /** What messages and states have in common. */
  static JsonMapper.Builder common(boolean strict) {
    JsonMapper.Builder builder =
        JsonMapper.builder(
                JsonFactory.builder()
                    .streamWriteConstraints(
                        StreamWriteConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
                    .build())
            .addModule(new Jdk8Module())
            .addModule(new JavaTimeModule())
            .findAndAddModules()
            .addModule(new JsonForms(strict))
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .withCoercionConfig(LogicalType.Textual, Json::refuseScalars)
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS);
    ObjectMapper unbuilt = builder.build();
    return builder.annotationIntrospector(
        AnnotationIntrospector.pair(
            unbuilt.getDeserializationConfig().getAnnotationIntrospector(),
            new Introspection(strict)));
  }

  /** A number is no text. */
  private static void refuseScalars(MutableCoercionConfig config) {
    config.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail);
    config.setCoercion(CoercionInputShape.Float, CoercionAction.Fail);
    config.setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
  }

  Host host() {
    return host;
  }

  void host(Host other) {
    host = other;
  }

  ObjectMapper mapper() {
    ObjectMapper made = mapper;
    if (made == null) {
      made = given == null ? standard() : given;
      mapper = made;
    }
    return made;
  }

  boolean isOurs() {
    return given == null;
  }

  /** Reads what has nothing unknown, whatever is missing: only to say what is wrong. */
  private ObjectMapper lenient() {
    return common(false).enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();
  }

  /** The mappers of states. */
  StateMappers state() {
    StateMappers made = state;
    if (made == null) {
      made = new StateMappers(given, this);
      state = made;
    }
    return made;
  }

  /** The codec of a type; the same one each time. */
  Codec codec(Type type) {
    Codec known = codecs.get(type);
    return known != null ? known : codecs.computeIfAbsent(type, this::made);
  }

  /** The codec of a value whose type only its class tells. */
  Codec codecOf(Object value) {
    return codec(value == null ? Object.class : value.getClass());
  }

  private Codec made(Type type) {
    if (type == byte[].class) {
      return Codec.RAW;
    }
    if (type == void.class || type == Void.class) {
      return Codec.NOTHING;
    }
    Codec scalar =
        type instanceof Class<?> plain ? Scalars.of(plain, new Later(() -> jackson(type))) : null;
    return scalar != null ? scalar : jackson(type);
  }

  private Codec jackson(Type type) {
    return new Jackson(this, mapper().constructType(type));
  }

  /** Our sentence for Jackson's complaint: it names the field, and nothing of what was in it. */
  static Misfit misfit(IOException complaint, String expected) {
    if (complaint instanceof JsonMappingException mapping) {
      String path = path(mapping);
      if (complaint instanceof UnrecognizedPropertyException) {
        return new Misfit("field `" + path + "` is unknown");
      }
      String place = path.isEmpty() ? "the value" : "field `" + path + "`";
      String said = mapping.getOriginalMessage();
      if (said.startsWith("Missing ") && said.contains("creator property")) {
        return new Misfit(place + " is missing");
      }
      if (complaint instanceof MismatchedInputException mismatch
          && mismatch.getTargetType() != null) {
        String what = complaint instanceof InvalidNullException ? " is null, which " : " ";
        return new Misfit(place + what + "does not fit " + simple(mismatch.getTargetType()));
      }
      return new Misfit(place + " does not fit " + expected);
    }
    if (complaint instanceof JsonProcessingException syntax && syntax.getLocation() != null) {
      return new Misfit("not valid JSON at byte " + syntax.getLocation().getByteOffset());
    }
    return new Misfit("not valid JSON");
  }

  /** {@code lines[3].note}. */
  static String path(JsonMappingException mapping) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference step : mapping.getPath()) {
      if (step.getFieldName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.length() == 0 ? "" : ".").append(step.getFieldName());
      }
    }
    return path.toString();
  }

  /** What a value that cannot be written lacks. */
  static String unwritable(Throwable thrown) {
    if (thrown instanceof JsonForms.NoForm form) {
      return form.getOriginalMessage();
    }
    Throwable cause = thrown instanceof JsonMappingException ? thrown.getCause() : null;
    String text = thrown instanceof JsonProcessingException said ? said.getOriginalMessage() : null;
    if (text != null && text.contains("surrogate")) {
      return HALF_A_PAIR;
    }
    if (text != null && text.contains("nesting depth")) {
      return "a value of more than " + DEPTH_MAX + " levels, or one that holds itself";
    }
    return "cannot be written as JSON: " + Thrown.type(cause == null ? thrown : cause);
  }

  private static String simple(Class<?> type) {
    return type.getSimpleName().isEmpty() ? type.getName() : type.getSimpleName();
  }

  /** A codec that is made when it is first used. */
  private static final class Later extends Codec {
    private final Supplier<Codec> make;
    private volatile Codec made;

    Later(Supplier<Codec> make) {
      this.make = make;
    }

    private Codec codec() {
      Codec known = made;
      if (known == null) {
        known = make.get();
        made = known;
      }
      return known;
    }

    @Override
    void encode(Object value, Bytes out) throws Misfit {
      codec().encode(value, out);
    }

    @Override
    Object decode(byte[] from, int at, int length) throws Misfit {
      return codec().decode(from, at, length);
    }
  }

  /** Any type that Jackson knows. */
  private static final class Jackson extends Codec {
    private final Json json;
    private final JavaType type;
    private final ObjectReader reader;
    private final ObjectWriter writer;
    private final String expected;
    private final Class<?> raw;

    Jackson(Json json, JavaType type) {
      ObjectMapper mapper = json.mapper();
      this.json = json;
      this.type = type;
      reader = mapper.readerFor(type).withAttribute(Json.class, json);
      // The value's own class decides how it is written when the declared type says nothing.
      writer = type.isJavaLangObject() ? mapper.writer() : mapper.writerFor(type);
      raw = type.getRawClass();
      expected = simple(raw);
    }

    @Override
    boolean takes(Object value) {
      return value == null || raw.isInstance(value);
    }

    @Override
    boolean isPlain() {
      return false;
    }

    @Override
    void encode(Object value, Bytes out) throws Misfit {
      if (value instanceof byte[] raw) {
        out.write(raw);
        return;
      }
      if (value instanceof CompletionStage) {
        throw new Misfit("a future is no value; wait for it and give what it holds");
      }
      int at = out.length;
      try (JsonGenerator generator = writer.createGenerator(out)) {
        generator.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        writer.writeValue(generator, value);
      } catch (JsonMappingException e) {
        String path = path(e);
        String place = path.isEmpty() ? expected : "field `" + path + "`";
        throw new Misfit(place + ": " + unwritable(e));
      } catch (IOException | RuntimeException | StackOverflowError e) {
        throw new Misfit(expected + ": " + unwritable(e));
      }
      if (Utf8.isIllFormed(out.array, at, out.length)) {
        throw new Misfit(expected + ": " + HALF_A_PAIR);
      }
    }

    @Override
    Object decode(byte[] from, int at, int length) throws Misfit {
      if (length == 0) {
        throw new Misfit("a value is missing, expected " + expected);
      }
      if (Utf8.isIllFormed(from, at, at + length)) {
        throw new Misfit("a text holds half a surrogate pair");
      }
      try {
        return reader.readValue(from, at, length);
      } catch (IOException e) {
        throw complete(misfit(e, expected), from, at, length);
      } catch (RuntimeException | StackOverflowError e) {
        throw new Misfit("the value does not fit " + expected + ": " + Thrown.type(e));
      }
    }

    /** A field that is missing may be there by a wrong name: both are said. */
    private Misfit complete(Misfit misfit, byte[] from, int at, int length) {
      if (!json.isOurs() || !misfit.getMessage().endsWith(" is missing")) {
        return misfit;
      }
      try {
        json.lenient().readerFor(type).readValue(from, at, length);
      } catch (UnrecognizedPropertyException e) {
        return new Misfit(misfit.getMessage() + "; " + misfit(e, expected).getMessage());
      } catch (IOException | RuntimeException | StackOverflowError e) {
        return misfit;
      }
      return misfit;
    }
  }
}
