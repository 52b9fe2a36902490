// How an engine is opened: where its data lies and what its bounds are.
package dev.everact;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.everact.errors.InvalidConfigurationException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An engine's settings. What is not set comes from the environment ({@code EVERACT_DATA}, {@code
 * EVERACT_ASK_TIMEOUT_MS} and so on), else from the defaults. Not for several threads at once.
 *
 * <pre>{@code
 * Engine.open(Options.onFolder(Path.of("flights-data")).askTimeout(Duration.ofSeconds(5)), Airport.class);
 * }</pre>
 */
public final class Options {
  private static final int HANDLER_THREADS_MAX = 256;
  private static final int RECEIVER_THREADS_MAX = 2_000;

  private final Map<String, Object> settings = new LinkedHashMap<>();
  private ObjectMapper mapper;
  private int handlerThreadsMax = HANDLER_THREADS_MAX;
  private int receiverThreadsMax = RECEIVER_THREADS_MAX;
  private final Map<String, Integer> pools = new LinkedHashMap<>();

  private Options() {}

  /**
   * Nothing set: the environment and the defaults decide.
   *
   * @return fresh options
   */
  public static Options fromEnvironment() {
    return new Options();
  }

  /**
   * Data in a folder, made if missing. One engine at a time holds it.
   *
   * @param folder the data folder
   * @return fresh options
   */
  public static Options onFolder(Path folder) {
    return new Options().set("data", folder.toString());
  }

  /**
   * Everything in memory, gone when the engine closes.
   *
   * @return fresh options
   */
  public static Options inMemory() {
    return new Options().set("data", null);
  }

  /**
   * Any setting by its name in the configuration guide.
   *
   * @param name the setting, for instance {@code mailbox_capacity_messages}
   * @param value a number, a text, a list or a map
   * @return these options
   */
  public Options set(String name, Object value) {
    settings.put(name, value);
    return this;
  }

  /**
   * The deadline of asks that name none.
   *
   * @param timeout to the millisecond
   * @return these options
   */
  public Options askTimeout(Duration timeout) {
    return set("ask_timeout_ms", timeout.toMillis());
  }

  /**
   * Idle time before an actor leaves memory.
   *
   * @param timeout to the millisecond
   * @return these options
   */
  public Options idleTimeout(Duration timeout) {
    return set("idle_timeout_ms", timeout.toMillis());
  }

  /**
   * Actors in memory before the least recently used leave it.
   *
   * @param most the number
   * @return these options
   */
  public Options activationsMax(long most) {
    return set("activations_max", most);
  }

  /**
   * Processes that may be alive in one shard before a spawn is {@code Overloaded}.
   *
   * @param most the number
   * @return these options
   */
  public Options processesMax(long most) {
    return set("processes_max", most);
  }

  /**
   * Encoded state in memory before the least recently used actors leave it.
   *
   * @param most bytes; 0 is no limit
   * @return these options
   */
  public Options memoryBytesMax(long most) {
    return set("memory_bytes_max", most);
  }

  /**
   * How many messages an actor's mailbox holds.
   *
   * @param most the number
   * @return these options
   */
  public Options mailboxCapacityMessages(int most) {
    return set("mailbox_capacity_messages", most);
  }

  /**
   * Open asks in the engine before {@code Overloaded}.
   *
   * @param most the number
   * @return these options
   */
  public Options pendingAsksMax(long most) {
    return set("pending_asks_max", most);
  }

  /**
   * Bytes accepted and not yet durable before asks get {@code Overloaded} and told messages wait.
   *
   * @param most bytes
   * @return these options
   */
  public Options uncommittedBytesMax(long most) {
    return set("uncommitted_bytes_max", most);
  }

  /**
   * The size beyond which messages, replies and states are {@code TooLarge}.
   *
   * @param most bytes
   * @return these options
   */
  public Options messageBytesMax(long most) {
    return set("message_bytes_max", most);
  }

