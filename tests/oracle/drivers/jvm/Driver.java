// The JVM's driver: reads a command a line, writes what it gives. tests/oracle/README.md has the protocol.
package oracle;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.everact.ExitReason;
import dev.everact.ProcessRef;
import dev.everact.errors.ClosedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

final class Driver {
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final Set<String> OPERATIONS =
      Set.of("count", "which", "start_child", "terminate_child", "restart_child", "delete_child");
  private static final Set<String> OF_MANAGERS =
      Set.of("add_handler", "delete_handler", "swap_handler", "handlers", "notify", "sync_notify", "call_handler");

  /** A command that a puppet is at. */
  private record Begun(CompletableFuture<Object> answer, CompletableFuture<ExitReason> end) {}

  private final Map<String, Begun> begun = new HashMap<>();

  private Driver() {}

  public static void main(String[] arguments) throws IOException {
    Driver driver = new Driver();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(JSON.writeValueAsString(driver.answer(line)));
    }
    Runtime.getRuntime().halt(0);
  }

  private Object answer(String line) {
    try {
      return command(JSON.readValue(line, List.class));
    } catch (ClosedException e) {
      return "closed";
    } catch (Exception | LinkageError e) {
      e.printStackTrace();
      return Map.of("fault", String.valueOf(e));
    }
  }

  private Object command(List<?> command)
      throws ExecutionException, InterruptedException, TimeoutException {
    String verb = Acts.text(command, 0);
    List<?> arguments = command.subList(Math.min(2, command.size()), command.size());
    switch (verb) {
      case "hello" -> {
        return Map.of("driver", "jvm", "version", Runtime.version().toString());
      }
      case "world" -> {
        begun.clear();
        World.renew();
        return "ok";
      }
      case "begin" -> {
        List<?> later = (List<?>) command.get(1);
        begun.put(Acts.text(later, 1), begin(later));
        return "ok";
      }
      case "finish" -> {
        return finish(begun.remove(Acts.text(command, 1)));
      }
      case "history" -> {
        World.here().look();
        return World.here().history();
      }
      case "spawn" -> {
        World world = World.here();
        return world.entered(world.engine.spawn(Puppet.KIND, Puppet.born(command, 1)));
      }
      case "run" -> {
        return Supervisors.start(
            World.here().engine::run, Acts.text(command, 1), (Map<?, ?>) command.get(2));
      }
      case "close" -> {
        World.here().engine.close();
        return "ok";
      }
      case "actor" -> {
        World.here().actors.add(Acts.text(command, 1));
        return "ok";
      }
      case "start" -> {
        if (!"supervisor".equals(command.get(1))) {
          return Behaviours.start(
              World.here().engine, Acts.text(command, 1), Acts.text(command, 2), command.get(3), false);
        }
        return Supervisors.start(
            World.here().engine::startSupervisor, Acts.text(command, 2), (Map<?, ?>) command.get(3));
      }
      default -> {
        return about(verb, Acts.text(command, 1), arguments, command);
      }
    }
  }

  private Object about(String verb, String name, List<?> arguments, List<?> command)
      throws ExecutionException, InterruptedException, TimeoutException {
    World world = World.here();
    if (world.actors.contains(name) && !verb.equals("log")) {
      List<Object> given = new ArrayList<>(arguments);
      given.add(0, verb);
      return ResidentPuppet.ask(name, given);
    }
    world.look();
    return switch (verb) {
      case "stop" -> Behaviours.stop(name, Acts.text(arguments, 0));
      case "ended" -> world.ended(name, arguments.isEmpty() ? 1 : (Integer) arguments.get(0));
      case "log" -> world.log(name, (Integer) arguments.get(0));
      case "first" -> {
        List<Object> lines = world.log(name, (Integer) arguments.get(0));
        yield lines.subList(0, Math.min(lines.size(), (Integer) arguments.get(0)));
      }
      default -> {
        if (OF_MANAGERS.contains(verb)) {
          yield Behaviours.operate(verb, world.process(name), arguments);
        }
        yield OPERATIONS.contains(verb)
            ? Supervisors.operate(verb, name, arguments)
            : finish(begin(command));
      }
    };
  }

  /** Gives a puppet its command. */
  private static Begun begin(List<?> command) {
    ProcessRef<?> process = World.here().process(Acts.text(command, 1));
    CompletableFuture<ExitReason> end = World.endOf(process);
    List<Object> told = new ArrayList<>(command);
    told.remove(1);
    Puppet.Message.Do order = new Puppet.Message.Do(told);
    CompletableFuture<Object> answer;
    if (process.kind().equals(Puppet.KIND.name())) {
      answer = process.cast(Puppet.KIND).withDeadline(ANSWER).ask(order, Object.class);
    } else if (process.kind().equals(ChildPuppet.KIND)) {
      answer = process.cast(ChildPuppet.class).withDeadline(ANSWER).ask(ChildPuppet::act, order);
    } else {
      answer = CompletableFuture.failedFuture(new IllegalStateException("it is dead"));
    }
    return new Begun(answer, end);
  }

  /** What a puppet's command gives: its answer, or its end if that comes first. */
  private static Object finish(Begun begun) throws InterruptedException {
    CompletableFuture<Object> ends =
        begun.end().thenApply(reason -> List.of("ended", Terms.reason(reason)));
    // A process that answers and then ends has answered; one that was never asked is dead.
    CompletableFuture<Object> first =
        begun
            .answer()
            .handle((answer, failed) -> failed == null ? completed(answer) : ends)
            .thenCompose(outcome -> outcome);
    try {
      return first.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      return "no answer";
    }
  }

  private static CompletableFuture<Object> completed(Object answer) {
    return CompletableFuture.completedFuture(answer);
  }
}
