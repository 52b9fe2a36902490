// The base of generated actors: state that is one message.
package dev.everact.proto;

import com.google.protobuf.Message;
import dev.everact.Actor;
import java.util.Objects;

/**
 * An actor whose state is one protobuf message. A turn that throws puts the message back to what it
 * was; a turn that ends well has it stored before anybody sees its reply. Fields of a subclass are
 * no state: they live as long as the activation.
 *
 * @param <S> the state
 */
public abstract class ProtoActor<S extends Message> extends Actor {
  private S state;

  /**
   * For generated classes.
   *
   * @param kind the declaration; its state is what a new actor has
   */
  protected ProtoActor(ProtoKind<?, S> kind) {
    state = kind.emptyState();
  }

  /**
   * The state.
   *
   * @return as of now, never null
   */
  protected final S getState() {
    return state;
  }

  /**
   * Changes the state.
   *
   * @param state the new one
   */
  protected final void setState(S state) {
    this.state = Objects.requireNonNull(state, "state");
  }
}
