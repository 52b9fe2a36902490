// Which actors and processes an engine runs, and who makes their objects.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Classes of actors and processes, some with a factory: the way to give an actor what it needs
 * beside its state, as a clock or a client. Immutable.
 *
 * <pre>{@code
 * Kinds kinds = Kinds.of(Site.class, Owner.class).with(Device.class, () -> new Device(clock));
 * try (Engine engine = Engine.open(folder, kinds)) { ... }
 * }</pre>
 *
 * <p>What a factory gives must not be state: keep it in {@code transient} fields.
 */
public final class Kinds {
  /**
   * A class and its factory, which is null for the constructor without parameters; or a kind of
   * processes that receive their messages themselves; or one of event managers.
   */
  record Entry(
      Class<? extends Resident> type,
      Supplier<? extends Resident> factory,
      ProcessKind<?, ?> receiving,
      EventManager manager) {}

  private final List<Entry> entries;

  private Kinds(List<Entry> entries) {
    this.entries = entries;
  }

  /**
   * Classes with a constructor without parameters.
   *
   * @param types the classes of actors and processes
   * @return these kinds
   */
  @SuppressWarnings("varargs") // The array is only read.
  @SafeVarargs
  public static Kinds of(Class<? extends Resident>... types) {
    return of(List.of(types));
  }

  /**
   * Processes that receive their messages themselves.
   *
   * @param kinds their kinds
   * @return these kinds
   */
  public static Kinds of(ProcessKind<?, ?>... kinds) {
    return new Kinds(List.of()).with(kinds);
  }

  /**
   * As {@link #of(Class[])}.
   *
   * @param types the classes of actors and processes
   * @return these kinds
   */
  public static Kinds of(Collection<? extends Class<? extends Resident>> types) {
    List<Entry> entries = new ArrayList<>();
    for (Class<? extends Resident> type : types) {
      entries.add(new Entry(Objects.requireNonNull(type, "type"), null, null, null));
    }
    return new Kinds(List.copyOf(entries));
  }

  /**
   * One class whose objects a factory makes.
   *
   * @param <A> the class of an actor or a process
   * @param type its class
   * @param factory called at every activation, and once when an engine opens
   * @return this kind
   */
  public static <A extends Resident> Kinds of(Class<A> type, Supplier<? extends A> factory) {
    return new Kinds(List.of()).with(type, factory);
  }

  /**
   * These and one whose objects a factory makes.
   *
   * @param <A> the class of an actor or a process
   * @param type its class
   * @param factory called at every activation, and once when an engine opens
   * @return other kinds
   */
  public <A extends Resident> Kinds with(Class<A> type, Supplier<? extends A> factory) {
    if (factory == null) {
      throw new InvalidArgumentException("the factory of " + type.getSimpleName() + " is null");
    }
    List<Entry> all = new ArrayList<>(entries);
    all.add(new Entry(type, factory, null, null));
    return new Kinds(List.copyOf(all));
  }

  /**
   * These and processes that receive their messages themselves.
   *
   * @param kinds their kinds
   * @return other kinds
   */
  public Kinds with(ProcessKind<?, ?>... kinds) {
    List<Entry> all = new ArrayList<>(entries);
    for (ProcessKind<?, ?> kind : kinds) {
      all.add(new Entry(null, null, Objects.requireNonNull(kind, "kind"), null));
    }
    return new Kinds(List.copyOf(all));
  }

  /**
   * Event managers.
   *
   * @param managers their kinds
   * @return these kinds
   */
  public static Kinds of(EventManager... managers) {
    return new Kinds(List.of()).with(managers);
  }

  /**
   * These and event managers.
   *
   * @param managers their kinds
   * @return other kinds
   */
  public Kinds with(EventManager... managers) {
    List<Entry> all = new ArrayList<>(entries);
    for (EventManager manager : managers) {
      all.add(new Entry(null, null, null, Objects.requireNonNull(manager, "manager")));
    }
    return new Kinds(List.copyOf(all));
  }

  List<Entry> entries() {
    return entries;
  }
}
