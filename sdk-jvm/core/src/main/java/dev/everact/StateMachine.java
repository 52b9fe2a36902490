// The base of state machines: processes that react to a message depending on what has come before.
package dev.everact;

/**
 * A process with a state that has a name, as OTP's {@code gen_statem}. Its methods are for one
 * state ({@code @Handler(state = "locked")}), several, or all; that for the present state is
 * chosen. What a callback wants it says by {@link Context#machine}.
 *
 * <pre>{@code
 * @Machine(initial = "locked")
 * class Door extends StateMachine {
 *   @Handler(state = "locked")
 *   void coin(Context context) {
 *     context.machine().nextState("open").stateTimeout(Duration.ofSeconds(5), "close");
 *   }
 *
 *   @OnTimeout("open")
 *   void close(Timeout timeout, Context context) {
 *     context.machine().nextState("locked");
 *   }
 * }
 * }</pre>
 *
 * <p>A message that no method of the present state takes is a failure: who asked gets {@link
 * dev.everact.errors.UnknownHandlerException}, and the process ends.
 */
public abstract class StateMachine extends HandlerProcess {
  /** The state's name; empty before the machine has begun. It is stored as its other fields are. */
  private String state = "";

  /** For subclasses; fields get their defaults here. */
  protected StateMachine() {}

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
   * @throws Exception what it throws ends the machine
   */
  protected void onEnter(String previous, Context context) throws Exception {}

  /**
   * Called when a time-out has come and no method for this state is marked {@link OnTimeout}.
   *
   * @param timeout which, and its content
   * @param context what the turn may use
   * @throws Exception what it throws ends the machine
   */
  protected void onTimeout(Timeout timeout, Context context) throws Exception {}

  /**
   * Called before the machine ends: by itself, by an error, by {@link ProcessRef#stop}, or by its
   * parent's exit if it traps exits. A kill leaves no time for it.
   *
   * @param reason why it ends
   * @param context what the turn may use
   * @throws Exception what it throws is the reason of its end
   */
  protected void terminate(ExitReason reason, Context context) throws Exception {}
}
