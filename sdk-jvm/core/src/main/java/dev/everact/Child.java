// A child of a supervisor, as data.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * What a supervisor starts, and when it restarts it. Immutable; unless said otherwise a child is
 * named after its kind, is {@link Restart#PERMANENT}, and has five seconds to end (a supervisor as
 * long as it wants).
 *
 * <pre>{@code
 * Child.of(Worker.class, it -> it.limit = 10).restart(Restart.TRANSIENT).shutdown(Duration.ofSeconds(1))
 * }</pre>
 */
public final class Child {
  private final What what;
  private final Options options;

  /** What is started. */
  private interface What {
    /** How it is called unless said otherwise. */
    String id(Host host);

    /** As the core reads it. */
    Map<String, Object> start(Host host);
  }

  private record OfProcess(Spawn<?> process) implements What {
    @Override
    public String id(Host host) {
      return process.kind(host).name;
    }

    @Override
    public Map<String, Object> start(Host host) {
      return Child.start(host, process);
    }
  }

  private record OfSupervisor(Supervisor supervisor) implements What {
    @Override
    public String id(Host host) {
      return supervisor.id();
    }

    @Override
    public Map<String, Object> start(Host host) {
      return Map.of("supervisor", supervisor.written(host));
    }
  }

  private record OfProgram(Program program) implements What {
    @Override
    public String id(Host host) {
      return program.id();
    }

    @Override
    public Map<String, Object> start(Host host) {
      return program.start();
    }
  }

  /** What else is said of it; null where nothing is. */
  private record Options(String id, Restart restart, Shutdown shutdown, boolean significant) {
    static final Options NONE = new Options(null, Restart.PERMANENT, null, false);
  }

  private Child(What what, Options options) {
    this.what = what;
    this.options = options;
  }

  /**
   * A process, which may have a name.
   *
   * @param process what is spawned
   * @return a child
   */
  public static Child of(Spawn<?> process) {
    return new Child(new OfProcess(Objects.requireNonNull(process, "process")), Options.NONE);
  }

  /**
   * A process with handlers, whose fields have their defaults.
   *
   * @param type the process' class
   * @return a child
   */
  public static Child of(Class<? extends HandlerProcess> type) {
    return of(Spawn.of(type));
  }

  /**
   * A process with handlers.
   *
   * @param <P> the process' class
   * @param type the process' class
   * @param initial sets fields of an object of this class, which the process' own begins as each
   *     time
   * @return a child
   */
  public static <P extends HandlerProcess> Child of(Class<P> type, Consumer<? super P> initial) {
    return of(Spawn.of(type, initial));
  }

  /**
   * A process that receives its messages itself.
   *
   * @param kind the process' kind
   * @return a child
   */
  public static Child of(ProcessKind<?, Void> kind) {
    return of(Spawn.of(kind));
  }

  /**
   * A process that receives its messages itself, with an argument.
   *
   * @param <A> its argument
   * @param kind the process' kind
   * @param argument what its function gets each time
   * @return a child
   */
  public static <A> Child of(ProcessKind<?, A> kind, A argument) {
    return of(Spawn.of(kind, argument));
  }

  /**
   * A supervisor below the supervisor.
   *
   * @param supervisor what
   * @return a child
   */
  public static Child of(Supervisor supervisor) {
    return new Child(
        new OfSupervisor(Objects.requireNonNull(supervisor, "supervisor")), Options.NONE);
  }

  /**
   * A program of the operating system.
   *
   * @param program what
   * @return a child
   */
  public static Child of(Program program) {
    return new Child(new OfProgram(Objects.requireNonNull(program, "program")), Options.NONE);
  }

  private Child with(Options other) {
    return new Child(what, other);
  }

  /**
   * The same by another name.
   *
   * @param id unique among the children of a supervisor
   * @return another child
   */
  public Child id(String id) {
    return with(
        new Options(
            Objects.requireNonNull(id, "id"),
            options.restart,
            options.shutdown,
            options.significant));
  }

  /**
   * The same with this rule.
   *
   * @param restart when it is restarted
   * @return another child
   */
  public Child restart(Restart restart) {
    return with(
        new Options(
            options.id,
            Objects.requireNonNull(restart, "restart"),
            options.shutdown,
            options.significant));
  }

  /**
   * The same, ended so.
   *
   * @param shutdown how
   * @return another child
   */
  public Child shutdown(Shutdown shutdown) {
    return with(
        new Options(
            options.id,
            options.restart,
            Objects.requireNonNull(shutdown, "shutdown"),
            options.significant));
  }

  /**
   * The same, killed if it has not ended in time.
   *
   * @param time to the millisecond
   * @return another child
   */
  public Child shutdown(Duration time) {
    return shutdown(Shutdown.after(time));
  }

  /**
   * The same, with whose end its supervisor may end ({@link AutoShutdown}).
   *
   * @return another child
   */
  public Child significant() {
    return with(new Options(options.id, options.restart, options.shutdown, true));
  }

  /** As the core reads it. */
  Map<String, Object> written(Host host) {
    Map<String, Object> child = new LinkedHashMap<>();
    child.put("id", options.id == null ? what.id(host) : options.id);
    child.put("start", what.start(host));
    child.put("restart", options.restart.name().toLowerCase(Locale.ROOT));
    if (options.shutdown instanceof Shutdown.Brutal) {
      child.put("shutdown", "brutal");
    } else if (options.shutdown instanceof Shutdown.Infinity) {
      child.put("shutdown", "infinity");
    } else if (options.shutdown instanceof Shutdown.After after) {
      child.put("shutdown", after.time().toMillis());
    }
    child.put("significant", options.significant);
    return child;
  }

  /** A process to be spawned, as the core reads it. */
  static Map<String, Object> start(Host host, Spawn<?> process) {
    if (process.isLinked()) {
      throw new InvalidArgumentException("a child is linked to its supervisor and to nobody else");
    }
    Map<String, Object> start = new LinkedHashMap<>();
    start.put("kind", process.kind(host).name);
    byte[] argument = process.argument(host);
    if (argument.length > 0) {
      start.put(
          "argument", new Configuration.Written(new String(argument, StandardCharsets.UTF_8)));
    }
    if (!process.name().isEmpty()) {
      start.put("name", process.name());
    }
    return start;
  }
}
