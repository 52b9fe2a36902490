// Commands about processes, as frames: spawned, tied, named, timed, published.
package dev.everact;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.everact.errors.InternalException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import dev.everact.internal.Port;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Writes commands and reads their answers. A turn's go out behind what it has told. */
final class Commands {
  private static final long LONGEST_MS = 0xFFFFFFFEL;
  private static final byte[] NOTHING = new byte[0];

  private Commands() {}

  /** A command in a buffer, under a number. */
  @FunctionalInterface
  interface Command {
    void write(Bytes out, long id);
  }

  private static long turn(TurnContext within) {
    return within == null ? 0 : within.turn().id;
  }

  /**
   * Spawns.
   *
   * @param monitor the number of the watch; 0 for none
   */
  static <P> ProcessRef<P> spawn(Host host, TurnContext within, Spawn<P> given, long monitor) {
    KindTable kind = given.kind(host);
    byte[] argument = given.argument(host);
    byte[] name = Utf8.encode(given.name(), "the process' name");
    if (within == null && given.isLinked()) {
      throw new InvalidArgumentException("only a turn can be linked to what it spawns");
    }
    int flags =
        (given.isLinked() ? Layout.SPAWN_FLAG_LINK : 0)
            | (monitor != 0 ? Layout.SPAWN_FLAG_MONITOR : 0);
    byte[] answer =
        host.command(
            within,
            (out, id) -> {
              int at = out.begin(Layout.SPAWN_TYPE, Layout.SPAWN_FIXED_BYTES, flags, id);
              out.setU16(at + Layout.SPAWN_KIND_AT, kind.index);
              out.setI64(at + Layout.SPAWN_PARENT_AT, turn(within));
              out.setI64(at + Layout.SPAWN_MONITOR_ID_AT, monitor);
              out.setI32(at + Layout.SPAWN_ARGUMENT_BYTES_AT, argument.length);
              out.setI32(at + Layout.SPAWN_NAME_BYTES_AT, name.length);
              out.write(argument);
              out.write(name);
              out.end(at);
            });
    return new ProcessRef<>(host, kind.name, Bytes.i64(answer, 0));
  }

  /**
   * Changes the ties of a turn's own.
   *
   * @param to the other one; null where there is none
   * @return what held before
   */
  static boolean tie(TurnContext within, int what, int flags, Address<?> to, long monitor) {
    byte[] answer =
        within
            .turn()
            .host
            .command(
                within,
                (out, id) -> {
                  int at = beginTie(out, id, what, flags, to);
                  out.setI64(at + Layout.TIE_TURN_AT, turn(within));
                  out.setI64(at + Layout.TIE_MONITOR_ID_AT, monitor);
                  out.end(at);
                });
    return Bytes.i64(answer, 0) != 0;
  }

  /** Waits for the end of a process. */
  static CompletableFuture<ExitReason> ended(Host host, long process) {
    Outgoing outgoing = new Outgoing(null, false, null, Notes.END);
    AskFuture<ExitReason> future = new AskFuture<>(host, outgoing, null);
    host.submit(
        Turn.contextHere(host),
        (out, id) -> {
          int flags = Layout.TIE_FLAG_PROCESS;
          int at = out.begin(Layout.TIE_TYPE, Layout.TIE_FIXED_BYTES, flags, id);
          out.setU16(at + Layout.TIE_WHAT_AT, Layout.TIE_AWAIT);
          out.setI64(at + Layout.TIE_PROCESS_AT, process);
          out.end(at);
        },
        future.ask());
    return future;
  }

  private static int beginTie(Bytes out, long id, int what, int flags, Address<?> to) {
    int to4 = to instanceof ProcessRef<?> ? Layout.TIE_FLAG_PROCESS : 0;
    int at = out.begin(Layout.TIE_TYPE, Layout.TIE_FIXED_BYTES, flags | to4, id);
    out.setU16(at + Layout.TIE_WHAT_AT, what);
    if (to instanceof ProcessRef<?> process) {
      out.setI64(at + Layout.TIE_PROCESS_AT, process.number());
    } else if (to instanceof Reference<?> actor) {
      byte[] key = actor.keyBytes();
      out.setU16(at + Layout.TIE_KIND_AT, actor.kind.index);
      out.setI32(at + Layout.TIE_KEY_BYTES_AT, key.length);
      out.write(key);
    }
    return at;
  }

  /** Sends an exit signal. */
  static void exit(Host host, TurnContext within, Address<?> to, ExitReason reason) {
    int number = number(reason);
    byte[] detail = detail(reason);
    host.command(
        within,
        (out, id) -> {
          int at = beginTie(out, id, Layout.TIE_EXIT, 0, to);
          out.setI64(at + Layout.TIE_TURN_AT, turn(within));
          out.setU16(at + Layout.TIE_REASON_AT, number);
          out.setI32(at + Layout.TIE_REASON_BYTES_AT, detail.length);
          out.write(detail);
          out.end(at);
        });
  }

