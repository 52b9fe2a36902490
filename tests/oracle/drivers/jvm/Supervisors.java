// Supervisors from data, and the commands to them.
package oracle;

import dev.everact.AutoShutdown;
import dev.everact.Child;
import dev.everact.ChildCounts;
import dev.everact.ChildInfo;
import dev.everact.ExitReason;
import dev.everact.ProcessRef;
import dev.everact.Restart;
import dev.everact.Shutdown;
import dev.everact.Spawn;
import dev.everact.Strategy;
import dev.everact.Supervisor;
import dev.everact.SupervisorException;
import dev.everact.SupervisorRef;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.NoProcessException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

final class Supervisors {
  private static final int STOP_MS = 4_000;

  private Supervisors() {}

  /** Starts a supervisor: ok, invalid, or why not. */
  static Object start(Function<Supervisor, SupervisorRef> scope, String name, Map<?, ?> data) {
    World world = World.here();
    int before = world.instances(name);
    try {
      scope.apply(supervisor(name, data));
      world.look();
      return "ok";
    } catch (InvalidArgumentException | IllegalArgumentException e) {
      // What is a word in other languages is an enum here, which has no wrong ones.
      world.write("tree", "start " + name);
      return "invalid";
    } catch (SupervisorException e) {
      return refused(e);
    }
  }

  private static boolean isDynamic(Map<?, ?> data) {
    return "simple_one_for_one".equals(data.get("strategy"));
  }

  private static Supervisor supervisor(String name, Map<?, ?> data) {
    List<Child> children = new ArrayList<>();
    if (!isDynamic(data)) {
      children.add(
          Child.of(Announcer.class, it -> it.supervisor = name)
              .id("announcer of " + name)
              .restart(Restart.TEMPORARY));
    }
    for (Object child : data.get("children") instanceof List<?> given ? given : List.of()) {
      children.add(child((Map<?, ?>) child));
    }
    if (isDynamic(data)) {
      Map<?, ?> template = (Map<?, ?>) ((List<?>) data.get("children")).get(0);
      World.here().templates.put(name, template.get("start") instanceof Map<?, ?> start ? start : Map.of());
    }
    Strategy strategy =
        isDynamic(data) ? Strategy.DYNAMIC : word(Strategy.class, data, "strategy", Strategy.ONE_FOR_ONE);
    return Supervisor.of(strategy, children)
        .intensity(number(data, "intensity", 1), Duration.ofSeconds(number(data, "period_s", 5)))
        .autoShutdown(word(AutoShutdown.class, data, "auto_shutdown", AutoShutdown.NEVER))
        .named(Announcer.registered(name));
  }

  private static int number(Map<?, ?> data, String name, int otherwise) {
    return data.get(name) instanceof Number number ? number.intValue() : otherwise;
  }

  private static <W extends Enum<W>> W word(Class<W> type, Map<?, ?> data, String name, W otherwise) {
    return data.get(name) instanceof String word
        ? Enum.valueOf(type, word.toUpperCase(Locale.ROOT))
        : otherwise;
  }

  private static Child child(Map<?, ?> data) {
    String id = (String) data.get("id");
    Map<?, ?> start = data.get("start") instanceof Map<?, ?> given ? given : Map.of();
    Child child =
        start.get("supervisor") instanceof Map<?, ?> below
            ? Child.of(supervisor(id, below))
            : start.get("machine") instanceof Map<?, ?> machine
                ? Child.of(Behaviours.spawn("machine", id, machine))
                : Child.of(puppet(id, start));
    child = child.id(id).restart(word(Restart.class, data, "restart", Restart.PERMANENT));
    Object shutdown = data.get("shutdown");
    if (shutdown instanceof Number ms) {
      child = child.shutdown(Duration.ofMillis(ms.longValue()));
    } else if (shutdown != null) {
      child = child.shutdown(shutdown.equals("brutal") ? Shutdown.BRUTAL : Shutdown.INFINITY);
    }
    return Boolean.TRUE.equals(data.get("significant")) ? child.significant() : child;
  }

  private static Spawn<ChildPuppet> puppet(String name, Map<?, ?> start) {
    return Spawn.of(
        ChildPuppet.class,
        it -> {
          it.name = name;
          Object manner = start.get("manner");
          if (manner instanceof List<?> slow) {
            it.manner = "polite";
            it.slowMs = ((Number) slow.get(1)).intValue();
          } else if (manner != null) {
            it.manner = (String) manner;
          }
          if (start.get("server") instanceof Map<?, ?> server) {
            it.server = server(server);
          }
          if (start.get("outcomes") instanceof List<?> outcomes) {
            it.outcomes = new ArrayList<>(outcomes.stream().map(String::valueOf).toList());
          }
        });
  }

