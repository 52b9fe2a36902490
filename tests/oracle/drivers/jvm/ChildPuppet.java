// A puppet as the child of a supervisor: it has handlers, so that its start can be refused.
package oracle;

import dev.everact.Context;
import dev.everact.Down;
import dev.everact.Exit;
import dev.everact.ExitReason;
import dev.everact.GroupChange;
import dev.everact.Handler;
import dev.everact.HandlerProcess;
import dev.everact.Monitor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * Manners: {@code plain}; {@code polite} traps exits, writes {@code stop NAME: REASON} when its parent ends it, and ends;
 * {@code stubborn} traps exits and stays. One that is slow is polite and takes its time.
 */
final class ChildPuppet extends HandlerProcess {
  static final String KIND = "child_puppet";

  String name = "";
  String manner = "plain";
  int slowMs;
  List<String> outcomes = new ArrayList<>(List.of("ok"));
  Server server;

  /** What it has of a server, if it stands for one: its start and its end. */
  record Server(
      boolean trap, Optional<String> stop, Optional<String> crash, Optional<String> endCrash) {}

  private transient World world;
  private transient Acts acts;
  private transient List<Object> held;

  @Override
  protected void activated(Context context) {
    world = World.here();
    String outcome = outcomes.get(Math.min(world.attempt(name), outcomes.size() - 1));
    switch (outcome) {
      case "ok" -> begin(context);
      case "hang" -> {
        world.enter(name, context.self());
        world.write("tree", "start " + name + " hangs");
        hang();
      }
      case "ignore" -> {
        world.write("tree", "start " + name + " is ignored");
        throw context.exit(ExitReason.NORMAL);
      }
      default -> {
        world.write("tree", "start " + name + " fails");
        throw context.exit(Terms.toReason(outcome));
      }
    }
  }

  /** Until its thread is interrupted. */
  private static void hang() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void begin(Context context) {
    context.trapExits(!manner.equals("plain") || server != null && server.trap());
    held = new ArrayList<>();
    acts = new Acts(new Held());
    world.enter(name, context.self());
    world.write("tree", "start " + name);
    if (server != null && server.stop().isPresent()) {
      throw context.exit(Terms.toReason(server.stop().get()));
    } else if (server != null && server.crash().isPresent()) {
      throw new IllegalStateException(server.crash().get());
    }
  }

  /** The messages that it has kept. */
  private final class Held implements Acts.Mailbox {
    @Override
    public Object take(List<?> pattern, Duration time) {
      for (Object message : held) {
        if (acts.fits(pattern, message)) {
          held.remove(message);
          return message;
        }
      }
      return null;
    }

    @Override
    public void down(Monitor monitor) {
      throw new IllegalStateException("a child has no wait of its own");
    }
  }

  @Override
  protected void onExit(Exit exit, Context context) throws InterruptedException {
    if (server != null && exit.fromParent()) {
      world.write(name, "terminate: " + Terms.reason(exit.reason()));
      server.endCrash().ifPresent(text -> {
        throw new IllegalStateException(text);
      });
      throw context.exit(exit.reason());
    }
    if (!manner.equals("polite") || !exit.fromParent()) {
      held.add(exit);
      return;
    }
    Thread.sleep(slowMs);
    if (!context.isCancelled()) {
      world.write("tree", "stop " + name + ": " + Terms.reason(exit.reason()));
      throw context.exit(exit.reason());
    }
  }

  @Override
  protected void onDown(Down down, Context context) {
    held.add(down);
  }

  @Override
  protected void onGroup(GroupChange change, Context context) {
    held.add(change);
  }

  @Handler
  Object act(Puppet.Message.Do told, Context context) {
    try {
      return acts.act(context, told.command());
    } catch (Puppet.Returns e) {
      throw context.exit(ExitReason.NORMAL);
    }
  }

  @Handler
  String ping() {
    return "pong";
  }

  @Handler(name = "told")
  void message(Puppet.Message.Told message) {
    held.add(message);
  }
}
