// The state of a generated actor, as the engine reads and writes it.
package dev.everact.proto;

import com.google.protobuf.Message;
import dev.everact.internal.Declaration;
import dev.everact.internal.Payload;

/** The message that a {@link ProtoActor} holds. */
final class HeldMessage implements Declaration.State {
  private final MessagePayload payload;

  HeldMessage(Message empty) {
    payload = new MessagePayload(empty, false);
  }

  @Override
  public Payload payload() {
    return payload;
  }

  @Override
  public Object get(Object actor) {
    return ((ProtoActor<?>) actor).getState();
  }

  @Override
  public void set(Object actor, Object value) {
    put((ProtoActor<?>) actor, value);
  }

  @SuppressWarnings("unchecked") // It comes from this payload, whose type is the actor's state.
  private static <S extends Message> void put(ProtoActor<S> actor, Object value) {
    actor.setState((S) value);
  }
}
