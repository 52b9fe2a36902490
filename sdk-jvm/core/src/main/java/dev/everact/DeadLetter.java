// A told message that failed for good.
package dev.everact;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is known of the message.
 *
 * @param id its number, never used again
 * @param kind the receiver's kind
 * @param key the receiver's key
 * @param handler the handler that failed
 * @param sender the actor that told, as {@code kind/key}; empty for a tell from outside
 * @param sequence the message's number among its sender's
 * @param attempts how often the handler ran
 * @param error the last error's name
 * @param text the last error's text
 * @param failedAt when
 * @param held whether the sender's later messages wait for it
 * @param bytes the message's length
 * @param metadata what came beside it
 */
public record DeadLetter(
    long id,
    String kind,
    String key,
    String handler,
    Optional<String> sender,
    OptionalLong sequence,
    int attempts,
    String error,
    String text,
    Instant failedAt,
    boolean held,
    long bytes,
    Map<String, String> metadata) {

  static DeadLetter of(JsonNode letter) {
    JsonNode sequence = letter.path("sequence");
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : letter.path("metadata").properties()) {
      metadata.put(entry.getKey(), entry.getValue().asText());
    }
    return new DeadLetter(
        letter.path("id").asLong(),
        letter.path("kind").asText(),
        letter.path("key").asText(),
        letter.path("handler").asText(),
        Optional.ofNullable(letter.path("sender").textValue()),
        sequence.isNumber() ? OptionalLong.of(sequence.asLong()) : OptionalLong.empty(),
        letter.path("attempts").asInt(),
        letter.path("error").asText(),
        letter.path("text").asText(),
        Instant.ofEpochMilli(letter.path("failed_at_ms").asLong()),
        letter.path("held").asBoolean(),
        letter.path("bytes").asLong(),
        metadata);
  }
}
