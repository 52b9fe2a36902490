// A server whose callbacks are data.
package oracle;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.Asker;
import dev.everact.Context;
import dev.everact.Exit;
import dev.everact.ExitReason;
import dev.everact.Handler;
import dev.everact.Server;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

final class ServerPuppet extends Server {
  static final String KIND = "server_puppet";

  String name = "";
  String spec = "{}";

  private transient World world;
  private transient JsonNode on;
  private transient Asker held;

  @Override
  protected void activated(Context context) {
    world = World.here();
    JsonNode data = Spec.read(spec);
    on = data.path("on");
    world.enter(name, context.self());
    world.write("tree", "start " + name);
    if (data.path("trap").asBoolean()) {
      context.trapExits(true);
    }
    begin(world, data.path("init"), context);
    then(data.path("init"), context);
  }

  /** Begins as data says, or not. */
  static void begin(World world, JsonNode init, Context context) {
    long number = context.self().number();
    Optional<String> stop = Spec.text(init, "stop");
    Optional<String> crash = Spec.text(init, "crash");
    if (stop.isPresent()) {
      world.started(number, List.of("error", stop.get()));
      throw context.exit(Terms.toReason(stop.get()));
    } else if (crash.isPresent()) {
      world.started(number, List.of("error", "error:" + crash.get()));
      Spec.crash(init);
    } else if (init.path("ignore").asBoolean()) {
      world.started(number, "ignore");
      throw context.exit(ExitReason.NORMAL);
    }
    world.started(number, "ok");
  }

  /** What is wanted before the next message. */
  private static void then(JsonNode entry, Context context) {
    Spec.text(entry, "continue").ifPresent(context.server()::continueWith);
    if (entry.has("timeout")) {
      context.server().idleTimeout(Duration.ofMillis(entry.path("timeout").asLong()));
    }
  }

  @Handler
  String call(String request, Context context) {
    return serve("call " + request, context);
  }

  @Handler
  void cast(String message, Context context) {
    serve("cast " + message, context);
  }

  @Handler
  void info(String message, Context context) {
    serve("info " + message, context);
  }

  @Override
  protected void onContinue(Object value, Context context) {
    serve("continue " + value, context);
  }

  @Override
  protected void onTimeout(Context context) {
    serve("timeout", context);
  }

  @Override
  protected void onExit(Exit exit, Context context) {
    serve("exit " + world.nameOf(exit.from()) + " " + Terms.reason(exit.reason()), context);
  }

  private String serve(String line, Context context) {
    world.write(name, line);
    JsonNode entry = on.path(line);
    Spec.crash(entry);
    if (entry.path("hold").asBoolean()) {
      held = context.defer();
    }
    if (entry.path("nonsense").asBoolean()) {
      context.server().reply(new Object());
    }
    Spec.text(entry, "release").ifPresent(value -> held.reply(value));
    Optional<String> reply = Spec.text(entry, "reply");
    Optional<String> stop = Spec.text(entry, "stop");
    if (stop.isPresent()) {
      reply.ifPresent(context.server()::reply);
      throw context.exit(Terms.toReason(stop.get()));
    }
    then(entry, context);
    if (reply.isEmpty() && !context.isTold()) {
      context.defer();
    }
    return reply.orElse("");
  }

  @Override
  protected void terminate(ExitReason reason, Context context) {
    world.write(name, "terminate: " + Terms.reason(reason));
    Spec.crash(on.path("terminate"));
  }
}
