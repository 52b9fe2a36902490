// What the core tells a process or an actor, from its JSON.
package dev.everact;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.internal.Bytes;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/** Reads notes. */
final class Notes {
  /** Reads why a process has ended, where somebody waits for it from outside. */
  static final Codec END =
      new Codec() {
        @Override
        void encode(Object value, Bytes out) throws Misfit {
          throw new Misfit("an end is only read");
        }

        @Override
        Object decode(byte[] from, int at, int length) throws Misfit {
          return why(tree(Arrays.copyOfRange(from, at, at + length)).path("reason"));
        }
      };

  private Notes() {}

  static Exit exit(TurnContext context, byte[] note) throws Misfit {
    JsonNode read = tree(note);
    boolean parent = read.path("parent").asBoolean();
    return new Exit(who(context, read.path("from")), why(read.path("reason")), parent);
  }

  static Down down(TurnContext context, byte[] note) throws Misfit {
    JsonNode read = tree(note);
    Monitor monitor = new Monitor(number(read.path("monitor")));
    return new Down(monitor, who(context, read.path("from")), why(read.path("reason")));
  }

  static HandlerGone gone(TurnContext context, byte[] note) throws Misfit {
    JsonNode read = tree(note);
    JsonNode reason = read.path("reason");
    boolean swapped = reason.path("is").asText().equals("swapped");
    return new HandlerGone(
        (ProcessRef<?>) who(context, read.path("manager")),
        read.path("handler").asText(),
        swapped ? ExitReason.NORMAL : why(reason),
        swapped ? Optional.of(reason.path("new").asText()) : Optional.empty());
  }

  static GroupChange group(TurnContext context, byte[] note) throws Misfit {
    JsonNode read = tree(note);
    GroupMonitor monitor = new GroupMonitor(number(read.path("monitor")));
    String group = read.path("group").asText();
    ProcessRef<?> process = process(context, read);
    return read.path("joined").asBoolean()
        ? new Joined(monitor, group, process)
        : new Left(monitor, group, process);
  }

  /** A time-out of a state machine's. */
  static Timeout timeout(byte[] note) throws Misfit {
    JsonNode read = tree(note);
    JsonNode which = read.path("timeout");
    JsonNode name = which.path("name");
    return new Timeout(
        name.isTextual()
            ? Timeout.named(name.asText())
            : which.asText().equals("event") ? Timeout.EVENT : Timeout.STATE,
        plain(read.path("content")));
  }

  /** Any JSON. */
  static Object value(byte[] note) throws Misfit {
    return plain(tree(note));
  }

  static Object plain(JsonNode value) {
    return value.isMissingNode() ? null : Stats.MAPPER.convertValue(value, Object.class);
  }

  static JsonNode tree(byte[] note) throws Misfit {
    try {
      return Stats.MAPPER.readTree(note);
    } catch (IOException e) {
      throw new Misfit("a note of the core's cannot be read");
    }
  }

  /** Numbers of 64 bits are texts. */
  private static long number(JsonNode text) {
    return Long.parseUnsignedLong(text.asText());
  }

  /** Somebody, as notes and lists have it. */
  static Address<?> who(TurnContext context, JsonNode from) {
    if (from.has("process")) {
      return process(context, from);
    }
    JsonNode kindOf = from.path("kind");
    String kind =
        kindOf.isTextual() ? kindOf.asText() : context.turn().host.kind(kindOf.asInt()).name;
    return context.actor(kind, from.path("key").asText());
  }

  /** A process, of a kind that may be unknown. Notes have a kind's number, lists its name. */
  private static ProcessRef<?> process(TurnContext context, JsonNode from) {
    Host host = context.turn().host;
    JsonNode kind = from.path("kind");
    long number = number(from.path("process"));
    return kind.isTextual()
        ? ProcessRef.named(host, kind.asText(), number)
        : host.process(kind.asInt(Host.NO_KIND), number);
  }

  /** A reason as notes and lists have it. */
  static ExitReason why(JsonNode reason) {
    JsonNode detail = reason.path("detail");
    Object given = detail.isMissingNode() ? null : Stats.MAPPER.convertValue(detail, Object.class);
    return switch (reason.path("is").asText()) {
      case "normal" -> ExitReason.NORMAL;
      case "shutdown" -> given == null ? ExitReason.SHUTDOWN : new ExitReason.Shutdown(given);
      case "kill" -> ExitReason.KILL;
      case "killed" -> new ExitReason.Killed();
      case "no_process" -> new ExitReason.NoProcess();
      case "passivated" -> new ExitReason.Passivated();
      case "failed" ->
          new ExitReason.Failed(
              reason.path("name").asText(),
              reason.path("text").asText(),
              reason.path("stack").asText());
      default -> new ExitReason.Custom(given);
    };
  }
}
