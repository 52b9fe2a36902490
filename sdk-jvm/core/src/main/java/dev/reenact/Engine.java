// The engine: opened on a folder or in memory, closed when done.
package dev.reenact;

import dev.reenact.errors.InternalException;
import dev.reenact.errors.InvalidArgumentException;
import dev.reenact.internal.Bytes;
import dev.reenact.internal.Port;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Durable actors in this process: a library and a data folder. For any number of threads.
 *
 * <pre>{@code
 * try (Engine engine = Engine.open(Path.of("flights-data"), Airport.class)) {
 *   System.out.println(engine.actor(Airport.class, "SFO").call(Airport::landed, 12));
 * }
 * }</pre>
 */
public final class Engine implements AutoCloseable {
  private static final Duration DRAIN = Duration.ofSeconds(30);
  private static final long GRACE_MS = 5_000;

  private final Host host;
  private final AtomicBoolean closing = new AtomicBoolean();

  private Engine(Host host) {
    this.host = host;
  }

  /**
   * Opens an engine on a data folder.
   *
   * @param folder the data folder, made if missing
   * @param kinds the actors' classes
   * @return an open engine
   * @throws dev.reenact.errors.DataLockedException if another engine holds the folder
   */
  @SafeVarargs
  public static Engine open(Path folder, Class<? extends Actor>... kinds) {
    return open(Options.onFolder(folder), kinds);
  }

  /**
   * Opens an engine that keeps everything in memory.
   *
   * @param kinds the actors' classes
   * @return an open engine
   */
  @SafeVarargs
  public static Engine inMemory(Class<? extends Actor>... kinds) {
    return open(Options.inMemory(), kinds);
  }

  /**
   * Opens an engine.
   *
   * @param options where and how
   * @param kinds the actors' classes
   * @return an open engine
   * @throws dev.reenact.errors.ReenactException of the families usage, store and damage
   */
  @SafeVarargs
  public static Engine open(Options options, Class<? extends Actor>... kinds) {
    List<Class<? extends Actor>> list = new ArrayList<>(kinds.length);
    for (Class<? extends Actor> kind : kinds) {
      list.add(kind);
    }
    return open(options, list);
  }

  /**
   * As {@link #open(Options, Class[])}.
   *
   * @param options where and how
   * @param kinds the actors' classes
   * @return an open engine
   */
  public static Engine open(Options options, List<Class<? extends Actor>> kinds) {
    Json json = options.json();
    KindTable[] tables = new KindTable[kinds.size()];
    List<Map<String, Object>> declared = new ArrayList<>();
    for (int i = 0; i < tables.length; i++) {
      tables[i] = new KindTable(kinds.get(i), i, json);
      declared.add(tables[i].configuration());
    }
    Map<String, Object> configuration = new LinkedHashMap<>(options.settings());
    configuration.put("lane", "threads");
    configuration.put("kinds", declared);
    long engine = open(configuration);
    Host host = new Host(engine, tables, json, options.handlerThreadsMax());
    host.lane.start();
    return new Engine(host);
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

  /**
   * Reaches an actor.
   *
   * @param <A> the actor's class
   * @param type the actor's class
   * @param key the identity within the kind
   * @return a reference
   * @throws dev.reenact.errors.UnknownKindException if the class is not registered
   */
  public <A extends Actor> Reference<A> actor(Class<A> type, String key) {
    return new Reference<>(host, host.kind(type), key, null);
  }

  /**
   * Reaches an actor by its kind's name.
   *
   * @param kind the kind's name
   * @param key the identity within the kind
   * @return a reference
   * @throws dev.reenact.errors.UnknownKindException if no such kind is registered
   */
  public Reference<?> actor(String kind, String key) {
    return new Reference<>(host, host.kind(kind), key, null);
  }

  /**
   * What the engine holds and has done.
   *
   * @return the figures of this moment
   */
  public Stats stats() {
    byte[] text = Port.describe(open().engine, "stats");
    try {
      return Stats.READER.readValue(text);
    } catch (IOException e) {
      throw (InternalException) new InternalException("the statistics cannot be read").initCause(e);
    }
  }

  /**
   * Copies a consistent state of all data while work goes on.
   *
   * @param folder a folder that is made
   */
  public void backup(Path folder) {
    Port.backup(open().engine, folder.toString());
  }

  /**
   * Makes a data folder from a backup.
   *
   * @param from the backup
   * @param into a folder without data
   */
  public static void restore(Path from, Path into) {
    Port.restore(from.toString(), into.toString());
  }

  private Host open() {
    host.checkOpen();
    return host;
  }

  /** Closes the engine; what is accepted is finished within 30 seconds. */
  @Override
  public void close() {
    close(DRAIN);
  }

  /**
   * Closes the engine. New messages are refused, what is accepted is finished; when the deadline
   * passes the rest gets {@link dev.reenact.errors.ClosedException}. A second call does nothing.
   *
   * @param deadline how long finishing may take
   */
  public void close(Duration deadline) {
    if (deadline.isNegative() || deadline.toMillis() > Integer.MAX_VALUE) {
      throw new InvalidArgumentException(deadline + " is no deadline for closing");
    }
    if (!closing.compareAndSet(false, true)) {
      return;
    }
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
