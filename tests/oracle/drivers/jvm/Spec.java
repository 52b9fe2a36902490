// What a scenario says a server, a machine or a handler of events does: JSON, looked into.
package oracle;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Optional;

final class Spec {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private Spec() {}

  /** Data as a text, as which it travels. */
  static String written(Object data) {
    try {
      return JSON.writeValueAsString(data);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static JsonNode read(String written) {
    try {
      return JSON.readTree(written);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static Optional<String> text(JsonNode of, String name) {
    return of.path(name).isTextual() ? Optional.of(of.path(name).asText()) : Optional.empty();
  }

  /** What an entry says is to be thrown. */
  static void crash(JsonNode entry) {
    text(entry, "crash")
        .ifPresent(
            text -> {
              throw new IllegalStateException(text);
            });
  }
}
