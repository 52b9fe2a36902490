// What is spawned: a kind, what it begins with, and its name.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * A process to be spawned. Immutable.
 *
 * <pre>{@code
 * context.spawn(Spawn.of(Counter.class, it -> it.count = 5).named("counter").linked());
 * context.spawn(Spawn.of(PONG, 3));
 * }</pre>
 *
 * @param <P> as in {@link ProcessRef}
 */
public final class Spawn<P> {
  private static final byte[] DEFAULTS = "{}".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NOTHING = new byte[0];

  /** What the process begins with, as the core carries it. */
  private interface Argument {
    byte[] write(KindTable kind, Json json) throws Throwable;
  }

  /** A class, a {@link ProcessKind}, or an {@link EventManager}. */
  private final Object what;

  private final Argument argument;
  private final String name;
  private final boolean link;

  private Spawn(Object what, Argument argument, String name, boolean link) {
    this.what = what;
    this.argument = argument;
    this.name = name;
    this.link = link;
  }

  /**
   * A process with handlers, whose fields have their defaults.
   *
   * @param <P> the process' class
   * @param type the process' class
   * @return what to spawn
   */
  public static <P extends HandlerProcess> Spawn<P> of(Class<P> type) {
    return new Spawn<>(Objects.requireNonNull(type, "type"), (kind, json) -> DEFAULTS, "", false);
  }

  /**
   * A process with handlers.
   *
   * @param <P> the process' class
   * @param type the process' class
   * @param initial sets fields of an object of this class, which the process' own begins as
   * @return what to spawn
   */
  public static <P extends HandlerProcess> Spawn<P> of(Class<P> type, Consumer<? super P> initial) {
    Objects.requireNonNull(initial, "initial");
    Argument argument =
        (kind, json) -> {
          Object object = kind.create();
          initial.accept(type.cast(object));
          Bytes out = new Bytes(64);
          kind.state.encode(object, null, out);
          return out.copy(0, out.length);
        };
    return new Spawn<>(Objects.requireNonNull(type, "type"), argument, "", false);
  }

  /**
   * A process that receives its messages itself.
   *
   * @param <M> its messages
   * @param kind the process' kind
   * @return what to spawn
   */
  public static <M> Spawn<M> of(ProcessKind<M, Void> kind) {
    return new Spawn<>(Objects.requireNonNull(kind, "kind"), (table, json) -> NOTHING, "", false);
  }

  /**
   * An event manager without handlers.
   *
   * @param manager its kind
   * @return what to spawn
   */
  public static Spawn<Object> of(EventManager manager) {
    return new Spawn<>(
        Objects.requireNonNull(manager, "manager"), (table, json) -> DEFAULTS, "", false);
  }

  /**
   * A process that receives its messages itself, with an argument.
   *
   * @param <M> its messages
   * @param <A> its argument
   * @param kind the process' kind
   * @param argument what its function gets
   * @return what to spawn
   */
  public static <M, A> Spawn<M> of(ProcessKind<M, A> kind, A argument) {
    Argument written =
        (table, json) -> {
          Bytes out = new Bytes(64);
          json.codec(kind.argument()).encode(argument, out);
          return out.copy(0, out.length);
        };
    return new Spawn<>(Objects.requireNonNull(kind, "kind"), written, "", false);
  }

  /**
   * The same with a name, which it has from its beginning ({@link ProcessScope#register}).
   *
   * @param other the name
   * @return another one
   */
  public Spawn<P> named(String other) {
    return new Spawn<>(what, argument, Objects.requireNonNull(other, "name"), link);
  }

  /**
   * The same, linked to whoever spawns it from its beginning.
   *
   * @return another one
   */
  public Spawn<P> linked() {
    return new Spawn<>(what, argument, name, true);
  }

  /** Its kind in an engine. */
  KindTable kind(Host host) {
    if (what instanceof EventManager manager) {
      return host.kind(manager);
    }
    return what instanceof ProcessKind<?, ?> kind ? host.kind(kind) : host.kind((Class<?>) what);
  }

  /** What it begins with, encoded. */
  byte[] argument(Host host) {
    KindTable kind = kind(host);
    try {
      return argument.write(kind, host.json);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw (InvalidArgumentException)
          new InvalidArgumentException("what " + kind.name + " begins with: " + Misfit.reason(e))
              .initCause(e);
    }
  }

  /** The name it is registered under; empty for none. */
  String name() {
    return name;
  }

  boolean isLinked() {
    return link;
  }
}
