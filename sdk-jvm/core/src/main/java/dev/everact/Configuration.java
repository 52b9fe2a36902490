// An engine's configuration as the JSON that the core reads.
package dev.everact;

import dev.everact.errors.InvalidConfigurationException;
import dev.everact.internal.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Writes settings: texts, numbers, booleans, lists and objects of them. */
final class Configuration {
  private Configuration() {}

  /** JSON as it is. */
  record Written(String json) {}

  static void write(Object value, Bytes out) {
    if (value == null) {
      Scalars.writeNull(out);
    } else if (value instanceof Boolean flag) {
      Scalars.write((boolean) flag, out);
    } else if (value instanceof Double number && !Double.isFinite(number)) {
      // JSON has no such number; the core says which setting lacks one.
      Scalars.writeNull(out);
    } else if (value instanceof Number number) {
      out.write(number.toString().getBytes(StandardCharsets.US_ASCII));
    } else if (value instanceof CharSequence text) {
      Scalars.write(text.toString(), out);
    } else if (value instanceof Written written) {
      out.write(written.json().getBytes(StandardCharsets.UTF_8));
    } else if (value instanceof Map<?, ?> object) {
      write(object, out);
    } else if (value instanceof List<?> list) {
      write(list, out);
    } else {
      throw new InvalidConfigurationException(
          "a setting is a " + value.getClass().getSimpleName() + "; it can be a text or a number");
    }
  }

  private static void write(Map<?, ?> object, Bytes out) {
    char before = '{';
    for (Map.Entry<?, ?> entry : object.entrySet()) {
      out.write(before);
      Scalars.write(String.valueOf(entry.getKey()), out);
      out.write(':');
      write(entry.getValue(), out);
      before = ',';
    }
    if (before == '{') {
      out.write(before);
    }
    out.write('}');
  }

  private static void write(List<?> list, Bytes out) {
    char before = '[';
    for (Object value : list) {
      out.write(before);
      write(value, out);
      before = ',';
    }
    if (before == '[') {
      out.write(before);
    }
    out.write(']');
  }
}
