// A connection: actors of an engine elsewhere, reached as if it were here.
package dev.everact;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Actors that an engine elsewhere runs: the same references, asks and errors as those of an {@link
 * Engine} in this process. For any number of threads.
 *
 * <pre>{@code
 * try (Connection connection = Connection.open("https://flights.example:8443", Airport.class)) {
 *   System.out.println(connection.actor(Airport.class, "SFO").call(Airport::landed, 12));
 * }
 * }</pre>
 *
 * <p>The classes say what may be asked; their handlers run where the engine is, so here they may be
 * abstract. A message is sent again after a lost connection only where that is safe: with an
 * idempotency key or a producer's number, and to handlers that only read or are declared
 * idempotent. What else was under way fails with {@link
 * dev.everact.errors.ConnectionLostException}.
 */
public final class Connection implements Scope, AutoCloseable {
  private final Session session;

  private Connection(Session session) {
    this.session = session;
  }

  /**
   * Connects to an engine's gateway, and waits until it has answered.
   *
   * @param address the gateway's, {@code http://host:port} or {@code https://host:port}
   * @param kinds the actors' classes
   * @return an open connection
   * @throws dev.everact.errors.UnreachableException if nobody answers there
   * @throws dev.everact.errors.UnauthenticatedException if the gateway wants other credentials
   */
  @SuppressWarnings("varargs") // The array is only read.
  @SafeVarargs
  public static Connection open(String address, Class<? extends Actor>... kinds) {
    return open(ConnectOptions.to(address), List.of(kinds));
  }

  /**
   * Connects to the gateways of one or several engines, and waits until one of them has answered.
   *
   * @param options where to and how
   * @param kinds the actors' classes
   * @return an open connection
   * @throws dev.everact.errors.InvalidConfigurationException if an option cannot be used
   * @throws dev.everact.errors.UnreachableException if nobody answers, with the addresses
   * @throws dev.everact.errors.UnauthenticatedException if the gateway wants other credentials
   */
  @SuppressWarnings("varargs") // The array is only read.
  @SafeVarargs
  public static Connection open(ConnectOptions options, Class<? extends Actor>... kinds) {
    return open(options, List.of(kinds));
  }

  /**
   * As {@link #open(ConnectOptions, Class[])}.
   *
   * @param options where to and how
   * @param kinds the actors' classes
   * @return an open connection
   */
  public static Connection open(ConnectOptions options, List<Class<? extends Actor>> kinds) {
    return open(options, Kinds.of(kinds));
  }

  /**
   * As {@link #open(ConnectOptions, Class[])}.
   *
   * @param options where and how
   * @param kinds the actors' classes; factories are not needed here
   * @return an open connection
   */
  public static Connection open(ConnectOptions options, Kinds kinds) {
    return new Connection(
        Session.open(options.settings(), kinds, options.json(), ThreadBounds.LEAST, false));
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
   * Told messages that failed for good, where the gateway lets this client see them.
   *
   * @return a view of the engine's
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

  @Override
  public <A extends Actor> Reference<A> actor(Class<A> type, String key) {
    return session.actor(type, key);
  }

  @Override
  public Reference<?> actor(String kind, String key) {
    return session.actor(kind, key);
  }

  /** Closes the connection; asks under way are waited for, at most 30 seconds. */
  @Override
  public void close() {
    session.close();
  }

  /**
   * Closes the connection. When the deadline passes, asks that are still under way get {@link
   * dev.everact.errors.ClosedException}. A second call waits for the first.
   *
   * @param deadline how long waiting may take
   */
  public void close(Duration deadline) {
    session.close(deadline);
  }
}
