// What the SDK runs of an event manager: its handlers' callbacks.
package dev.everact;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.InvalidDeclarationException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The handlers' classes of one kind, and how their objects come and go. */
final class ManagerBehaviour extends Behaviour {
  /** A class of handlers. */
  private record Type(String name, FieldState state, MethodHandle constructor) {}

  /** The object of a manager: its handlers by their ids. */
  static final class Running {
    private final Map<String, EventHandler> handlers = new LinkedHashMap<>();
  }

  private final String kind;
  private final Map<String, Type> byName = new HashMap<>();
  private final Map<Class<?>, Type> byClass = new HashMap<>();

  ManagerBehaviour(EventManager manager, Json json) {
    kind = manager.name();
    for (Class<? extends EventHandler> of : manager.handlers()) {
      Type type =
          new Type(Names.snake(of.getSimpleName()), new FieldState(of, json), constructor(of));
      byClass.put(of, type);
      if (byName.put(type.name, type) != null) {
        throw new InvalidDeclarationException(
            "event manager " + kind + " has two classes of handlers named " + type.name);
      }
    }
  }

  private MethodHandle constructor(Class<?> of) {
    try {
      return MethodHandles.privateLookupIn(of, MethodHandles.lookup())
          .findConstructor(of, MethodType.methodType(void.class))
          .asType(MethodType.methodType(EventHandler.class));
    } catch (ReflectiveOperationException e) {
      throw (InvalidDeclarationException)
          new InvalidDeclarationException(
                  "handler "
                      + of.getSimpleName()
                      + " of event manager "
                      + kind
                      + " has no constructor without parameters (an inner class must be static),"
                      + " or its package is not open to dev.everact")
              .initCause(e);
    }
  }

  /** A handler as it travels: its class's name and its fields. */
  Map<String, Object> argument(EventHandler handler) {
    Type type = byClass.get(handler.getClass());
    if (type == null) {
      throw new InvalidArgumentException(
          "event manager "
              + kind
              + " has no class of handlers "
              + handler.getClass().getSimpleName());
    }
    Map<String, Object> argument = new LinkedHashMap<>();
    argument.put("type", type.name);
    argument.put("argument", written(type, handler));
    return argument;
  }

  private static Configuration.Written written(Type type, EventHandler handler) {
    Bytes out = new Bytes(64);
    try {
      type.state.encode(handler, null, out);
    } catch (Misfit e) {
      throw new InvalidArgumentException("handler " + type.name + ": " + e.getMessage());
    }
    return new Configuration.Written(new String(out.array, 0, out.length, StandardCharsets.UTF_8));
  }

  private EventHandler made(JsonNode given) throws Throwable {
    String name = given.path("type").asText();
    Type type = byName.get(name);
    if (type == null) {
      throw new InvalidArgumentException(
          "event manager " + kind + " has no class of handlers " + name);
    }
    EventHandler fresh = (EventHandler) type.constructor.invokeExact();
    try {
      type.state.decode(Stats.MAPPER.writeValueAsBytes(given.path("argument")), fresh);
    } catch (Misfit e) {
      throw new InvalidArgumentException("handler " + name + ": " + e.getMessage());
    }
    return fresh;
  }

  @Override
  void configure(Map<String, Object> settings) {
    settings.put("behaviour", "event_manager");
  }

  @Override
  Wishes wishes(TurnContext context) {
    return new EventTurn(context, this);
  }

  @Override
  boolean hook(Turn turn, Object resident, byte[] payload) throws Throwable {
    if (turn.hook != Layout.HANDLER_MANAGER) {
      return true;
    }
    Map<String, EventHandler> handlers = ((Running) resident).handlers;
    TurnContext context = turn.context();
    JsonNode given = Notes.tree(payload);
    String id = given.path("handler").asText();
    String what = given.path("do").asText();
    if (what.equals("init")) {
      begin(handlers, id, given, context);
      return true;
    }
    EventHandler handler = handlers.get(id);
    if (handler == null) {
      throw new IllegalStateException("no handler " + id + " is here");
    }
    switch (what) {
      case "terminate" -> {
        handlers.remove(id);
        turn.answer(handler.terminate(leaving(given.path("why")), context));
      }
      case "call" -> turn.answer(handler.onCall(Notes.plain(given.path("query")), context));
      case "info" -> handler.onInfo(info(turn, given), context);
      case "exit" -> {
        Address<?> from = Notes.who(context, given.path("from"));
        handler.onExit(new Exit(from, Notes.why(given.path("reason")), false), context);
      }
      default -> handler.onEvent(Notes.plain(given.path("event")), context);
    }
    return true;
  }

  private void begin(
      Map<String, EventHandler> handlers, String id, JsonNode given, TurnContext context)
      throws Throwable {
    EventHandler handler = made(given.path("argument"));
    JsonNode after = given.path("after");
    try {
      handler.init(after.isMissingNode() ? Optional.empty() : Optional.of(after(after)), context);
    } catch (Refuse refused) {
      ((EventTurn) context.wishes()).refuse(refused.reason());
      return;
    }
    handlers.put(id, handler);
  }

  private static After after(JsonNode given) {
    return switch (given.path("is").asText()) {
      case "left" -> new After(After.Why.LEFT, Notes.plain(given.path("result")), null);
      case "unknown" -> new After(After.Why.UNKNOWN, null, null);
      default -> new After(After.Why.FAILED, null, Notes.why(given));
    };
  }

  private static Leaving leaving(JsonNode why) {
    return switch (why.path("is").asText()) {
      case "asked" -> new Leaving(Leaving.Why.ASKED, Notes.plain(why.path("argument")), null);
      case "removed" -> new Leaving(Leaving.Why.REMOVED, null, null);
      case "stopped" -> new Leaving(Leaving.Why.STOPPED, null, null);
      case "supervisor_exited" ->
          new Leaving(Leaving.Why.SUPERVISOR_EXITED, null, Notes.why(why.path("reason")));
      default -> new Leaving(Leaving.Why.FAILED, null, Notes.why(why));
    };
  }

  /** A message, or what the core tells the manager. */
  private static Object info(Turn turn, JsonNode given) throws Throwable {
    if (!given.has("note")) {
      byte[] message = Stats.MAPPER.writeValueAsBytes(given.path("message"));
      HandlerEntry declared = turn.activation.kind.handler(given.path("name").asText());
      return declared.message.decode(message, 0, message.length);
    }
    byte[] note = Stats.MAPPER.writeValueAsBytes(given.path("note"));
    return given.path("note").has("joined")
        ? Notes.group(turn.context(), note)
        : Notes.down(turn.context(), note);
  }

  @Override
  void terminate(Turn turn, Object resident, ExitReason reason) {
    // The core has each handler's own callback run.
  }

  /** The state of a manager: its handlers' fields by their ids. */
  State state() {
    return new State() {
      @Override
      void encode(Object manager, Kept kept, Bytes out) {
        Map<String, Object> all = new LinkedHashMap<>();
        ((Running) manager).handlers.forEach((id, handler) -> all.put(id, argument(handler)));
        Configuration.write(all, out);
      }

      @Override
      Kept decode(byte[] from, Object manager) {
        return null;
      }

      @Override
      Kept restore(byte[] before, Object manager, KindTable of) throws Misfit {
        throw new Misfit("the handlers of an event manager are added and removed one by one");
      }
    };
  }
}
