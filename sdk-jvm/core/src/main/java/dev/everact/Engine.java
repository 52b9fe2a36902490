// The engine: opened on a folder or in memory, closed when done.
package dev.everact;

import com.fasterxml.jackson.databind.ObjectReader;
import dev.everact.errors.InternalException;
import dev.everact.internal.Port;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Durable actors in this process: a library and a data folder. For any number of threads.
 *
 * <pre>{@code
 * try (Engine engine = Engine.open(Path.of("flights-data"), Airport.class)) {
 *   System.out.println(engine.actor(Airport.class, "SFO").call(Airport::landed, 12));
 * }
 * }</pre>
 */
public final class Engine extends ProcessCalls implements Scope, AutoCloseable {
  private final Session session;

  private Engine(Session session) {
    this.session = session;
  }

  /**
   * Opens an engine on a data folder.
   *
   * @param folder the data folder, made if missing
   * @param kinds the classes of actors and processes
   * @return an open engine
   * @throws dev.everact.errors.DataLockedException if another engine holds the folder
   */
  @SafeVarargs
  public static Engine open(Path folder, Class<? extends Resident>... kinds) {
    return open(Options.onFolder(folder), kinds);
  }

  /**
   * Opens an engine that keeps everything in memory.
   *
   * @param kinds the classes of actors and processes
   * @return an open engine
   */
  @SafeVarargs
  public static Engine inMemory(Class<? extends Resident>... kinds) {
    return open(Options.inMemory(), kinds);
  }

  /**
   * Opens an engine.
   *
   * @param options where and how
   * @param kinds the classes of actors and processes
   * @return an open engine
   * @throws dev.everact.errors.EveractException of the families usage, store and damage
   */
  @SuppressWarnings("varargs") // The array is only read.
  @SafeVarargs
  public static Engine open(Options options, Class<? extends Resident>... kinds) {
    return open(options, List.of(kinds));
  }

  /**
   * As {@link #open(Options, Class[])}.
   *
   * @param options where and how
   * @param kinds the classes of actors and processes
   * @return an open engine
   */
  public static Engine open(
      Options options, Collection<? extends Class<? extends Resident>> kinds) {
    return open(options, Kinds.of(kinds));
  }

  /**
   * Opens an engine on a data folder.
   *
   * @param folder the data folder, made if missing
   * @param kinds the actors' classes, with factories where they need one
   * @return an open engine
   */
  public static Engine open(Path folder, Kinds kinds) {
    return open(Options.onFolder(folder), kinds);
  }

  /**
   * Opens an engine that keeps everything in memory.
   *
   * @param kinds the actors' classes, with factories where they need one
   * @return an open engine
   */
  public static Engine inMemory(Kinds kinds) {
    return open(Options.inMemory(), kinds);
  }

  /**
   * Opens an engine.
   *
   * @param options where and how
   * @param kinds the actors' classes, with factories where they need one
   * @return an open engine
   */
  public static Engine open(Options options, Kinds kinds) {
    return new Engine(
        Session.open(options.settings(), kinds, options.json(), options.threads(), true));
  }

  @Override
  Host processHost() {
    return session.host();
  }

  /**
   * Starts the supervisor of the whole program, of which an engine has one: closing the engine
   * shuts it and its children down in order.
   *
   * @param root what
   * @return the supervisor, once all children have started
   */
  public SupervisorRef run(Supervisor root) {
    return Supervisors.run(session.host(), root);
  }

  @Override
  public <A extends Actor> Reference<A> actor(Class<A> type, String key) {
    return session.actor(type, key);
  }

  @Override
  public Reference<?> actor(String kind, String key) {
    return session.actor(kind, key);
  }

  /**
   * What the engine holds and has done.
   *
   * @return the figures of this moment
   */
  public Stats stats() {
    byte[] text = session.describe("stats");
    try {
      return Stats.READER.readValue(text);
    } catch (IOException e) {
      throw (InternalException) new InternalException("the statistics cannot be read").initCause(e);
    }
  }

  /**
   * Looks at what runs, and acts on it, as the command {@code everact} does: {@code
   * engine.describe("top", Map.of("by", "mailbox"))}. It blocks.
   *
   * @param topic a row of "Topics of describe" (docs/reference/boundary.md) that is an object:
   *     {@code actors}, {@code inspect}, {@code top}, {@code tree}, {@code crashes}, {@code
   *     trace_start}, {@code suspend} and more
   * @param members its members
   * @return the answer's members, as JSON has them
   */
  public Map<String, Object> describe(String topic, Map<String, ?> members) {
    return session.describe(topic, members);
  }

  /**
   * Told messages that failed for good.
   *
   * @return a view of this engine's
   */
  public DeadLetters deadLetters() {
    return new DeadLetters(session);
  }

  /**
   * A producer by its name: where it stands, and how its source is taken in.
   *
   * @param name the name, as in {@link Reference#withProducer}
   * @return the producer; it is made by its first message
   */
  public Producer producer(String name) {
    return new Producer(session, name);
  }

  /**
   * Where the gateway listens.
   *
   * @return address and port; empty where the engine was opened without {@link Options#listen}
   */
  public Optional<String> address() {
    byte[] text = session.describe("gateway");
    try {
      return Optional.ofNullable(Gateway.READER.<Gateway>readValue(text).address());
    } catch (IOException e) {
      throw (InternalException)
          new InternalException("the gateway's description cannot be read").initCause(e);
    }
  }

  /** What the core tells of the gateway. */
  private record Gateway(String address) {
    static final ObjectReader READER = Stats.READER.forType(Gateway.class);
  }

  /**
   * Copies a consistent state of all data while work goes on.
   *
   * @param folder a folder that is made
   */
  public void backup(Path folder) {
    Port.backup(session.engine(), folder.toString());
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

  /** Closes the engine; what is accepted is finished within 30 seconds. */
  @Override
  public void close() {
    session.close();
  }

  /**
   * Closes the engine. New messages are refused, what is accepted is finished; when the deadline
   * passes the rest gets {@link dev.everact.errors.ClosedException}. A second call waits for the
   * first.
   *
   * @param deadline how long finishing may take
   */
  public void close(Duration deadline) {
    session.close(deadline);
  }
}
