// What goes out: a request, or a list of them, completed with the key of the actor that it is for.
package dev.everact.proto;

import com.google.protobuf.Message;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Bytes;
import java.io.IOException;
import java.util.List;

/** Requests of one type, with the field that names the actor. */
final class Requests<M> extends MessagePayload {
  /** Null where the requests name no actor. */
  final KeyField key;

  Requests(Message type, boolean isList, KeyField key) {
    super(type, isList);
    this.key = key;
  }

  /**
   * Requests on their way to one actor. Its key is written behind each: the last value of a field
   * counts.
   */
  record Addressed(List<? extends Message> requests, String key) {}

  /** The requests for the actor with this key; a request that names another is refused. */
  Object addressed(M message, String to) {
    List<? extends Message> requests = listed(message);
    boolean complete = !isList;
    for (Message request : requests) {
      String named = key.read(request);
      complete &= named != null;
      if (named != null && !named.equals(to)) {
        throw new InvalidArgumentException(
            "a request names the key " + named + ", its actor has the key " + to);
      }
    }
    return complete ? message : new Addressed(requests, to);
  }

  /** The key that the message names itself. */
  String keyOf(M message) {
    String named = key.readAll(listed(message).get(0));
    if (named == null) {
      throw new InvalidArgumentException(
          "field " + key.name() + " of the request names no actor; set it");
    }
    return named;
  }

  @SuppressWarnings("unchecked") // The generated code's M is the type, or a list of it.
  private List<? extends Message> listed(M message) {
    if (!isList) {
      return List.of((Message) message);
    }
    List<? extends Message> requests = (List<? extends Message>) message;
    if (requests.isEmpty()) {
      throw new InvalidArgumentException("the list of requests is empty; it needs at least one");
    }
    return requests;
  }

  @Override
  public boolean takes(Object value) {
    return value instanceof Addressed || super.takes(value);
  }

  @Override
  public void encode(Object value, Bytes out) throws IOException {
    if (!(value instanceof Addressed addressed)) {
      super.encode(value, out);
    } else if (!isList) {
      write(addressed.requests.get(0), out);
      key.write(addressed.key, out);
    } else {
      for (Message request : addressed.requests) {
        int at = begin(out);
        write(request, out);
        key.write(addressed.key, out);
        end(out, at);
      }
    }
  }
}
