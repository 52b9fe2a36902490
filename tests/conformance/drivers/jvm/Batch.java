// Many asks of one request, submitted in order with a bound on how many are open.
package conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.everact.Reference;
import dev.everact.Scope;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.IntConsumer;

/** One batch. */
final class Batch {
  private final Scope scope;
  private final JsonNode request;
  private final IntConsumer acknowledge;
  private final Map<String, Integer> errors = new TreeMap<>();
  private int ok;
  private int lastIndex = -1;
  private Object last;

  Batch(Scope scope, JsonNode request, IntConsumer acknowledge) {
    this.scope = scope;
    this.request = request;
    this.acknowledge = request.path("acknowledged").asBoolean() ? acknowledge : ignored -> {};
  }

  /** Submits all from this thread and waits for them. */
  JsonNode run() throws InterruptedException {
    int inFlight = request.get("in_flight").asInt();
    int count = request.get("count").asInt();
    Semaphore open = new Semaphore(inFlight);
    for (int i = 0; i < count; i++) {
      open.acquire();
      int index = i;
      submit(i)
          .whenComplete(
              (reply, thrown) -> {
                took(index, reply, thrown);
                open.release();
              });
    }
    open.acquire(inFlight);
    return shown();
  }

  private CompletableFuture<?> submit(int i) {
    try {
      String key = request.get("key").asText();
      if (request.has("keys")) {
        key += i % request.get("keys").asInt();
      }
      Reference<?> to = scope.actor(request.get("kind").asText(), key);
      if (request.has("producer")) {
        long sequence = request.get("first_sequence").asLong() + i;
        to = to.withProducer(request.get("producer").asText(), sequence);
      }
      String handler = request.get("handler").asText();
      Object message = message(i);
      if (request.path("tell").asBoolean()) {
        return message == null ? to.tell(handler) : to.tell(handler, message);
      }
      Class<?> reply = request.path("reply").asText().equals("bytes") ? byte[].class : JsonNode.class;
      return message == null ? to.ask(handler, reply) : to.ask(handler, reply, message);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private Object message(int i) {
    JsonNode byIndex = request.path("message_index");
    if (byIndex.isTextual()) {
      return TextNode.valueOf(Integer.toString(i));
    } else if (byIndex.asBoolean()) {
      return IntNode.valueOf(i);
    }
    return request.has("message") ? Messages.message(request.get("message")) : null;
  }

  private synchronized void took(int index, Object reply, Throwable thrown) {
    if (thrown != null) {
      errors.merge(Messages.errorName(thrown), 1, Integer::sum);
      return;
    }
    ok++;
    if (index > lastIndex) {
      lastIndex = index;
      last = reply;
    }
    acknowledge.accept(index);
  }

  private synchronized JsonNode shown() {
    ObjectNode shown = Messages.JSON.createObjectNode().put("ok", ok);
    shown.set("errors", Messages.JSON.valueToTree(errors));
    shown.set("last", Messages.result(last));
    return shown;
  }
}
