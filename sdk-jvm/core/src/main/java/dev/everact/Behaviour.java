// What the SDK runs of a behaviour: callbacks that the core says are due.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import java.util.Map;

/** The behaviour of one kind. */
abstract class Behaviour {
  /** The behaviour of a class; null where it has none. */
  static Behaviour of(Class<?> type) {
    if (Server.class.isAssignableFrom(type)) {
      return new ServerBehaviour();
    }
    boolean machine =
        StateMachine.class.isAssignableFrom(type) || StateMachineActor.class.isAssignableFrom(type);
    return machine ? new MachineBehaviour(type) : null;
  }

  /** Says in the kind's configuration what it is. */
  abstract void configure(Map<String, Object> kind);

  /** The method that takes a message; the one that the message names unless states matter. */
  HandlerEntry choose(HandlerEntry handler, Object resident) {
    return handler;
  }

  /** A place for what a callback wants. */
  abstract Wishes wishes(TurnContext context);

  /** Runs a hook; false where it is one that every kind has. */
  abstract boolean hook(Turn turn, Object resident, byte[] payload) throws Throwable;

  /** A callback has returned well. */
  void returned(Turn turn, Object resident) {}

  /** The process is about to end. */
  abstract void terminate(Turn turn, Object resident, ExitReason reason) throws Throwable;

  /** An exit that is trapped: the parent's ends the process. */
  static boolean exit(Turn turn, Resident resident, byte[] payload) throws Throwable {
    Exit exit = Notes.exit(turn.context(), payload);
    if (exit.fromParent()) {
      turn.endsWith(exit.reason());
    } else {
      resident.onExit(exit, turn.context());
    }
    return true;
  }

  static InvalidArgumentException wrong(TurnContext context, String what) {
    return new InvalidArgumentException("kind " + context.kind() + " is no " + what);
  }
}
