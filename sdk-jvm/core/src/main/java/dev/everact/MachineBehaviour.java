// What the SDK runs of a state machine: the method for the state that it is in.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.InvalidDeclarationException;
import dev.everact.internal.Layout;
import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** The states of one kind and their methods. */
final class MachineBehaviour extends Behaviour {
  /** In the place of a state: all those that have no method of their own. */
  private static final String ANY = "";

  private final Class<?> type;
  private final String initial;
  private final Set<String> states = new TreeSet<>();

  /** By the handler's name, then by the state. */
  private final Map<String, Map<String, HandlerEntry>> handlers = new HashMap<>();

  private final Map<String, MethodHandle> enters = new HashMap<>();
  private final Map<String, MethodHandle> timeouts = new HashMap<>();
  private final boolean entersAny;

  MachineBehaviour(Class<?> type) {
    this.type = type;
    Machine options = type.getAnnotation(Machine.class);
    if (options == null || options.initial().isEmpty()) {
      throw invalid("does not say @Machine(initial = ...)");
    }
    initial = options.initial();
    states.add(initial);
    states.addAll(List.of(options.states()));
    boolean overridden = false;
    for (Class<?> level = type; !isBase(level); level = level.getSuperclass()) {
      for (Method method : level.getDeclaredMethods()) {
        collect(method, OnEnter.class, OnEnter::value, String.class, enters);
        collect(method, OnTimeout.class, OnTimeout::value, Timeout.class, timeouts);
        overridden |=
            method.getName().equals("onEnter")
                && List.of(method.getParameterTypes()).equals(List.of(String.class, Context.class));
      }
    }
    entersAny = overridden;
    if (states.contains(ANY)) {
      throw invalid("has a state without a name");
    }
  }

  private static boolean isBase(Class<?> level) {
    return level == StateMachine.class || level == StateMachineActor.class;
  }

  private InvalidDeclarationException invalid(String fault) {
    return new InvalidDeclarationException("state machine " + type.getSimpleName() + " " + fault);
  }

  private <A extends Annotation> void collect(
      Method method,
      Class<A> mark,
      Function<A, String[]> names,
      Class<?> first,
      Map<String, MethodHandle> into) {
    A found = method.getAnnotation(mark);
    if (found == null || method.isBridge()) {
      return;
    }
    String place = "@" + mark.getSimpleName() + " " + method.getName();
    if (!List.of(method.getParameterTypes()).equals(List.of(first, Context.class))) {
      throw invalid(
          "has a method " + place + " that does not take " + first.getSimpleName() + ", Context");
    }
    MethodHandle handle;
    try {
      handle =
          MethodHandles.privateLookupIn(method.getDeclaringClass(), MethodHandles.lookup())
              .unreflect(method)
              .asType(MethodType.methodType(void.class, Object.class, first, Context.class));
    } catch (IllegalAccessException e) {
      throw (InvalidDeclarationException)
          invalid("cannot be reached; open its package to dev.everact").initCause(e);
    }
    for (String state : names.apply(found)) {
      states.add(state);
      // A subclass comes first.
      if (into.putIfAbsent(state, handle) != null && method.getDeclaringClass() == type) {
        throw invalid("has two methods " + mark.getSimpleName() + " for the state " + state);
      }
    }
  }

  /** Takes a method in. */
  void add(Method method, HandlerEntry entry) {
    String[] of = method.getAnnotation(Handler.class).state();
    Map<String, HandlerEntry> all = handlers.computeIfAbsent(entry.name, name -> new HashMap<>());
    HandlerEntry other = all.isEmpty() ? entry : all.values().iterator().next();
    if (entry.message != other.message) {
      throw invalid("has methods for " + entry.name + " that take messages of different types");
    }
    for (String state : of.length == 0 ? new String[] {ANY} : of) {
      if (of.length > 0) {
        states.add(state);
      }
      if (of.length > 0 && state.isEmpty()) {
        throw invalid("has a state without a name");
      }
      if (all.put(state, entry) != null) {
        String where = state.isEmpty() ? "any state" : "the state " + state;
        throw invalid("has two handlers named " + entry.name + " for " + where);
      }
    }
  }

