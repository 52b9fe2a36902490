// Supervisors on their way to the core, and their answers.
package dev.everact;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/** Writes commands to supervisors and reads what they answer. */
final class Supervisors {
  /** {@code {"specs", "active", "supervisors", "workers"}}. */
  static final BiFunction<Host, JsonNode, ChildCounts> COUNTS =
      (host, read) ->
          new ChildCounts(
              read.path("specs").asInt(),
              read.path("active").asInt(),
              read.path("supervisors").asInt(),
              read.path("workers").asInt());

  /** A list of children. */
  static final BiFunction<Host, JsonNode, List<ChildInfo>> CHILDREN = Supervisors::children;

  /** A child's rules. */
  static final BiFunction<Host, JsonNode, ChildSpec> SPEC = (host, read) -> spec(read);

  /** {@code {"process"}}. */
  static final BiFunction<Host, JsonNode, Optional<ProcessRef<?>>> STARTED =
      (host, read) -> process(host, read.path("process"), read.path("kind").asText(null));

  /** Nothing. */
  static final BiFunction<Host, JsonNode, Void> DONE = (host, read) -> null;

  private Supervisors() {}

  static SupervisorRef start(Host host, TurnContext within, Supervisor supervisor) {
    return started(host, within, Layout.SUPERVISE_START, supervisor);
  }

  static SupervisorRef run(Host host, Supervisor supervisor) {
    return started(host, null, Layout.SUPERVISE_RUN, supervisor);
  }

  private static SupervisorRef started(
      Host host, TurnContext within, int what, Supervisor supervisor) {
    byte[] json = json(supervisor.written(host));
    byte[] answer = host.command(within, (out, id) -> write(out, id, what, json, within, 0));
    return new SupervisorRef(
        host,
        Long.parseUnsignedLong(SupervisorException.checked(tree(answer)).path("process").asText()));
  }

  /** Asks a supervisor; the answer is read where it is waited for. */
  static <T> CompletableFuture<T> ask(
      SupervisorRef to, Map<String, Object> command, BiFunction<Host, JsonNode, T> reader) {
    Host host = to.bound();
    byte[] json = json(command);
    Outgoing outgoing = new Outgoing(null, false, null, Managing.ANSWER);
    AskFuture<JsonNode> future = new AskFuture<>(host, outgoing, null);
    TurnContext within = to.within();
    host.submit(
        within,
        (out, id) -> write(out, id, Layout.SUPERVISE_COMMAND, json, within, to.number()),
        future.ask());
    return future.thenApply(answer -> reader.apply(host, SupervisorException.checked(answer)));
  }

  private static void write(
      Bytes out, long id, int what, byte[] json, TurnContext within, long process) {
    int at = out.begin(Layout.SUPERVISE_TYPE, Layout.SUPERVISE_FIXED_BYTES, 0, id);
    out.setU16(at + Layout.SUPERVISE_WHAT_AT, what);
    out.setI32(at + Layout.SUPERVISE_JSON_BYTES_AT, json.length);
    out.setI64(at + Layout.SUPERVISE_TURN_AT, within == null ? 0 : within.turn().id);
    out.setI64(at + Layout.SUPERVISE_PROCESS_AT, process);
    out.write(json);
    out.end(at);
  }

  private static byte[] json(Map<String, Object> value) {
    Bytes out = new Bytes(512);
    Configuration.write(value, out);
    return out.copy(0, out.length);
  }

  private static JsonNode tree(byte[] json) {
    try {
      return Stats.MAPPER.readTree(json);
    } catch (IOException e) {
      throw new IllegalStateException("unreachable: the core writes JSON", e);
    }
  }

  static Optional<ProcessRef<?>> process(Host host, JsonNode number, String kind) {
    if (!number.isTextual()) {
      return Optional.empty();
    }
    return Optional.of(ProcessRef.named(host, kind, Long.parseUnsignedLong(number.asText())));
  }

  private static List<ChildInfo> children(Host host, JsonNode read) {
    List<ChildInfo> children = new ArrayList<>();
    for (JsonNode one : read) {
      boolean supervisor = one.path("type").asText().equals(SupervisorRef.KIND);
      // A child of this type need not be one that the core runs.
      String kind = one.path("kind").asText(supervisor ? SupervisorRef.KIND : null);
      children.add(
          new ChildInfo(
              Optional.ofNullable(one.path("id").asText(null)),
              ChildInfo.Status.valueOf(one.path("status").asText().toUpperCase(Locale.ROOT)),
              process(host, one.path("process"), kind),
              supervisor));
    }
    return children;
  }

  private static ChildSpec spec(JsonNode read) {
    JsonNode start = read.path("start");
    return new ChildSpec(
        read.path("id").asText(),
        Optional.ofNullable(start.path("kind").asText(null)),
        Optional.ofNullable(start.path("name").asText(null)),
        Restart.valueOf(read.path("restart").asText().toUpperCase(Locale.ROOT)),
        shutdown(read.path("shutdown")),
        read.path("type").asText().equals(SupervisorRef.KIND),
        read.path("significant").asBoolean());
  }

  private static Shutdown shutdown(JsonNode read) {
    if (read.isNumber()) {
      return Shutdown.after(Duration.ofMillis(read.asLong()));
    }
    return read.asText().equals("brutal") ? Shutdown.BRUTAL : Shutdown.INFINITY;
  }
}
