// State machines whose callbacks are data, with one method for all states and with methods for each.
package oracle;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.Asker;
import dev.everact.Context;
import dev.everact.Exit;
import dev.everact.ExitReason;
import dev.everact.Handler;
import dev.everact.Machine;
import dev.everact.MachineTurn;
import dev.everact.OnTimeout;
import dev.everact.StateMachine;
import dev.everact.Timeout;
import java.time.Duration;
import java.util.Optional;

abstract class MachinePuppet extends StateMachine {
  String name = "";
  String spec = "{}";

  private transient World world;
  private transient JsonNode states;
  private transient Asker held;

  /** Its methods are for all states. */
  @Machine(initial = "a", states = {"b", "c", "locked", "unlocked", "closed", "open"})
  static final class ForAll extends MachinePuppet {
    @Handler
    String call(String request, Context context) {
      return handle("call " + request, context);
    }

    @Handler
    void cast(String message, Context context) {
      handle("cast " + message, context);
    }

    @Handler
    void info(String message, Context context) {
      handle("info " + message, context);
    }

    @Handler
    void internal(String message, Context context) {
      handle("internal " + message, context);
    }
  }

  /** It has methods for each state, and for the rest. */
  @Machine(initial = "a", states = {"unlocked", "open"})
  static final class ForEach extends MachinePuppet {
    @Handler(state = {"a", "locked", "closed"})
    String call(String request, Context context) {
      return handle("call " + request, context);
    }

    @Handler(name = "call")
    String callElsewhere(String request, Context context) {
      return handle("call " + request, context);
    }

    @Handler(state = "a")
    void cast(String message, Context context) {
      handle("cast " + message, context);
    }

    @Handler(name = "cast", state = {"b", "c"})
    void castLater(String message, Context context) {
      handle("cast " + message, context);
    }

    @Handler(name = "cast")
    void castElsewhere(String message, Context context) {
      handle("cast " + message, context);
    }

    @Handler
    void info(String message, Context context) {
      handle("info " + message, context);
    }

    @Handler
    void internal(String message, Context context) {
      handle("internal " + message, context);
    }

    @OnTimeout("b")
    void inB(Timeout timeout, Context context) {
      onTimeout(timeout, context);
    }
  }

  @Override
  protected void activated(Context context) {
    world = World.here();
    JsonNode data = Spec.read(spec);
    states = data.path("states");
    world.enter(name, context.self());
    world.write("tree", "start " + name);
    if (data.path("trap").asBoolean()) {
      context.trapExits(true);
    }
    ServerPuppet.begin(world, data, context);
    context.machine().nextState(data.path("initial").asText());
    act(data, context, null);
  }

  @Override
  protected void onEnter(String previous, Context context) {
    handle("enter from " + previous, "enter", context);
  }

  @Override
  protected void onTimeout(Timeout timeout, Context context) {
    String which =
        switch (timeout.which().sort()) {
          case STATE -> "state_timeout ";
          case EVENT -> "event_timeout ";
          case NAMED -> "timer " + timeout.which().name() + " ";
        };
    handle(which + timeout.content(), context);
  }

  @Override
  protected void onExit(Exit exit, Context context) {
    handle("exit " + world.nameOf(exit.from()) + " " + Terms.reason(exit.reason()), context);
  }

  @Override
  protected void terminate(ExitReason reason, Context context) {
    world.write(name, "terminate in " + state() + ": " + Terms.reason(reason));
  }

  String handle(String event, Context context) {
    return handle(event, event, context);
  }

  private String handle(String event, String key, Context context) {
    world.write(name, state() + ": " + event);
    JsonNode own = states.path(state()).path(key);
    JsonNode entry = own.isMissingNode() ? states.path("*").path(key) : own;
    Spec.crash(entry);
    Asker asker = context.isTold() ? null : context.defer();
    act(entry, context, asker);
    if (entry.path("hold").asBoolean()) {
      held = asker;
    }
    Optional<String> stop = Spec.text(entry, "stop");
    if (stop.isPresent()) {
      throw context.exit(Terms.toReason(stop.get()));
    }
    Spec.text(entry, "next").ifPresent(context.machine()::nextState);
    if (entry.path("repeat").asBoolean()) {
      context.machine().repeatState();
    }
    return "";
  }

  private void act(JsonNode entry, Context context, Asker asker) {
    MachineTurn machine = context.machine();
    for (JsonNode action : entry.path("do")) {
      String what = action.path(0).asText();
      switch (what) {
        case "postpone" -> machine.postpone();
        case "reply" -> asker.reply(action.path(1).asText());
        case "release" -> held.reply(action.path(1).asText());
        case "next_event" -> {
          String type = action.path(1).asText();
          machine.nextEvent(
              type.equals("internal") ? MachineTurn.EventType.INTERNAL : MachineTurn.EventType.CAST,
              type,
              action.path(2).asText());
        }
        case "timer" -> timeout(machine, Timeout.named(action.path(1).asText()), action, 2);
        case "state_timeout" -> timeout(machine, Timeout.STATE, action, 1);
        default -> timeout(machine, Timeout.EVENT, action, 1);
      }
    }
  }

  private static void timeout(MachineTurn machine, Timeout.Which which, JsonNode action, int at) {
    JsonNode how = action.path(at);
    String content = action.path(at + 1).asText();
    if (how.asText().equals("cancel")) {
      machine.cancelTimeout(which);
    } else if (how.asText().equals("update")) {
      machine.updateTimeout(which, content);
    } else {
      Duration time = how.isNumber() ? Duration.ofMillis(how.asLong()) : null;
      switch (which.sort()) {
        case STATE -> machine.stateTimeout(time, content);
        case EVENT -> machine.eventTimeout(time, content);
        case NAMED -> machine.namedTimeout(which.name(), time, content);
      }
    }
  }
}
