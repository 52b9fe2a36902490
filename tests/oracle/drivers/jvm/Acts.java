// The commands of a puppet, in the name of the turn in which it does them.
package oracle;

import dev.everact.Address;
import dev.everact.Context;
import dev.everact.Delayed;
import dev.everact.Down;
import dev.everact.Exit;
import dev.everact.ExitReason;
import dev.everact.GroupChange;
import dev.everact.HandlerGone;
import dev.everact.Joined;
import dev.everact.Monitor;
import dev.everact.Monitored;
import dev.everact.ProcessRef;
import dev.everact.Spawn;
import dev.everact.Timer;
import dev.everact.errors.DeadlineExceededException;
import dev.everact.errors.EveractException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.NameTakenException;
import dev.everact.errors.NoProcessException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What a puppet remembers, and what it does. */
final class Acts {
  private static final Duration PING = Duration.ofSeconds(2);
  private static final int RECEIVE_MS = 2_000;

  /** Where a puppet's messages wait. */
  interface Mailbox {
    /** The first message that a pattern is the beginning of; null when the time has passed. */
    Object take(List<?> pattern, Duration time);

    /** Waits for the end of one that is watched. */
    void down(Monitor monitor);
  }

  private final World world = World.here();
  private final Mailbox mailbox;
  private final Map<Long, String> monitors = new HashMap<>();
  private final Map<String, Monitor> byName = new HashMap<>();
  private final Map<String, Timer> timers = new HashMap<>();
  private final Crowd crowd = new Crowd();
  private Context context;

  Acts(Mailbox mailbox) {
    this.mailbox = mailbox;
  }

  /** What a command gives. */
  Object act(Context here, List<?> command) {
    context = here;
    String verb = text(command, 0);
    return switch (verb) {
      case "link", "unlink", "links", "trap", "exit", "crash", "send_exit" -> tie(verb, command);
      case "monitor", "demonitor", "spawn_link", "spawn_monitor" -> watch(verb, command);
      case "register", "unregister", "whereis", "send_name" -> named(verb, command);
      case "join", "leave", "members", "groups", "watch_group", "publish" -> grouped(verb, command);
      case "timer", "every", "cancel", "read" -> timed(verb, command);
      case "race" -> Crowd.race(text(command, 1), number(command, 2));
      case "crowd" -> crowd.gather(context, number(command, 1));
      case "disperse" -> crowd.disperse();
      case "watches" -> Crowd.watches(context, process(command, 1), number(command, 2));
      case "rounds" -> Crowd.rounds(mailbox, context, number(command, 1));
      case "send", "flood", "ping", "receive", "mailbox" -> message(verb, command);
      case "start_link" -> startLink(text(command, 1), command);
      case "call" -> Behaviours.call(process(command, 1), command);
      case "cast", "info" ->
          Behaviours.tell(process(command, 1), verb.equals("cast"), text(command, 2));
      case "add_sup_handler" ->
          Behaviours.operate(verb, process(command, 1), command.subList(2, command.size()));
      default -> throw new IllegalArgumentException("not yet: " + verb);
    };
  }

  private Object startLink(String kind, List<?> command) {
    String name = text(command, 2);
    return kind.equals("supervisor")
        ? Supervisors.start(context::startSupervisor, name, (Map<?, ?>) command.get(3))
        : Behaviours.start(context, kind, name, command.get(3), true);
  }

  static String text(List<?> command, int at) {
    return (String) command.get(at);
  }

  private static int number(List<?> command, int at) {
    return ((Number) command.get(at)).intValue();
  }

  private ProcessRef<?> process(List<?> command, int at) {
    return world.process(text(command, at));
  }

  private Object tie(String verb, List<?> command) {
    try {
      return tied(verb, command);
    } catch (InvalidArgumentException e) {
      return "invalid";
    }
  }

