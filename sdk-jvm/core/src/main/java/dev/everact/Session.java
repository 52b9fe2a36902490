// What an engine and a connection have in common: kinds are registered, the lane runs, and at the
// end
// all of it closes.
package dev.everact;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.errors.InternalException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Port;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** From opening to closing. */
final class Session {
  private static final Duration DRAIN = Duration.ofSeconds(30);
  private static final long GRACE_MS = 5_000;

  private final Host host;

  /** The thread that closes; the others that call {@code close} wait for it. */
  private final AtomicReference<Thread> closing = new AtomicReference<>();

  private final CountDownLatch ended = new CountDownLatch(1);

  private Session(Host host) {
    this.host = host;
  }

  /**
   * Opens what the settings describe.
   *
   * @param runs whether turns run here; else actors are only reached
   */
  static Session open(
      Map<String, Object> settings, Kinds kinds, Json json, ThreadBounds threads, boolean runs) {
    List<Kinds.Entry> entries = kinds.entries();
    KindTable[] tables = new KindTable[entries.size()];
    List<Map<String, Object>> declared = new ArrayList<>();
    Map<String, byte[]> descriptors = new LinkedHashMap<>();
    for (int i = 0; i < tables.length; i++) {
      tables[i] = KindTable.of(entries.get(i), i, json, runs);
      declared.add(tables[i].configuration());
      tables[i].descriptors.forEach(descriptors::putIfAbsent);
    }
    Pools pools = new Pools(threads.pools());
    for (KindTable table : runs ? tables : new KindTable[0]) {
      table.runsIn = pools.of(table);
    }
    Map<String, Object> configuration = new LinkedHashMap<>(settings);
    configuration.put("lane", "threads");
    configuration.put("kinds", declared);
    if (!descriptors.isEmpty()) {
      Base64.Encoder base64 = Base64.getEncoder();
      configuration.put(
          "descriptors", descriptors.values().stream().map(base64::encodeToString).toList());
    }
    Host host = new Host(open(configuration), tables, json, threads, pools);
    host.lane.start();
    if (runs) {
      HandlerStack.serve(host);
    }
    return new Session(host);
  }

  private static long open(Map<String, Object> configuration) {
    Bytes text = new Bytes(1024);
    Configuration.write(configuration, text);
    Port port = Port.take();
    try {
      return port.open(text.copy(0, text.length));
    } finally {
      Port.give(port);
    }
  }

  <A extends Actor> Reference<A> actor(Class<A> type, String key) {
    return new Reference<>(host, host.kind(type), key, null);
  }

  Reference<?> actor(String kind, String key) {
    return new Reference<>(host, host.kind(kind), key, null);
  }

  /** The handle that the core knows it by, while it is open. */
  long engine() {
    host.checkOpen();
    return host.engine;
  }

  /** JSON about a topic. */
  byte[] describe(String topic) {
    return Port.describe(engine(), topic);
  }

  /** A rare request, as JSON with the member {@code topic}, and its answer. */
  JsonNode control(Map<String, Object> topic) {
    Bytes text = new Bytes(256);
    Configuration.write(topic, text);
    byte[] asked = text.copy(0, text.length);
    try {
      return Stats.MAPPER.readTree(describe(new String(asked, StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw (InternalException) new InternalException("an answer cannot be read").initCause(e);
    }
  }

  /** The same for programs: the answer's members. */
  Map<String, Object> describe(String topic, Map<String, ?> members) {
    Map<String, Object> asked = new LinkedHashMap<>(members);
    asked.put("topic", topic);
    return Stats.MAPPER.convertValue(control(asked), new TypeReference<>() {});
  }

  Host host() {
    return host;
  }

  void close() {
    close(DRAIN);
  }

  void close(Duration deadline) {
    if (deadline.isNegative() || deadline.toMillis() > Integer.MAX_VALUE) {
      throw new InvalidArgumentException(deadline + " is no deadline for closing");
    }
    if (closing.compareAndSet(null, Thread.currentThread())) {
      try {
        end(deadline);
      } finally {
        ended.countDown();
      }
      return;
    }
    // A future's follower may call from within the first call, which must not wait for itself.
    if (closing.get() != Thread.currentThread()) {
      awaitEnd();
    }
  }

  private void awaitEnd() {
    boolean interrupted = false;
    while (true) {
      try {
        ended.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void end(Duration deadline) {
    host.lane.flush();
    Port.close(host.engine, (int) deadline.toMillis());
    boolean interrupted = false;
    long end = System.nanoTime() + (deadline.toMillis() + GRACE_MS) * 1_000_000;
    while (true) {
      try {
        if (!host.awaitClosed(Math.max(0, (end - System.nanoTime()) / 1_000_000))) {
          host.closed();
        }
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    Port.free(host.engine);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
