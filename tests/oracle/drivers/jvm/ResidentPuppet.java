// A durable actor of a scenario, which OTP does not have.
package oracle;

import dev.everact.Actor;
import dev.everact.Context;
import dev.everact.Down;
import dev.everact.Exit;
import dev.everact.Handler;
import dev.everact.errors.EveractException;
import dev.everact.errors.HandlerFailedException;
import java.util.List;

/** Its key is its name. What it hears of others is in its log. */
final class ResidentPuppet extends Actor {
  int value;

  @Override
  protected void activated(Context context) {
    World.here().write(context.key(), "activated");
  }

  @Override
  protected void passivating(Context context) {
    World.here().write(context.key(), "passivating");
  }

  @Override
  protected void onExit(Exit exit, Context context) {
    String line = "exit " + World.here().nameOf(exit.from()) + " " + Terms.reason(exit.reason());
    World.here().write(context.key(), line);
  }

  @Override
  protected void onDown(Down down, Context context) {
    String line = "down " + World.here().nameOf(down.from()) + " " + Terms.reason(down.reason());
    World.here().write(context.key(), line);
  }

  @Handler
  Object act(Puppet.Message.Do told, Context context) {
    List<Object> command = told.command();
    World world = World.here();
    switch (Acts.text(command, 0)) {
      case "link" -> context.link(world.tied(Acts.text(command, 1)));
      case "unlink" -> context.unlink(world.tied(Acts.text(command, 1)));
      case "monitor" -> context.monitor(world.tied(Acts.text(command, 1)));
      case "trap" -> context.trapExits((Boolean) command.get(1));
      case "spawn_link" -> world.entered(context.spawnLink(Puppet.KIND, Puppet.born(command, 1)));
      case "passivate" -> context.passivate();
      case "add" -> {
        value += ((Number) command.get(1)).intValue();
        return value;
      }
      case "crash" -> {
        value = -1;
        throw new IllegalStateException(Acts.text(command, 1));
      }
      default -> throw new IllegalArgumentException("an actor cannot " + command);
    }
    return "ok";
  }

  /** Has an actor do something. */
  static Object ask(String name, List<Object> command) {
    try {
      return World.here().engine.actor(ResidentPuppet.class, name)
          .call(ResidentPuppet::act, new Puppet.Message.Do(command));
    } catch (HandlerFailedException e) {
      String text = String.valueOf(e.getMessage());
      return List.of("failed", "error:" + text.substring(text.indexOf(": ") + 2));
    } catch (EveractException e) {
      return List.of("failed", e.getClass().getSimpleName());
    }
  }
}
