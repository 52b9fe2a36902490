// Application errors on their way: their JSON text, and from it the class again.
package dev.everact;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.errors.Errors;
import dev.everact.errors.EveractException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Declaration;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes and reads {@code {"type", "message", "status", "grpc", "details"}}. */
final class ApplicationErrors {
  /** The row ApplicationError. */
  static final int CODE = 22;

  /** The status where none is given: a conflict. */
  static final int STATUS = 409;

  private static final int TYPE_CHARS_MAX = 128;

  private ApplicationErrors() {}

  /** The type of a class that names none: its own name, without what only Java says. */
  static String type(Class<?> of) {
    String name = of.getSimpleName();
    for (String ending : List.of("Exception", "Error")) {
      if (name.endsWith(ending) && name.length() > ending.length()) {
        name = name.substring(0, name.length() - ending.length());
        break;
      }
    }
    return Names.snake(name);
  }

  static boolean isType(String type) {
    return type.length() <= TYPE_CHARS_MAX && type.matches("[a-z][a-z0-9_]*");
  }

  /** The fields that a class adds: the details. */
  private static List<Field> fields(Class<?> of) {
    List<Field> fields = new ArrayList<>();
    if (of != ApplicationException.class) {
      fields.addAll(fields(of.getSuperclass()));
      for (Field field : of.getDeclaredFields()) {
        int modifiers = field.getModifiers();
        if (!Modifier.isStatic(modifiers)
            && !Modifier.isTransient(modifiers)
            && !field.isSynthetic()) {
          field.setAccessible(true);
          fields.add(field);
        }
      }
    }
    return fields;
  }

  static Map<String, Object> fieldValues(ApplicationException error) {
    Map<String, Object> values = new LinkedHashMap<>();
    try {
      for (Field field : fields(error.getClass())) {
        values.put(Names.snake(field.getName()), field.get(error));
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("unreachable: the field was made accessible", e);
    }
    return values;
  }

  /** The error's text for the core. */
  static String write(ApplicationException error, Json json) throws Misfit {
    if (!isType(error.type())) {
      throw new Misfit("its type is not 1 to 128 letters in lower snake case");
    }
    Bytes out = new Bytes(256);
    text(out, "{\"type\":");
    Scalars.write(error.type(), out);
    text(out, ",\"message\":");
    Scalars.write(String.valueOf(error.getMessage()), out);
    text(out, ",\"status\":" + error.status());
    if (!error.grpc().isEmpty()) {
      text(out, ",\"grpc\":");
      Scalars.write(error.grpc(), out);
    }
    text(out, ",\"details\":");
    json.codec(Map.class).encode(error.details(), out);
    out.write('}');
    return new String(out.array, 0, out.length, StandardCharsets.UTF_8);
  }

  private static void text(Bytes out, String text) {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The declared error classes among those that a method throws, by type. */
  static void collect(Class<?>[] thrown, Map<String, Class<?>> into) {
    for (Class<?> each : thrown) {
      if (ApplicationException.class.isAssignableFrom(each) && each != ApplicationException.class) {
        ApplicationError declared = each.getAnnotation(ApplicationError.class);
        boolean named = declared != null && !declared.type().isEmpty();
        into.put(named ? declared.type() : type(each), each);
      }
    }
  }

  /**
   * The error from its text.
   *
   * @param host knows the declared classes by type
   * @param thrown what a handler of this process threw; null for a handler elsewhere
   */
  static EveractException read(String text, Host host, Throwable thrown) {
    Json json = host.json;
    ApplicationException.Wire wire;
    JsonNode details;
    try {
      JsonNode node = json.mapper().readTree(text);
      details = node.path("details");
      Map<String, Object> values = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> field : details.properties()) {
        values.put(field.getKey(), json.mapper().treeToValue(field.getValue(), Object.class));
      }
      wire =
          new ApplicationException.Wire(
              node.path("type").asText(),
              node.path("status").asInt(STATUS),
              node.path("grpc").asText(),
              node.path("message").asText(),
              values);
    } catch (IOException | RuntimeException e) {
      return Errors.fromCode(CODE, text);
    }
    Declaration.ErrorReader reader = host.generatedErrors.get(wire.type());
    if (reader != null) {
      EveractException read = reader.read(wire.message(), details.toString());
      return read == null ? new ApplicationException(wire) : read;
    }
    Class<?> type = host.errors.get(wire.type());
    if (type == null
        && thrown instanceof ApplicationException own
        && own.isRebuilt()
        && own.type().equals(wire.type())) {
      type = own.getClass();
    }
    EveractException made = type == null ? null : made(type, wire, details, json);
    return made == null ? new ApplicationException(wire) : made;
  }

  /** An object of the class with these fields; null where that cannot be. */
  private static EveractException made(
      Class<?> type, ApplicationException.Wire wire, JsonNode details, Json json) {
    try {
      Constructor<?> base =
          ApplicationException.class.getDeclaredConstructor(ApplicationException.Wire.class);
      // As deserialization makes objects: the class's own constructor, which would want arguments,
      // does not run. Reached by name, for a trimmed runtime may lack the module.
      Class<?> factory = Class.forName("sun.reflect.ReflectionFactory");
      Object instance = factory.getMethod("getReflectionFactory").invoke(null);
      Constructor<?> maker =
          (Constructor<?>)
              factory
                  .getMethod("newConstructorForSerialization", Class.class, Constructor.class)
                  .invoke(instance, type, base);
      maker.setAccessible(true);
      Object error =
          maker.newInstance(
              type == ApplicationException.class
                  ? wire
                  : new ApplicationException.Wire(
                      wire.type(), wire.status(), wire.grpc(), wire.message(), null));
      for (Field field : fields(type)) {
        JsonNode value = details.get(Names.snake(field.getName()));
        if (value != null) {
          byte[] bytes = json.mapper().writeValueAsBytes(value);
          field.set(error, json.codec(field.getGenericType()).decode(bytes, 0, bytes.length));
        }
      }
      return (EveractException) error;
    } catch (Misfit | IOException | ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }
}
