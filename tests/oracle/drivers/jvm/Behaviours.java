// Servers, state machines and event managers: started, called, stopped.
package oracle;

import dev.everact.EventHandlerException;
import dev.everact.EventManagerRef;
import dev.everact.ExitReason;
import dev.everact.HandlerMethod;
import dev.everact.ProcessRef;
import dev.everact.ProcessScope;
import dev.everact.Spawn;
import dev.everact.SupervisorRef;
import dev.everact.errors.DeadlineExceededException;
import dev.everact.errors.EveractException;
import dev.everact.errors.NoProcessException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

final class Behaviours {
  private static final int CALL_MS = 3_000;
  private static final int STOP_MS = 4_000;

  private Behaviours() {}

  /** Starts one; how that came out. */
  static Object start(ProcessScope scope, String kind, String name, Object data, boolean link) {
    World world = World.here();
    if (kind.equals("manager")) {
      world.enter(name, spawned(scope, Spawn.of(EventPuppet.KIND), link));
      return "ok";
    }
    return world.started(spawned(scope, spawn(kind, name, data), link));
  }

  private static <P> ProcessRef<P> spawned(ProcessScope scope, Spawn<P> given, boolean link) {
    return scope.spawn(link ? given.linked() : given);
  }

  /** A server or a machine. */
  static Spawn<?> spawn(String kind, String name, Object data) {
    String spec = Spec.written(data);
    if (kind.equals("server")) {
      return Spawn.of(
          ServerPuppet.class,
          it -> {
            it.name = name;
            it.spec = spec;
          });
    }
    boolean functions = "functions".equals(((Map<?, ?>) data).get("style"));
    return functions ? machine(MachinePuppet.ForEach.class, name, spec) : machine(MachinePuppet.ForAll.class, name, spec);
  }

  private static <M extends MachinePuppet> Spawn<M> machine(Class<M> type, String name, String spec) {
    return Spawn.of(
        type,
        it -> {
          it.name = name;
          it.spec = spec;
        });
  }

  private static <P> Object call(
      ProcessRef<P> to, int ms, HandlerMethod.AskContext1<? super P, String, String> handler, String request) {
    return to.withDeadline(Duration.ofMillis(ms)).call(handler, request);
  }

  /** Calls a server or a machine. */
  static Object call(ProcessRef<?> to, List<?> command) {
    String request = Acts.text(command, 2);
    int ms = command.size() > 3 ? ((Number) command.get(3)).intValue() : CALL_MS;
    CompletableFuture<ExitReason> end = World.endOf(to);
    try {
      if (to.kind().equals(ServerPuppet.KIND)) {
        return call(to.cast(ServerPuppet.class), ms, ServerPuppet::call, request);
      } else if (to.kind().equals("for_all")) {
        return call(to.cast(MachinePuppet.ForAll.class), ms, MachinePuppet.ForAll::call, request);
      }
      return call(to.cast(MachinePuppet.ForEach.class), ms, MachinePuppet.ForEach::call, request);
    } catch (DeadlineExceededException e) {
      return List.of("failed", "timeout");
    } catch (EveractException e) {
      return List.of("failed", Terms.reason(end.join()));
    }
  }

  /** Tells one. */
  static Object tell(ProcessRef<?> to, boolean cast, String message) {
    if (to.kind().equals(ServerPuppet.KIND)) {
      to.cast(ServerPuppet.class).tell(cast ? ServerPuppet::cast : ServerPuppet::info, message);
    } else if (to.kind().equals("for_all")) {
      ProcessRef<MachinePuppet.ForAll> machine = to.cast(MachinePuppet.ForAll.class);
      machine.tell(cast ? MachinePuppet.ForAll::cast : MachinePuppet.ForAll::info, message);
    } else if (to.kind().equals("for_each")) {
      ProcessRef<MachinePuppet.ForEach> machine = to.cast(MachinePuppet.ForEach.class);
      machine.tell(cast ? MachinePuppet.ForEach::cast : MachinePuppet.ForEach::info, message);
    } else {
      manager(to, new EventPuppet.Info(message));
    }
    return "ok";
  }

  @SuppressWarnings("unchecked") // A manager takes any message.
  private static void manager(ProcessRef<?> to, Object message) {
    ((ProcessRef<Object>) to).tell(message);
  }

  /** Ends one in good order. */
  static Object stop(String name, String reason) throws ExecutionException, InterruptedException, TimeoutException {
    ProcessRef<?> process = World.here().process(name);
    if (process instanceof SupervisorRef) {
      return Supervisors.stop(name, reason);
    }
    CompletableFuture<ExitReason> end = World.endOf(process);
    try {
      process.stop(Terms.toReason(reason)).get(STOP_MS, TimeUnit.MILLISECONDS);
      return "ok";
    } catch (ExecutionException e) {
      return List.of("failed", Terms.reason(end.get(STOP_MS, TimeUnit.MILLISECONDS)));
    }
  }

  /** Asks an event manager. */
  static Object operate(String verb, ProcessRef<?> process, List<?> arguments) {
    try {
      EventManagerRef manager = EventPuppet.KIND.at(process);
      return switch (verb) {
        case "add_handler" -> {
          String id = Acts.text(arguments, 0);
          yield done(manager.add(id, EventPuppet.of(id, arguments.get(1))));
        }
        case "add_sup_handler" -> {
          String id = Acts.text(arguments, 0);
          yield done(manager.addSupervised(id, EventPuppet.of(id, arguments.get(1))));
        }
        case "delete_handler" -> manager.remove(Acts.text(arguments, 0), "deleted").join();
        case "swap_handler" -> {
          String id = Acts.text(arguments, 1);
          EventPuppet next = EventPuppet.of(id, arguments.get(2));
          yield done(manager.swap(Acts.text(arguments, 0), id, next, "swapped"));
        }
        case "handlers" -> manager.handlers().join();
        case "notify" -> {
          manager.notify(arguments.get(0));
          yield "ok";
        }
        case "sync_notify" -> done(manager.syncNotify(arguments.get(0)));
        default -> manager.call(Acts.text(arguments, 0), arguments.get(1), String.class).join();
      };
    } catch (CompletionException e) {
      return refused(e.getCause(), verb.equals("call_handler"));
    }
  }

  private static Object done(CompletableFuture<Void> answer) {
    answer.join();
    return "ok";
  }

  private static Object refused(Throwable cause, boolean calls) {
    if (cause instanceof NoProcessException) {
      return List.of("failed", "noproc");
    } else if (cause instanceof EventHandlerException refused) {
      return switch (refused.why()) {
        case NO_SUCH_HANDLER -> "unknown_handler";
        case ALREADY_THERE -> "already_installed";
        case FAILED -> List.of(calls ? "error" : "failed", Terms.reason(refused.reason()));
        case REFUSED -> List.of("error", Terms.reason(refused.reason()));
        case FULL -> "full";
      };
    }
    throw new IllegalStateException(cause);
  }
}