  private Object tied(String verb, List<?> command) {
    switch (verb) {
      case "link" -> context.link(world.tied(text(command, 1)));
      case "unlink" -> context.unlink(world.tied(text(command, 1)));
      case "links" -> {
        return world.namesOf(context.links());
      }
      case "trap" -> context.trapExits((Boolean) command.get(1));
      case "exit" -> {
        ExitReason reason = Terms.toReason(text(command, 1));
        throw reason instanceof ExitReason.Normal ? new Puppet.Returns() : context.exit(reason);
      }
      case "crash" -> throw new IllegalStateException(text(command, 1));
      default -> context.exit(process(command, 1), Terms.toReason(text(command, 2)));
    }
    return "ok";
  }

  private Object watch(String verb, List<?> command) {
    switch (verb) {
      case "monitor" -> {
        String of = text(command, 1);
        Address<?> target =
            of.startsWith("name:")
                ? context.whereis(of.substring("name:".length())).orElse(null)
                : world.tied(of);
        watches(text(command, command.size() - 1), context.monitor(target == null ? world.dead : target));
      }
      case "demonitor" -> {
        String how = command.size() > 2 ? text(command, 2) : "";
        boolean was = context.demonitor(byName.get(text(command, 1)), how.equals("flush"));
        return how.equals("info") ? was : "ok";
      }
      case "spawn_link" -> {
        return world.entered(context.spawnLink(Puppet.KIND, Puppet.born(command, 1)));
      }
      default -> {
        Monitored<Puppet.Message> spawned =
            context.spawnMonitor(Spawn.of(Puppet.KIND, Puppet.born(command, 1)));
        String entered = world.entered(spawned.process());
        watches(text(command, 1), spawned.monitor());
        return entered;
      }
    }
    return "ok";
  }

  private void watches(String name, Monitor monitor) {
    monitors.put(monitor.number(), name);
    byName.put(name, monitor);
  }

  private Object named(String verb, List<?> command) {
    String name = text(command, 1);
    switch (verb) {
      case "register" -> {
        ProcessRef<?> process = command.size() > 2 ? process(command, 2) : context.self();
        try {
          context.register(name, process);
        } catch (NameTakenException e) {
          return context.whereis(name).isPresent() ? "name_taken" : "has_a_name";
        } catch (NoProcessException e) {
          return "noproc";
        }
      }
      case "unregister" -> {
        return context.unregister(name).isPresent() ? "ok" : "unknown_name";
      }
      case "whereis" -> {
        return context.whereis(name).map(world::nameOf).orElse(null);
      }
      default -> {
        Optional<ProcessRef<?>> found = context.whereis(name);
        found.ifPresent(process -> Puppet.send(process, text(command, 2)));
        return found.isPresent() ? "ok" : "unknown_name";
      }
    }
    return "ok";
  }

  private Object grouped(String verb, List<?> command) {
    String group = command.size() > 1 ? text(command, 1) : "";
    switch (verb) {
      case "join" -> {
        context.join(group, command.size() > 2 ? process(command, 2) : context.self());
      }
      case "leave" -> {
        return context.leave(group) ? "ok" : "not_joined";
      }
      case "members" -> {
        return world.namesOf(context.members(group));
      }
      case "groups" -> {
        return world.groups();
      }
      case "watch_group" -> {
        return world.namesOf(context.monitorGroup(group).members());
      }
      default -> context.publish(group, new Puppet.Message.Told(text(command, 2)));
    }
    return "ok";
  }

  private Object timed(String verb, List<?> command) {
    String name = text(command, 1);
    switch (verb) {
      case "timer", "every" -> {
        ProcessRef<?> to = command.size() > 4 ? process(command, 4) : context.self();
        long ms = ((Number) command.get(2)).longValue();
        try {
          timers.put(name, arm(to, verb.equals("every"), ms, text(command, 3)));
        } catch (InvalidArgumentException e) {
          return "invalid";
        }
        return "ok";
      }
      case "cancel" -> {
        return timers.get(name).cancel().isPresent() ? "left" : "gone";
      }
      default -> {
        return timers.get(name).read().isPresent() ? "left" : "gone";
      }
    }
  }

