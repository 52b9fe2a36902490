// Requests about dead letters and producers.
package conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.everact.DeadLetter;
import dev.everact.DeadLetters;
import dev.everact.Engine;
import dev.everact.Producer;
import dev.everact.Reference;
import dev.everact.Scope;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** By the SDK's own calls. */
final class Letters {
  private Letters() {}

  static Object run(DeadLetters letters, JsonNode request) throws IOException {
    switch (request.get("op").asText()) {
      case "dead_letters":
        return shown(list(letters, request));
      case "dead_letter":
        ObjectNode letter = shown(letters.get(id(request)));
        letter.set("message", Messages.JSON.readTree(letters.message(id(request))));
        return letter;
      case "dead_retry":
        if (request.has("message")) {
          letters.retry(id(request), Messages.message(request.get("message")));
        } else {
          letters.retry(id(request));
        }
        return null;
      default:
        letters.drop(id(request));
        return null;
    }
  }

  /** The dead letter's number. */
  private static long id(JsonNode request) {
    return request.has("letter") ? request.get("letter").asLong() : request.get("id").asLong();
  }

  private static List<DeadLetter> list(DeadLetters letters, JsonNode request) {
    if (!request.has("kind")) {
      return letters.list();
    }
    String kind = request.get("kind").asText();
    return request.has("key") ? letters.list(kind, request.get("key").asText()) : letters.list(kind);
  }

  private static ArrayNode shown(List<DeadLetter> letters) {
    ArrayNode all = Messages.JSON.createArrayNode();
    letters.forEach(letter -> all.add(shown(letter)));
    return all;
  }

  private static ObjectNode shown(DeadLetter letter) {
    ObjectNode shown = Messages.JSON.createObjectNode();
    shown.put("id", letter.id()).put("kind", letter.kind()).put("key", letter.key());
    shown.put("handler", letter.handler()).put("sender", letter.sender().orElse(null));
    shown.put("sequence", letter.sequence().isPresent() ? letter.sequence().getAsLong() : null);
    shown.put("attempts", letter.attempts()).put("error", letter.error()).put("text", letter.text());
    shown.set("metadata", Messages.JSON.valueToTree(letter.metadata()));
    return shown;
  }

  /** One item of a source. */
  private record Item(String key, JsonNode message) {}

  static Object run(Engine engine, Scope scope, JsonNode request) {
    Producer producer = engine.producer(request.get("producer").asText());
    String kind = request.get("kind").asText();
    switch (request.get("op").asText()) {
      case "producer_newest":
        OptionalLong newest = producer.newest(kind, request.get("key").asText());
        return newest.isPresent() ? newest.getAsLong() : null;
      case "producer_skip":
        producer.skip(kind, request.get("key").asText(), request.get("sequence").asLong());
        return null;
      default:
        return ingest(producer, scope, kind, request);
    }
  }

  private static Object ingest(Producer producer, Scope scope, String kind, JsonNode request) {
    List<Item> items = new java.util.ArrayList<>();
    for (JsonNode item : request.get("items")) {
      items.add(new Item(item.get("key").asText(), item.get("message")));
    }
    String handler = request.get("handler").asText();
    Producer.Ingested done =
        producer
            .firstSequence(request.get("first_sequence").asLong())
            .inFlight(request.get("in_flight").asInt())
            .ingest(items, (item, once) -> ask(once.to(scope.actor(kind, item.key)), handler, item));
    ObjectNode shown = Messages.JSON.createObjectNode();
    shown.put("applied", done.applied()).put("already_applied", done.alreadyApplied());
    return done.newest().isPresent() ? shown.put("newest", done.newest().getAsLong()) : shown;
  }

  private static CompletableFuture<?> ask(Reference<?> to, String handler, Item item) {
    return to.ask(handler, JsonNode.class, item.message);
  }
}
