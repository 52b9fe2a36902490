// How an event manager is reached: its events and its handlers.
package dev.everact;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * An event manager. What cannot be done fails with {@link EventHandlerException}, and what is asked
 * of one that has ended with {@link dev.everact.errors.NoProcessException}. Immutable, and free to
 * share.
 *
 * <p>Events, queries and farewells are any values that have a form in JSON.
 */
public final class EventManagerRef {
  private final EventManager kind;
  private final ProcessRef<?> process;

  EventManagerRef(EventManager kind, ProcessRef<?> process) {
    this.kind = Objects.requireNonNull(kind, "kind");
    this.process = process;
    if (!process.kind().equals(kind.name())) {
      throw new InvalidArgumentException("the process " + process + " is no " + kind.name());
    }
  }

  /**
   * Its process, to be told, watched, named and sent in messages.
   *
   * @return the process
   */
  public ProcessRef<?> process() {
    return process;
  }

  private ManagerBehaviour behaviour() {
    return (ManagerBehaviour) process.bound().kind(kind).behaviour;
  }

  private Configuration.Written json(String what, Object value) {
    if (value instanceof byte[]) {
      throw new InvalidArgumentException(what + ": bytes are no JSON");
    }
    Bytes out = new Bytes(64);
    process.bound().encodeAny(what, value, out);
    return new Configuration.Written(new String(out.array, 0, out.length, StandardCharsets.UTF_8));
  }

  private CompletableFuture<JsonNode> ask(int what, int flags, Object request) {
    return Managing.ask(process, what, flags, request).thenApply(EventManagerRef::checked);
  }

  private static JsonNode checked(JsonNode answer) {
    JsonNode error = answer.path("error");
    if (error.isMissingNode()) {
      return answer;
    }
    throw switch (error.path("is").asText()) {
      case "no_such_handler" ->
          new EventHandlerException(
              EventHandlerException.Why.NO_SUCH_HANDLER, null, "no handler has this id");
      case "already_there" ->
          new EventHandlerException(
              EventHandlerException.Why.ALREADY_THERE, null, "a handler has this id");
      case "full" ->
          new EventHandlerException(
              EventHandlerException.Why.FULL, null, "the manager has no room for more handlers");
      default -> {
        ExitReason reason = Notes.why(error);
        yield reason instanceof ExitReason.Failed failed
            ? new EventHandlerException(
                EventHandlerException.Why.FAILED, reason, "the handler failed: " + failed.text())
            : new EventHandlerException(
                EventHandlerException.Why.REFUSED, reason, "the handler refused: " + reason);
      }
    };
  }

  /**
   * Sends an event and does not wait; nothing happens where the manager has ended.
   *
   * @param event the event
   */
  public void notify(Object event) {
    Managing.ask(process, Layout.MANAGE_NOTIFY, 0, json("an event", event));
  }

  /**
   * Sends an event.
   *
   * @param event the event
   * @return done when all handlers have seen it
   */
  public CompletableFuture<Void> syncNotify(Object event) {
    return ask(Layout.MANAGE_SYNC_NOTIFY, 0, json("an event", event)).thenApply(answer -> null);
  }

  /**
   * Calls one handler.
   *
   * @param <R> the reply's type
   * @param id the handler's id
   * @param query what it is asked
   * @param reply the reply's class
   * @return the reply to come
   */
  public <R> CompletableFuture<R> call(String id, Object query, Class<R> reply) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("handler", Objects.requireNonNull(id, "id"));
    request.put("query", json("a query", query));
    return ask(Layout.MANAGE_CALL, 0, request).thenApply(answer -> value(answer, reply));
  }

  private <R> R value(JsonNode answer, Class<R> type) {
    JsonNode value = answer.path("value");
    if (value.isNull() || value.isMissingNode()) {
      return null;
    }
    try {
      byte[] json = Stats.MAPPER.writeValueAsBytes(value);
      return type.cast(process.bound().json.codec(type).decode(json, 0, json.length));
    } catch (Misfit | java.io.IOException e) {
      throw new InvalidArgumentException("a handler's reply: " + e.getMessage());
    }
  }

  /**
   * Adds a handler.
   *
   * @param id its id, which no other handler of this manager has
   * @param handler what it begins as
   * @return done when it has come in
   */
  public CompletableFuture<Void> add(String id, EventHandler handler) {
    return add(id, handler, 0);
  }

  /**
   * Adds a handler in the name of the turn that does it: its end removes the handler, and it is
   * told when the handler leaves ({@link HandlerGone}).
   *
   * @param id its id, which no other handler of this manager has
   * @param handler what it begins as
   * @return done when it has come in
   */
  public CompletableFuture<Void> addSupervised(String id, EventHandler handler) {
    return add(id, handler, Layout.MANAGE_FLAG_SUPERVISED);
  }

  private CompletableFuture<Void> add(String id, EventHandler handler, int flags) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("handler", Objects.requireNonNull(id, "id"));
    request.put("argument", behaviour().argument(handler));
    return ask(Layout.MANAGE_ADD, flags, request).thenApply(answer -> null);
  }

  /**
   * Removes a handler.
   *
   * @param id its id
   * @param farewell what it is told at its end; null for nothing
   * @return what its {@code terminate} has returned
   */
  public CompletableFuture<Object> remove(String id, Object farewell) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("handler", Objects.requireNonNull(id, "id"));
    request.put("argument", json("a handler's farewell", farewell));
    return ask(Layout.MANAGE_REMOVE, 0, request)
        .thenApply(answer -> Notes.plain(answer.path("value")));
  }

  /**
   * As {@link #remove(String, Object)}, told nothing.
   *
   * @param id its id
   * @return what its {@code terminate} has returned
   */
  public CompletableFuture<Object> remove(String id) {
    return remove(id, null);
  }

  /**
   * Puts a handler in the place of another one, which need not be there. Who supervises the old one
   * supervises the new one then.
   *
   * @param id the id of the old one
   * @param newId the id of the new one
   * @param handler what the new one begins as
   * @param farewell what the old one is told at its end; null for nothing
   * @return done when the new one has come in
   */
  public CompletableFuture<Void> swap(
      String id, String newId, EventHandler handler, Object farewell) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("handler", Objects.requireNonNull(id, "id"));
    request.put("farewell", json("a handler's farewell", farewell));
    request.put("new", Objects.requireNonNull(newId, "newId"));
    request.put("argument", behaviour().argument(handler));
    return ask(Layout.MANAGE_SWAP, 0, request).thenApply(answer -> null);
  }

  /**
   * The handlers that there are.
   *
   * @return their ids, the newest first
   */
  public CompletableFuture<List<String>> handlers() {
    return ask(Layout.MANAGE_HANDLERS, 0, Map.of())
        .thenApply(
            answer -> {
              List<String> ids = new ArrayList<>();
              answer.path("handlers").forEach(id -> ids.add(id.asText()));
              return ids;
            });
  }

  /**
   * Ends the manager and its handlers in good order.
   *
   * @return done when it has ended
   */
  public CompletableFuture<Void> stop() {
    return process.stop();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EventManagerRef manager && process.equals(manager.process);
  }

  @Override
  public int hashCode() {
    return process.hashCode();
  }

  @Override
  public String toString() {
    return process.toString();
  }
}
