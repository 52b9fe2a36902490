// What a request's message means, and how a reply or an error is shown.
package conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.everact.ApplicationException;
import dev.everact.errors.EveractException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Between the protocol's JSON and the SDK's values. */
final class Messages {
  static final ObjectMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  private static final int BYTES_SHOWN_MAX = 1024;

  private Messages() {}

  static byte[] pattern(int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (i % 251);
    }
    return bytes;
  }

  private static String letters(int count) {
    StringBuilder text = new StringBuilder(count);
    for (int i = 0; i < count; i++) {
      text.append((char) ('a' + i % 26));
    }
    return text.toString();
  }

  /** The message as the SDK takes it: raw bytes or a JSON value. */
  static Object message(JsonNode given) {
    if (given.isObject() && given.size() == 1) {
      if (given.has("bytes_base64")) {
        return Base64.getDecoder().decode(given.get("bytes_base64").asText());
      } else if (given.has("bytes_pattern")) {
        return pattern(given.get("bytes_pattern").asInt());
      } else if (given.has("text_pattern")) {
        return TextNode.valueOf(letters(given.get("text_pattern").asInt()));
      }
    }
    return given;
  }

  /** The key; bytes that are no UTF-8 become what a Java text can hold of them. */
  static String key(JsonNode given) {
    return given.isTextual() ? given.asText() : Culprits.NOT_UNICODE;
  }

  /** A reply as the protocol shows it. */
  static JsonNode result(Object reply) {
    if (!(reply instanceof byte[] bytes)) {
      return JSON.valueToTree(reply);
    }
    ObjectNode shown = JSON.createObjectNode().put("bytes_length", bytes.length);
    shown.put("bytes_sha256", hash(bytes));
    if (bytes.length <= BYTES_SHOWN_MAX) {
      shown.put("bytes_base64", Base64.getEncoder().encodeToString(bytes));
    }
    return shown;
  }

  private static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The failure behind what a future wraps around it. */
  static Throwable cause(Throwable thrown) {
    Throwable cause = thrown;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException) && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  static String errorName(Throwable thrown) {
    Throwable cause = cause(thrown);
    if (cause instanceof EveractException error) {
      return error.errorName();
    }
    return cause instanceof CancellationException ? "Cancelled" : "Unexpected";
  }

  /** Puts a failure into an answer. */
  static void fail(ObjectNode answer, Throwable thrown) {
    Throwable cause = cause(thrown);
    boolean cancelled = cause instanceof CancellationException;
    if (cause instanceof ApplicationException error) {
      answer.put("type", error.type());
      answer.put("status", error.status());
      answer.set("details", JSON.valueToTree(error.details()));
      boolean declared = error.getClass() != ApplicationException.class;
      answer.put("class", declared ? error.getClass().getSimpleName() : "ApplicationError");
    }
    answer.put("error", errorName(cause));
    answer.put("message", cancelled ? "the caller cancelled the ask" : String.valueOf(cause.getMessage()));
    answer.put("retryable", cancelled || cause instanceof EveractException error && error.retryable());
  }
}