  /**
   * How deep a message in JSON may nest before it is {@code InvalidPayload}.
   *
   * @param most levels, 1 to 1,024
   * @return these options
   */
  public Options jsonDepthMax(int most) {
    return set("json_depth_max", most);
  }

  /**
   * How many elements a message in JSON may have before it is {@code InvalidPayload}.
   *
   * @param most opening brackets and commas
   * @return these options
   */
  public Options jsonElementsMax(long most) {
    return set("json_elements_max", most);
  }

  /**
   * How long a turn may be open before it is reported.
   *
   * @param time to the millisecond
   * @return these options
   */
  public Options slowTurn(Duration time) {
    return set("slow_turn_ms", time.toMillis());
  }

  /**
   * The store's page cache.
   *
   * @param bytes its size
   * @return these options
   */
  public Options cacheBytes(long bytes) {
    return set("cache_bytes", bytes);
  }

  /**
   * Independent parts of the table of actors.
   *
   * @param number 1 to 64
   * @return these options
   */
  public Options shards(int number) {
    return set("shards", number);
  }

  /**
   * Which of the core's own diagnostics go to the logger.
   *
   * @param level {@code error}, {@code warn}, {@code info}, {@code debug} or {@code trace}
   * @return these options
   */
  public Options logLevel(String level) {
    return set("log_level", level);
  }

  /**
   * Opens the gateway: the engine's actors answer gRPC, HTTP and {@link Connection}s there.
   *
   * @param address an address and a port, for instance {@code 127.0.0.1:8080}; port 0 takes a free
   *     one, which {@link Engine#address} tells
   * @return these options
   */
  public Options listen(String address) {
    return set("listen", address);
  }

  /**
   * The gateway's own settings, by their names in its guide.
   *
   * @param settings texts, numbers, booleans, lists and maps of them
   * @return these options
   */
  public Options gateway(Map<String, ?> settings) {
    return set("gateway", Map.copyOf(settings));
  }

  /**
   * Declares a pool for kinds that compute for long ({@link Kind#pool}), or gives the pool {@code
   * cpu} another size than the number of processors less one.
   *
   * @param name lower snake case
   * @param size how many turns run in it at a time, at least 1
   * @return these options
   */
  public Options pool(String name, int size) {
    if (!name.matches("[a-z][a-z0-9_]*") || size < 1) {
      throw new InvalidConfigurationException(
          "pool " + name + " of " + size + ": its name is lower snake case, its size at least 1");
    }
    pools.put(name, size);
    return this;
  }

  /**
   * On JDKs without virtual threads: threads for handlers that wait for something other than an
   * ask.
   *
   * @param most the number
   * @return these options
   */
  public Options handlerThreadsMax(int most) {
    if (most < 1) {
      throw new InvalidConfigurationException("handlerThreadsMax must be at least 1");
    }
    handlerThreadsMax = most;
    return this;
  }

  /**
   * On JDKs without virtual threads: threads for processes that receive their messages themselves,
   * each of which has one as long as it lives. A process beyond that ends at once as failed, with
   * {@code Overloaded}.
   *
   * @param most the number
   * @return these options
   */
  public Options receiverThreadsMax(int most) {
    if (most < 1) {
      throw new InvalidConfigurationException("receiverThreadsMax must be at least 1");
    }
    receiverThreadsMax = most;
    return this;
  }

  /**
   * A Jackson mapper for messages, replies and state, in place of the strict one with names in
   * snake case.
   *
   * @param other the mapper; not to be changed afterwards
   * @return these options
   */
  public Options mapper(ObjectMapper other) {
    mapper = other;
    return this;
  }

  Map<String, Object> settings() {
    return settings;
  }

  Json json() {
    return new Json(mapper);
  }

  ThreadBounds threads() {
    return new ThreadBounds(handlerThreadsMax, receiverThreadsMax, Map.copyOf(pools));
  }
}
