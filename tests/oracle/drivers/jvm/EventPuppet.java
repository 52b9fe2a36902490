// A handler of events whose callbacks are data.
package oracle;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.After;
import dev.everact.Context;
import dev.everact.EventHandler;
import dev.everact.EventManager;
import dev.everact.Exit;
import dev.everact.Leaving;
import dev.everact.Refuse;
import java.util.Optional;

final class EventPuppet extends EventHandler {
  static final EventManager KIND = EventManager.of("manager", EventPuppet.class).messages(Info.class);

  /** An ordinary message. */
  record Info(String text) {}

  String id = "";
  String spec = "{}";

  static EventPuppet of(String id, Object data) {
    EventPuppet handler = new EventPuppet();
    handler.id = id;
    handler.spec = Spec.written(data);
    return handler;
  }

  private void write(Context context, String line) {
    World world = World.here();
    world.write(world.nameOf(context.self()), id + line);
  }

  @Override
  protected void init(Optional<After> after, Context context) {
    write(context, " begins" + after.map(EventPuppet::shown).orElse(""));
    JsonNode data = Spec.read(spec);
    Spec.crash(data);
    Optional<String> refuses = Spec.text(data, "refuses");
    if (refuses.isPresent()) {
      throw new Refuse(refuses.get().substring("custom:".length()));
    }
  }

  private static String shown(After after) {
    return after.why() == After.Why.LEFT ? " after " + after.result() : " after error";
  }

  /** Does what is said of an event; the reply. */
  private Object handle(String line, String key, Context context) {
    write(context, ": " + line);
    JsonNode entry = Spec.read(spec).path("on").path(key);
    Spec.crash(entry);
    if (entry.path("remove").asBoolean()) {
      context.events().remove();
    } else if (entry.has("swap")) {
      String other = entry.path("swap").path(0).asText();
      context.events().swap(other, of(other, entry.path("swap").path(1)), "swapped");
    }
    if (entry.path("nonsense").asBoolean()) {
      return new Object();
    }
    return Spec.text(entry, "reply").orElse("no reply");
  }

  @Override
  protected void onEvent(Object event, Context context) {
    handle(String.valueOf(event), String.valueOf(event), context);
  }

  @Override
  protected void onInfo(Object message, Context context) {
    String text = ((Info) message).text();
    handle("info " + text, text, context);
  }

  @Override
  protected Object onCall(Object query, Context context) {
    return handle("call " + query, String.valueOf(query), context);
  }

  @Override
  protected void onExit(Exit exit, Context context) {
    String line = "exit " + World.here().nameOf(exit.from()) + " " + Terms.reason(exit.reason());
    handle(line, line, context);
  }

  @Override
  protected Object terminate(Leaving leaving, Context context) {
    String why =
        switch (leaving.why()) {
          case ASKED -> String.valueOf(leaving.argument());
          case REMOVED -> "remove_handler";
          case STOPPED -> "stop";
          case SUPERVISOR_EXITED -> "stop " + Terms.reason(leaving.reason());
          case FAILED -> "failed " + Terms.reason(leaving.reason());
        };
    write(context, ": ends: " + why);
    return id + " left";
  }
}
