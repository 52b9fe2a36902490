// Told messages that failed for good: read, sent again, dropped.
package dev.everact;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.internal.Bytes;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The dead letters of an engine. For any number of threads. */
public final class DeadLetters {
  private final Session session;

  DeadLetters(Session session) {
    this.session = session;
  }

  /**
   * All of them.
   *
   * @return the oldest first
   */
  public List<DeadLetter> list() {
    return list(Map.of());
  }

  /**
   * Those of one kind.
   *
   * @param kind the receivers' kind
   * @return the oldest first
   */
  public List<DeadLetter> list(String kind) {
    return list(Map.of("kind", kind));
  }

  /**
   * Those of one actor.
   *
   * @param kind the receiver's kind
   * @param key the receiver's key
   * @return the oldest first
   */
  public List<DeadLetter> list(String kind, String key) {
    return list(Map.of("kind", kind, "key", key));
  }

  private List<DeadLetter> list(Map<String, Object> of) {
    List<DeadLetter> letters = new ArrayList<>();
    long after = 0;
    while (true) {
      Map<String, Object> topic = topic("dead_letters");
      topic.putAll(of);
      topic.put("after", after);
      JsonNode page = session.control(topic);
      page.path("dead_letters").forEach(letter -> letters.add(DeadLetter.of(letter)));
      if (!page.path("next").isNumber()) {
        return letters;
      }
      after = page.get("next").asLong();
    }
  }

  /**
   * One of them.
   *
   * @param id its number
   * @return what is known of it
   * @throws dev.everact.errors.InvalidArgumentException if there is none
   */
  public DeadLetter get(long id) {
    return DeadLetter.of(letter(id));
  }

  /**
   * The message of one of them.
   *
   * @param id its number
   * @return the bytes, JSON unless its kind has another form
   * @throws dev.everact.errors.InvalidArgumentException if there is none
   */
  public byte[] message(long id) {
    return Base64.getDecoder().decode(letter(id).path("payload_base64").asText());
  }

  private JsonNode letter(long id) {
    return session.control(topic("dead_letter", id));
  }

  /**
   * Sends the message again, as one that was not tried.
   *
   * @param id its number
   * @throws dev.everact.errors.InvalidArgumentException if there is none
   */
  public void retry(long id) {
    session.control(topic("dead_retry", id));
  }

  /**
   * Sends another message in its place.
   *
   * @param id its number
   * @param message what goes instead, as its handler wants it
   * @throws dev.everact.errors.InvalidArgumentException if there is none
   */
  public void retry(long id, Object message) {
    DeadLetter letter = get(id);
    Bytes out = new Bytes(256);
    Host host = session.host();
    HandlerEntry handler = host.kind(letter.kind()).handler(letter.handler());
    host.encode(handler, message, false, out);
    Map<String, Object> topic = topic("dead_retry", id);
    topic.put("payload_base64", Base64.getEncoder().encodeToString(out.copy(0, out.length)));
    session.control(topic);
  }

  /**
   * Drops the message for good.
   *
   * @param id its number
   * @throws dev.everact.errors.InvalidArgumentException if there is none
   */
  public void drop(long id) {
    session.control(topic("dead_drop", id));
  }

  private static Map<String, Object> topic(String name, long id) {
    Map<String, Object> topic = topic(name);
    topic.put("id", id);
    return topic;
  }

  private static Map<String, Object> topic(String name) {
    Map<String, Object> topic = new LinkedHashMap<>();
    topic.put("topic", name);
    return topic;
  }
}
