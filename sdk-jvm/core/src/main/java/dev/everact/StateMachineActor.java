// The base of state machines with a key, durable unless their kind says otherwise.
package dev.everact;

/**
 * A state machine that is an actor: reached by its key, with its state stored beside its other
 * fields. All that {@link StateMachine} says holds for it, but a turn that fails ends nothing: the
 * state is the one before. Its time-outs are in memory.
 *
 * <pre>{@code
 * @Machine(initial = "new")
 * class Order extends StateMachineActor {
 *   @Handler(state = "new")
 *   void pay(Context context) {
 *     context.machine().nextState("paid");
 *   }
 * }
 * }</pre>
 */
public abstract class StateMachineActor extends Actor {
  /** The state's name; empty before the machine has begun. It is stored as its other fields are. */
  private String state = "";

  /** For subclasses; fields get their defaults here. */
  protected StateMachineActor() {}

  /**
   * The state that the machine is in.
   *
   * @return its name
   */
  protected final String state() {
    return state;
  }

  final void state(String next) {
    state = next;
  }

  /**
   * Called when a state is entered for which no method is marked {@link OnEnter}, the first one at
   * the machine's beginning. Nothing is called unless the class has this method or such a one.
   *
   * @param previous the state before; at the beginning the state itself
   * @param context what the turn may use; another state cannot be wanted here
   * @throws Exception what it throws fails its turn
   */
  protected void onEnter(String previous, Context context) throws Exception {}

  /**
   * Called when a time-out has come and no method for this state is marked {@link OnTimeout}.
   *
   * @param timeout which, and its content
   * @param context what the turn may use
   * @throws Exception what it throws fails its turn
   */
  protected void onTimeout(Timeout timeout, Context context) throws Exception {}
}