  /** The number of a reason. */
  static int number(ExitReason reason) {
    if (reason instanceof ExitReason.Normal) {
      return Layout.EXIT_NORMAL;
    } else if (reason instanceof ExitReason.Shutdown) {
      return Layout.EXIT_SHUTDOWN;
    } else if (reason instanceof ExitReason.Kill) {
      return Layout.EXIT_KILL;
    } else if (reason instanceof ExitReason.Killed) {
      return Layout.EXIT_KILLED;
    } else if (reason instanceof ExitReason.NoProcess) {
      return Layout.EXIT_NO_PROCESS;
    } else if (reason instanceof ExitReason.Passivated) {
      return Layout.EXIT_PASSIVATED;
    }
    return reason instanceof ExitReason.Failed ? Layout.EXIT_FAILED : Layout.EXIT_CUSTOM;
  }

  /** What goes with a reason: a detail, or of a failure that is passed on its text and stack. */
  static byte[] detail(ExitReason reason) {
    if (reason instanceof ExitReason.Shutdown shutdown) {
      return shutdown.detail() == null ? NOTHING : Details.written(shutdown.detail());
    } else if (reason instanceof ExitReason.Custom custom) {
      return Details.written(custom.detail());
    } else if (reason instanceof ExitReason.Failed failed) {
      String text = Thrown.withStack(failed.text(), failed.stack());
      return text.getBytes(StandardCharsets.UTF_8);
    }
    return NOTHING;
  }

  private static byte[] name(Host host, TurnContext within, int what, String text, long process) {
    byte[] bytes = Utf8.encode(text, "the name");
    return host.command(
        within,
        (out, id) -> {
          int at = out.begin(Layout.NAME_TYPE, Layout.NAME_FIXED_BYTES, 0, id);
          out.setU16(at + Layout.NAME_WHAT_AT, what);
          out.setI32(at + Layout.NAME_NAME_BYTES_AT, bytes.length);
          out.setI64(at + Layout.NAME_PROCESS_AT, process);
          out.write(bytes);
          out.end(at);
        });
  }

  static void register(Host host, TurnContext within, String name, long process) {
    name(host, within, Layout.NAME_REGISTER, name, process);
  }

  static Optional<ProcessRef<?>> unregister(Host host, TurnContext within, String name) {
    return first(host, name(host, within, Layout.NAME_UNREGISTER, name, 0));
  }

  static Optional<ProcessRef<?>> whereis(Host host, TurnContext within, String name) {
    return first(host, name(host, within, Layout.NAME_WHEREIS, name, 0));
  }

  static boolean isAlive(Host host, TurnContext within, long process) {
    return Bytes.i64(name(host, within, Layout.NAME_IS_ALIVE, "", process), 0) != 0;
  }

  static void join(Host host, TurnContext within, String group, long process) {
    name(host, within, Layout.NAME_JOIN, group, process);
  }

  static boolean leave(Host host, TurnContext within, String group, long process) {
    return Bytes.i64(name(host, within, Layout.NAME_LEAVE, group, process), 0) != 0;
  }

  static List<ProcessRef<?>> members(Host host, TurnContext within, String group) {
    return pairs(host, name(host, within, Layout.NAME_MEMBERS, group, 0), 0);
  }

  static GroupWatch monitorGroup(TurnContext within, String group, long process) {
    Host host = within.turn().host;
    byte[] answer = name(host, within, Layout.NAME_MONITOR_GROUP, group, process);
    return new GroupWatch(new GroupMonitor(Bytes.i64(answer, 0)), pairs(host, answer, Long.BYTES));
  }

  static boolean demonitorGroup(TurnContext within, GroupMonitor monitor) {
    Host host = within.turn().host;
    byte[] answer = name(host, within, Layout.NAME_DEMONITOR_GROUP, "", monitor.number());
    return Bytes.i64(answer, 0) != 0;
  }

  private static Optional<ProcessRef<?>> first(Host host, byte[] answer) {
    List<ProcessRef<?>> pairs = pairs(host, answer, 0);
    return pairs.isEmpty() ? Optional.empty() : Optional.of(pairs.get(0));
  }

  /** Pairs of a process' number and its kind's. */
  private static List<ProcessRef<?>> pairs(Host host, byte[] answer, int from) {
    List<ProcessRef<?>> found = new ArrayList<>();
    for (int at = from; at + 2 * Long.BYTES <= answer.length; at += 2 * Long.BYTES) {
      long kind = Bytes.i64(answer, at + Long.BYTES);
      found.add(host.process(kind, Bytes.i64(answer, at)));
    }
    return found;
  }

