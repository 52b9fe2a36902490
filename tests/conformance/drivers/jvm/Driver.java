// The JVM's conformance driver: JSON lines on stdin, answers on stdout (tests/conformance/README.md, part 2). With
// EVERACT_CONFORMANCE_REMOTE=1 its engines listen and its messages reach them through connections.
package conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.everact.Actor;
import dev.everact.ConnectOptions;
import dev.everact.Connection;
import dev.everact.Engine;
import dev.everact.Metadata;
import dev.everact.Options;
import dev.everact.Reference;
import dev.everact.Scope;
import dev.everact.errors.EveractException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Reads requests and answers each in its own time. */
public final class Driver {
  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);
  private static final Map<String, Opened> ENGINES = new ConcurrentHashMap<>();
  private static final Duration ARRIVAL = Duration.ofSeconds(1);
  private static final boolean REMOTE = "1".equals(System.getenv("EVERACT_CONFORMANCE_REMOTE"));

  /** An engine, and perhaps a connection to it. */
  private static final class Opened {
    private final Engine engine;
    private final Connection connection;

    /** The engine has hung up, and tells latecomers so only within its process. */
    private volatile boolean closing;

    Opened(Engine engine, Connection connection) {
      this.engine = engine;
      this.connection = connection;
    }

    /** From where its actors are reached. */
    Scope scope() {
      return connection == null || closing ? engine : connection;
    }

    void close(Duration deadline) {
      if (connection == null) {
        engine.close(deadline);
        return;
      }
      arrived();
      closing = true;
      engine.close(deadline);
      connection.close(Duration.ZERO);
    }

    /** What was sent before the close shall be there before it: a message that is answered came after them. */
    private void arrived() {
      try {
        connection.actor("echo", "arrived").withDeadline(ARRIVAL).call("nothing", Void.class);
      } catch (EveractException e) {
        // The engine is closed or busy: then there is nothing to wait for.
        return;
      }
    }
  }

  /** After so long a request's thread that still computes has submitted its ask for certain. */
  private static final long UNDER_WAY_NANOS = 200_000_000;

  private Driver() {}

  /**
   * Runs until stdin ends.
   *
   * @param arguments none
   * @throws IOException when stdin cannot be read
   */
  public static void main(String[] arguments) throws IOException {
    Notices.collect();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      begin(Messages.JSON.readTree(line));
    }
    Runtime.getRuntime().halt(0);
  }

  /** Starts a request without waiting for what it waits for; a blocking ask is under way when this returns. */
  private static void begin(JsonNode request) {
    if (request.get("op").asText().equals("ask") && request.has("cancel_after_ms")) {
      cancelled(request);
      return;
    }
    Thread thread = new Thread(null, () -> answer(request), "request-" + request.get("id"), 1 << 21);
    thread.setDaemon(true);
    thread.start();
    if (request.get("op").asText().equals("ask")) {
      long end = System.nanoTime() + UNDER_WAY_NANOS;
      while (thread.getState() == Thread.State.RUNNABLE && System.nanoTime() < end) {
        Thread.onSpinWait();
      }
    }
  }

  private static void answer(JsonNode request) {
    ObjectNode answer = Messages.JSON.createObjectNode();
    answer.set("id", request.get("id"));
    try {
      JsonNode result = Messages.result(run(request));
      if (result != null && !result.isNull()) {
        answer.set("result", result);
      }
    } catch (Throwable e) {
      Messages.fail(answer, e);
    }
    print(answer);
    if (request.get("op").asText().equals("exit")) {
      Runtime.getRuntime().halt(0);
    }
  }

  private static synchronized void print(JsonNode answer) {
    OUT.println(answer);
    OUT.flush();
  }

  private static Object run(JsonNode request) throws Exception {
    switch (request.get("op").asText()) {
      case "hello":
        return Map.of("language", "jvm", "pid", ProcessHandle.current().pid(), "version", "0.1.0");
      case "open":
        ENGINES.put(request.get("engine").asText(), open(request));
        return null;
      case "ask":
        return ask(request);
      case "tell":
        return tell(request);
      case "batch":
        return new Batch(opened(request).scope(), request, index -> acknowledged(request, index)).run();
      case "stats":
        return engine(request).stats();
      case "backup":
        engine(request).backup(Path.of(request.get("folder").asText()));
        return null;
      case "restore":
        Engine.restore(Path.of(request.get("from").asText()), Path.of(request.get("into").asText()));
        return null;
      case "close":
        opened(request).close(Duration.ofMillis(request.get("deadline_ms").asLong()));
        return null;
      case "gate":
        return gate(request);
      case "dead_letters", "dead_letter", "dead_retry", "dead_drop":
        return Letters.run(engine(request).deadLetters(), request);
      case "producer_newest", "producer_skip", "ingest":
        return Letters.run(engine(request), opened(request).scope(), request);
      case "notices":
        return Notices.count(request.get("contains").asText());
      case "note":
        return Tables.notes(request.get("text").asText());
      case "exit":
        return null;
      default:
        throw new IllegalArgumentException("no such op: " + request.get("op"));
    }
  }

  private static Opened opened(JsonNode request) {
    return ENGINES.get(request.get("engine").asText());
  }

  private static Engine engine(JsonNode request) {
    return opened(request).engine;
  }

  private static Opened open(JsonNode request) {
    JsonNode data = request.path("data");
    Options options = data.isTextual() ? Options.onFolder(Path.of(data.asText())) : Options.inMemory();
    request
        .path("options")
        .properties()
        .forEach(
            setting -> options.set(setting.getKey(), Messages.JSON.convertValue(setting.getValue(), Object.class)));
    List<Class<? extends Actor>> kinds = Catalogue.kinds(request.path("release").asInt(1));
    if (request.path("duplicate_kind").asBoolean()) {
      kinds.add(Catalogue.Counter.class);
    }
    if (!REMOTE) {
      Engine engine = Engine.open(options, kinds);
      return new Opened(engine, null);
    }
    // A connection decides about messages, too.
    Map<String, Object> gateway = new HashMap<>(Map.of("control", true));
    request
        .path("options")
        .path("gateway")
        .properties()
        .forEach(setting -> gateway.put(setting.getKey(), Messages.JSON.convertValue(setting.getValue(), Object.class)));
    options.set("gateway", gateway);
    Engine engine = Engine.open(options.listen("127.0.0.1:0"), kinds);
    return new Opened(engine, connect(engine, request, kinds));
  }

  private static Connection connect(Engine engine, JsonNode request, List<Class<? extends Actor>> kinds) {
    ConnectOptions options = ConnectOptions.to("http://" + engine.address().orElseThrow());
    if (request.path("connect").has("token")) {
      options.token(request.get("connect").get("token").asText());
    }
    JsonNode settings = request.path("options");
    for (String bound : List.of("ask_timeout_ms", "message_bytes_max", "pending_asks_max")) {
      if (settings.has(bound)) {
        options.set(bound, settings.get(bound).asLong());
      }
    }
    return Connection.open(options, kinds);
  }

  private static Reference<?> reference(JsonNode request) {
    Reference<?> to = opened(request).scope().actor(request.get("kind").asText(), Messages.key(request.get("key")));
    if (request.has("metadata")) {
      Metadata metadata = Metadata.empty();
      for (Map.Entry<String, JsonNode> entry : request.get("metadata").properties()) {
        metadata = metadata.with(entry.getKey(), entry.getValue().asText());
      }
      to = to.withMetadata(metadata);
    }
    if (request.has("producer")) {
      to = to.withProducer(request.get("producer").asText(), request.get("sequence").asLong());
    } else if (request.has("keep_ms")) {
      Duration kept = Duration.ofMillis(request.get("keep_ms").asLong());
      to = to.withIdempotencyKey(request.get("idempotency_key").asText(), kept);
    } else if (request.has("idempotency_key")) {
      to = to.withIdempotencyKey(request.get("idempotency_key").asText());
    }
    return request.has("deadline_ms") ? to.withDeadline(Duration.ofMillis(request.get("deadline_ms").asLong())) : to;
  }

  private static Class<?> reply(JsonNode request) {
    return request.path("reply").asText().equals("bytes") ? byte[].class : JsonNode.class;
  }

  private static Object ask(JsonNode request) {
    Reference<?> to = reference(request);
    String handler = request.get("handler").asText();
    return request.has("message")
        ? to.call(handler, reply(request), Messages.message(request.get("message")))
        : to.call(handler, reply(request));
  }

  /** An ask that its caller cancels after a while, the asynchronous way. */
  private static void cancelled(JsonNode request) {
    ObjectNode answer = Messages.JSON.createObjectNode();
    answer.set("id", request.get("id"));
    CompletableFuture<?> reply;
    try {
      Reference<?> to = reference(request);
      String handler = request.get("handler").asText();
      reply =
          request.has("message")
              ? to.ask(handler, reply(request), Messages.message(request.get("message")))
              : to.ask(handler, reply(request));
    } catch (RuntimeException e) {
      reply = CompletableFuture.failedFuture(e);
    }
    CompletableFuture<?> asked = reply;
    CompletableFuture.delayedExecutor(request.get("cancel_after_ms").asLong(), TimeUnit.MILLISECONDS)
        .execute(() -> asked.cancel(true));
    asked.whenComplete(
        (value, thrown) -> {
          if (thrown == null) {
            answer.set("result", Messages.result(value));
          } else {
            Messages.fail(answer, thrown);
          }
          print(answer);
        });
  }

  private static Object tell(JsonNode request) {
    Reference<?> to = reference(request);
    String handler = request.get("handler").asText();
    return request.has("message")
        ? to.tell(handler, Messages.message(request.get("message"))).join()
        : to.tell(handler).join();
  }

  private static void acknowledged(JsonNode request, int index) {
    ObjectNode line = Messages.JSON.createObjectNode();
    line.set("id", request.get("id"));
    print(line.put("acknowledged", index));
  }

  private static Object gate(JsonNode request) throws InterruptedException {
    String name = request.get("name").asText();
    switch (request.get("action").asText()) {
      case "open" -> Tables.open(name);
      case "shut" -> Tables.shut(name);
      case "wait" -> Tables.await(name, request.get("count").asInt());
      default -> {
        return Tables.peak(name);
      }
    }
    return null;
  }
}