  private static Timer arm(ProcessRef<?> to, boolean again, long ms, String tag) {
    Duration time = Duration.ofMillis(ms);
    Puppet.Message.Told message = new Puppet.Message.Told(tag);
    if (to.kind().equals(Puppet.KIND.name())) {
      ProcessRef<Puppet.Message> puppet = to.cast(Puppet.KIND);
      Delayed<Puppet.Message> later = again ? puppet.every(time) : puppet.after(time);
      return later.tell(message);
    }
    ProcessRef<ChildPuppet> child = to.cast(ChildPuppet.class);
    return (again ? child.every(time) : child.after(time)).tell(ChildPuppet::message, message);
  }

  private Object message(String verb, List<?> command) {
    switch (verb) {
      case "send" -> Puppet.send(process(command, 1), text(command, 2));
      case "flood" -> {
        ProcessRef<?> to = process(command, 1);
        for (int i = 0; i < number(command, 2); i++) {
          Puppet.send(to, text(command, 3));
        }
      }
      case "ping" -> {
        return ping(process(command, 1));
      }
      case "receive" -> {
        List<?> pattern = command.size() > 1 ? (List<?>) command.get(1) : List.of();
        int ms = command.size() > 2 ? number(command, 2) : RECEIVE_MS;
        Object taken = mailbox.take(pattern, Duration.ofMillis(ms));
        return taken == null ? "nothing" : shown(taken);
      }
      default -> {
        List<Object> all = new ArrayList<>();
        for (Object taken = mailbox.take(List.of(), Duration.ZERO);
            taken != null;
            taken = mailbox.take(List.of(), Duration.ZERO)) {
          all.add(shown(taken));
        }
        return all;
      }
    }
    return "ok";
  }

  /** A message there and one back: whatever was sent before has arrived when the answer has. */
  private static Object ping(ProcessRef<?> to) {
    CompletableFuture<ExitReason> end = World.endOf(to);
    try {
      return to.kind().equals(Puppet.KIND.name())
          ? to.cast(Puppet.KIND).withDeadline(PING).call(new Puppet.Message.Ping(), String.class)
          : to.cast(ChildPuppet.class).withDeadline(PING).call(ChildPuppet::ping);
    } catch (DeadlineExceededException e) {
      return "no answer";
    } catch (NoProcessException e) {
      return List.of("ended", Terms.reason(end.join()));
    } catch (EveractException e) {
      // Of a kind that nothing can be asked: it is the one of the dead.
      return List.of("ended", Terms.reason(end.join()));
    }
  }

  /** A message as the README writes it. */
  List<Object> shown(Object message) {
    if (message instanceof Puppet.Message.Told told) {
      return List.of("message", told.tag());
    } else if (message instanceof Exit exit) {
      return List.of("exit", world.nameOf(exit.from()), Terms.reason(exit.reason()));
    } else if (message instanceof Down down) {
      String name = monitors.getOrDefault(down.monitor().number(), "?");
      return List.of("down", name, Terms.reason(down.reason()));
    } else if (message instanceof HandlerGone gone) {
      String why = gone.replacedBy().map("swapped:"::concat).orElse(Terms.reason(gone.reason()));
      return List.of("handler_gone", gone.id(), why);
    } else if (message instanceof GroupChange change) {
      String word = change instanceof Joined ? "joined" : "left";
      return List.of(word, change.group(), List.of(world.nameOf(change.process())));
    }
    return List.of("unknown", String.valueOf(message));
  }

  /** Whether a pattern is the beginning of a message. */
  boolean fits(List<?> pattern, Object message) {
    List<Object> shown = shown(message);
    return pattern.size() <= shown.size() && shown.subList(0, pattern.size()).equals(pattern);
  }
}