  /** The name of a state that there is. */
  String declared(String state) {
    if (!states.contains(state)) {
      throw new InvalidArgumentException(
          "state machine " + type.getSimpleName() + " declares no state " + state);
    }
    return state;
  }

  /**
   * Another state is put in the place of a machine's, which may be in another one of its states.
   */
  void replaceState(Turn turn, byte[] given) throws Throwable {
    byte[] before = turn.activation.snapshot(turn.actor);
    turn.activation.restore(given);
    String state = state(turn.actor);
    if (!states.contains(state)) {
      turn.activation.restore(before);
      throw new Misfit("state machine " + type.getSimpleName() + " declares no state " + state);
    }
    ((MachineTurn) turn.context().wishes()).begin(state);
  }

  private static String state(Object resident) {
    return resident instanceof StateMachine process
        ? process.state()
        : ((StateMachineActor) resident).state();
  }

  private static void state(Object resident, String next) {
    if (resident instanceof StateMachine process) {
      process.state(next);
    } else {
      ((StateMachineActor) resident).state(next);
    }
  }

  @Override
  void configure(Map<String, Object> kind) {
    kind.put("behaviour", "state_machine");
    kind.put("enter_calls", entersAny || !enters.isEmpty());
    kind.put("activated", true);
  }

  @Override
  HandlerEntry choose(HandlerEntry handler, Object resident) {
    Map<String, HandlerEntry> all = handlers.get(handler.name);
    String state = state(resident);
    HandlerEntry chosen = all.get(state);
    chosen = chosen == null ? all.get(ANY) : chosen;
    if (chosen == null) {
      throw new Unhandled(
          "state machine "
              + type.getSimpleName()
              + " has no handler "
              + handler.name
              + " in the state "
              + state);
    }
    return chosen;
  }

  @Override
  Wishes wishes(TurnContext context) {
    return new MachineTurn(context, this);
  }

  @Override
  boolean hook(Turn turn, Object resident, byte[] payload) throws Throwable {
    TurnContext context = turn.context();
    switch (turn.hook) {
      case Layout.HANDLER_ENTER -> enter(context, resident, String.valueOf(Notes.value(payload)));
      case Layout.HANDLER_TIMEOUT -> timeout(context, resident, Notes.timeout(payload));
      case Layout.HANDLER_EXIT -> exit(turn, (Resident) resident, payload);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void enter(Context context, Object resident, String previous) throws Throwable {
    MethodHandle own = enters.get(state(resident));
    try {
      if (own != null) {
        own.invokeExact(resident, previous, context);
      } else if (resident instanceof StateMachine process) {
        process.onEnter(previous, context);
      } else {
        ((StateMachineActor) resident).onEnter(previous, context);
      }
    } catch (ProcessExit e) {
      throw e;
    } catch (Throwable e) {
      // A state whose enter call fails was not entered.
      state(resident, previous);
      throw e;
    }
  }

  private void timeout(Context context, Object resident, Timeout timeout) throws Throwable {
    MethodHandle own = timeouts.get(state(resident));
    if (own != null) {
      own.invokeExact(resident, timeout, context);
    } else if (resident instanceof StateMachine process) {
      process.onTimeout(timeout, context);
    } else {
      ((StateMachineActor) resident).onTimeout(timeout, context);
    }
  }

  @Override
  void returned(Turn turn, Object resident) {
    MachineTurn wanted = (MachineTurn) turn.context().wishes();
    if (turn.hook == Layout.HANDLER_ACTIVATED) {
      String before = state(resident);
      wanted.begin(before.isEmpty() ? initial : declared(before));
    }
    if (wanted.next() != null) {
      state(resident, wanted.next());
    }
  }

  @Override
  void terminate(Turn turn, Object resident, ExitReason reason) throws Throwable {
    if (resident instanceof StateMachine process) {
      process.terminate(reason, turn.context());
    }
  }
}
