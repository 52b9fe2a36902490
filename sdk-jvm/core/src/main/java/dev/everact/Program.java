// A program of the operating system as a child of a supervisor, as data.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * A program of the operating system, which is a process as far as its supervisor is concerned: exit
 * status 0 is {@link ExitReason#NORMAL}, any other end is {@link ExitReason.Failed}. A shutdown
 * sends it its stop signal, a kill ends all of its process group. Immutable.
 *
 * <pre>{@code
 * Child.of(Program.of("worker", "--fast").output("log")).restart(Restart.TRANSIENT)
 * }</pre>
 */
public final class Program {
  /** The handler that takes lines where nothing else is said. */
  private static final String LINES = "output_line";

  /** The signal that asks a program to end. */
  public enum Stop {
    /** SIGTERM. */
    TERMINATE,
    /** SIGINT. */
    INTERRUPT,
    /** SIGHUP. */
    HANGUP,
    /** SIGQUIT. */
    QUIT
  }

  /**
   * A line that a program has written, as a process gets it that is named with {@link #output}: its
   * handler {@code outputLine}, or a function whose messages are of this class.
   *
   * @param process the number of the program's process
   * @param stream {@code stdout} or {@code stderr}
   * @param line the text
   */
  public record OutputLine(String process, String stream, String line) {}

  private final List<String> command;

  /** What else is said of it, as the core reads it. */
  private final Map<String, Object> options;

  private final String name;

  private Program(List<String> command, Map<String, Object> options, String name) {
    this.command = command;
    this.options = options;
    this.name = name;
  }

  /**
   * A program.
   *
   * @param command a file, or a name to be looked up, and its arguments
   * @return a program
   */
  public static Program of(String... command) {
    return of(List.of(command));
  }

  /**
   * As {@link #of(String...)}.
   *
   * @param command a file, or a name to be looked up, and its arguments
   * @return a program
   */
  public static Program of(List<String> command) {
    if (command.isEmpty()) {
      throw new InvalidArgumentException("a program has a file or a name");
    }
    return new Program(List.copyOf(command), Map.of(), "");
  }

  private Program with(String option, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(options);
    more.put(option, value);
    return new Program(command, more, name);
  }

  /**
   * The same, which runs in this directory instead of the engine's own.
   *
   * @param directory its path
   * @return another program
   */
  public Program directory(String directory) {
    return with("directory", Objects.requireNonNull(directory, "directory"));
  }

  /**
   * The same with these variables beside the engine's own.
   *
   * @param environment values by name
   * @return another program
   */
  public Program environment(Map<String, String> environment) {
    return with("environment", Map.copyOf(environment));
  }

  /**
   * The same, which is asked to end with this signal.
   *
   * @param signal {@link Stop#TERMINATE} unless said otherwise
   * @return another program
   */
  public Program stop(Stop signal) {
    return with("stop", signal.name().toLowerCase(Locale.ROOT));
  }

  /**
   * The same, of which each line is told to a process as an {@link OutputLine}. Without it lines go
   * to the diagnostics.
   *
   * @param registered the process' name
   * @return another program
   */
  public Program output(String registered) {
    return output(registered, LINES);
  }

  /**
   * As {@link #output(String)}, told to another handler.
   *
   * @param registered the process' name
   * @param handler the handler's name on the wire
   * @return another program
   */
  public Program output(String registered, String handler) {
    return with(
        "output",
        Map.of(
            "name", Objects.requireNonNull(registered, "registered"),
            "handler", Objects.requireNonNull(handler, "handler")));
  }

  /**
   * The same, whose process has a name from its beginning ({@link ProcessScope#register}).
   *
   * @param other the name
   * @return another program
   */
  public Program named(String other) {
    return new Program(command, options, Objects.requireNonNull(other, "name"));
  }

  /** How it is called as a child. */
  String id() {
    return name.isEmpty() ? "program" : name;
  }

  /** How it is started, as the core reads it. */
  Map<String, Object> start() {
    Map<String, Object> program = new LinkedHashMap<>();
    program.put("command", command);
    program.putAll(options);
    Map<String, Object> start = new LinkedHashMap<>();
    start.put("program", program);
    if (!name.isEmpty()) {
      start.put("name", name);
    }
    return start;
  }
}