  /** What a child has of a server: how it begins and how it ends. */
  private static ChildPuppet.Server server(Map<?, ?> data) {
    Map<?, ?> init = data.get("init") instanceof Map<?, ?> given ? given : Map.of();
    Map<?, ?> on = data.get("on") instanceof Map<?, ?> given ? given : Map.of();
    Map<?, ?> terminate = on.get("terminate") instanceof Map<?, ?> given ? given : Map.of();
    return new ChildPuppet.Server(
        Boolean.TRUE.equals(data.get("trap")),
        Optional.ofNullable((String) init.get("stop")),
        Optional.ofNullable((String) init.get("crash")),
        Optional.ofNullable((String) terminate.get("crash")));
  }

  /** Asks a supervisor; null where the verb is no such command. */
  static Object operate(String verb, String name, List<?> arguments) {
    ProcessRef<?> process = World.here().process(name);
    if (!(process instanceof SupervisorRef supervisor)) {
      return List.of("failed", "noproc");
    }
    try {
      return switch (verb) {
        case "count" -> counts(supervisor.count().join());
        case "which" -> supervisor.children().join().stream().map(Supervisors::shown).sorted(
            (one, other) -> one.get(0).compareTo(other.get(0))).toList();
        case "start_child" -> started(startChild(supervisor, name, arguments.get(0)).join());
        case "terminate_child" -> done(terminate(supervisor, name, (String) arguments.get(0)).join());
        case "restart_child" -> started(supervisor.restartChild((String) arguments.get(0)).join());
        default -> done(supervisor.deleteChild((String) arguments.get(0)).join());
      };
    } catch (CompletionException e) {
      return refused(e.getCause());
    } catch (InvalidArgumentException | IllegalArgumentException e) {
      return "invalid";
    }
  }

  private static CompletableFuture<? extends Optional<? extends ProcessRef<?>>> startChild(
      SupervisorRef supervisor, String name, Object child) {
    return child instanceof String alike
        ? supervisor.startChild(puppet(alike, World.here().templates.getOrDefault(name, Map.of())))
        : supervisor.startChild(child((Map<?, ?>) child));
  }

  private static CompletableFuture<Void> terminate(SupervisorRef supervisor, String name, String id) {
    return World.here().templates.containsKey(name)
        ? supervisor.terminateChild(World.here().process(id))
        : supervisor.terminateChild(id);
  }

  private static Object counts(ChildCounts counts) {
    return Map.of(
        "specs", counts.specs(),
        "active", counts.active(),
        "supervisors", counts.supervisors(),
        "workers", counts.workers());
  }

  private static List<String> shown(ChildInfo child) {
    String id = child.id().orElseGet(() -> World.here().nameOf(child.process().orElse(null)));
    String status =
        switch (child.status()) {
          case RUNNING -> "running";
          case RESTARTING -> "restarting";
          case ABSENT -> "stopped";
        };
    return List.of(id, status, child.isSupervisor() ? "supervisor" : "worker");
  }

  private static Object started(Optional<? extends ProcessRef<?>> process) {
    return process.isPresent() ? "ok" : "ignored";
  }

  private static Object done(Void nothing) {
    return "ok";
  }

  private static Object refused(Throwable e) {
    if (e instanceof NoProcessException) {
      return List.of("failed", "noproc");
    } else if (!(e instanceof SupervisorException answer)) {
      return "invalid";
    } else if (answer.reason() != null) {
      return List.of("error", Terms.notStarted(answer.path(), Terms.reason(answer.reason())));
    } else {
      return answer.why() == SupervisorException.Why.DYNAMIC
          ? "all_alike"
          : answer.why().name().toLowerCase(Locale.ROOT);
    }
  }

  /** Has a supervisor end. */
  static Object stop(String name, String reason) throws ExecutionException, InterruptedException, TimeoutException {
    ProcessRef<?> process = World.here().process(name);
    CompletableFuture<ExitReason> end = process.ended();
    if (!process.isAlive()) {
      return List.of("failed", "noproc");
    }
    process.exit(Terms.toReason(reason));
    String ended = Terms.reason(end.get(STOP_MS, TimeUnit.MILLISECONDS));
    return ended.equals(reason) ? "ok" : List.of("failed", ended);
  }
}