  /**
   * Arms a timer.
   *
   * @param what once or again and again
   */
  static long arm(TurnContext within, Address<?> to, int what, Duration time, Outgoing message) {
    Host host = to.host;
    long ms = milliseconds(time);
    byte[] answer =
        host.command(
            within,
            (out, id) -> {
              int process = to instanceof ProcessRef<?> ? Layout.TIMER_FLAG_PROCESS : 0;
              int at = out.begin(Layout.TIMER_TYPE, Layout.TIMER_FIXED_BYTES, process, id);
              out.setU16(at + Layout.TIMER_WHAT_AT, what);
              out.setU16(at + Layout.TIMER_KIND_AT, to.table().index);
              out.setU16(at + Layout.TIMER_HANDLER_AT, message.handler.index);
              out.setI64(at + Layout.TIMER_TURN_AT, turn(within));
              out.setI32(at + Layout.TIMER_AFTER_MS_AT, (int) ms);
              if (to instanceof ProcessRef<?> known) {
                out.setI64(at + Layout.TIMER_PROCESS_AT, known.number());
              } else if (to instanceof Reference<?> actor) {
                byte[] key = actor.keyBytes();
                out.setI32(at + Layout.TIMER_KEY_BYTES_AT, key.length);
                out.write(key);
              }
              int payloadAt = out.length;
              if (message.hasMessage) {
                host.encode(message.handler, message.message, true, out);
              }
              out.setI32(at + Layout.TIMER_PAYLOAD_BYTES_AT, out.length - payloadAt);
              out.end(at);
            });
    return Bytes.i64(answer, 0);
  }

  /** Cancels a timer or looks at it: the time that was left; empty where it has fired. */
  static Optional<Duration> timer(Host host, TurnContext within, int what, long timer) {
    byte[] answer =
        host.command(
            within,
            (out, id) -> {
              int at = out.begin(Layout.TIMER_TYPE, Layout.TIMER_FIXED_BYTES, 0, id);
              out.setU16(at + Layout.TIMER_WHAT_AT, what);
              out.setI64(at + Layout.TIMER_TURN_AT, turn(within));
              out.setI64(at + Layout.TIMER_TIMER_AT, timer);
              out.end(at);
            });
    return answer.length == 0
        ? Optional.empty()
        : Optional.of(Duration.ofMillis(Bytes.i64(answer, 0)));
  }

  private static long milliseconds(Duration time) {
    if (time.isNegative() || time.compareTo(Duration.ofMillis(LONGEST_MS)) > 0) {
      throw new InvalidArgumentException(time + " is not between 0 and " + LONGEST_MS + " ms");
    }
    return time.toMillis();
  }

  /** Tells all members of a group whose kind has the handler; how many these are. */
  static int publish(Host host, TurnContext within, String group, String handler, Object message) {
    byte[] groupBytes = Utf8.encode(group, "the group's name");
    byte[] handlerBytes = Utf8.encode(handler, "the handler's name");
    byte[] answer =
        host.command(
            within,
            (out, id) -> {
              int at = out.begin(Layout.PUBLISH_TYPE, Layout.PUBLISH_FIXED_BYTES, 0, id);
              out.setI64(at + Layout.PUBLISH_TURN_AT, turn(within));
              out.setI32(at + Layout.PUBLISH_GROUP_BYTES_AT, groupBytes.length);
              out.setI32(at + Layout.PUBLISH_HANDLER_BYTES_AT, handlerBytes.length);
              out.write(groupBytes);
              out.write(handlerBytes);
              int payloadAt = out.length;
              host.encodeAny(handler, message, out);
              out.setI32(at + Layout.PUBLISH_PAYLOAD_BYTES_AT, out.length - payloadAt);
              out.end(at);
            });
    return (int) Bytes.i64(answer, 0);
  }

  /** The names of all groups. */
  static List<String> groups(Host host) {
    List<String> names = new ArrayList<>();
    JsonNode next = IntNode.valueOf(0);
    while (next.isNumber()) {
      String topic = "{\"topic\":\"groups\",\"after\":" + next + ",\"limit\":1000}";
      JsonNode page = described(host, topic);
      page.path("groups").forEach(one -> names.add(one.path("group").asText()));
      next = page.path("next");
    }
    return names;
  }

  private static JsonNode described(Host host, String topic) {
    try {
      return Stats.MAPPER.readTree(Port.describe(host.engine, topic));
    } catch (IOException e) {
      throw (InternalException) new InternalException("an answer cannot be read").initCause(e);
    }
  }

  /** To whom a turn's process is linked. */
  static List<Address<?>> links(TurnContext within, long process) {
    List<Address<?>> links = new ArrayList<>();
    String number = Long.toUnsignedString(process);
    String topic = "{\"topic\":\"inspect\",\"process\":\"" + number + "\"}";
    for (JsonNode link : described(within.turn().host, topic).path("links")) {
      links.add(Notes.who(within, link));
    }
    return links;
  }
}
