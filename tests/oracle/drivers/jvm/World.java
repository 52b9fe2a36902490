// What a scenario knows of its processes: which is the newest of a name, how those of a name ended, and what each wrote.
package oracle;

import dev.everact.Address;
import dev.everact.Engine;
import dev.everact.ExitReason;
import dev.everact.Kinds;
import dev.everact.Options;
import dev.everact.ProcessKind;
import dev.everact.ProcessRef;
import dev.everact.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A table beside the processes. Each process enters it before it does anything else, and a line is in its log before the
 * process goes on.
 */
final class World implements AutoCloseable {
  private static final long WAIT_MS =
      Long.parseLong(System.getenv().getOrDefault("ORACLE_WAIT_MS", "3000"));

  /** As many as a scenario sends. */
  private static final int MAILBOX = 2_000_000;

  record Nothing() {}

  private static final ProcessKind<Nothing, Void> DEAD =
      ProcessKind.receiving("dead", Nothing.class, context -> {});

  private static volatile World current;

  final Engine engine;
  final ProcessRef<?> dead;
  private final Map<String, ProcessRef<?>> newest = new HashMap<>();
  private final Map<Long, String> names = new HashMap<>();
  private final Map<String, Integer> instances = new HashMap<>();
  private final Map<String, TreeMap<Integer, String>> ends = new TreeMap<>();
  private final Map<String, List<String>> logs = new HashMap<>();
  private final Map<Long, Object> starts = new HashMap<>();
  private final Map<String, Integer> attempts = new HashMap<>();


  /** The names of durable actors. */
  final Set<String> actors = Collections.synchronizedSet(new TreeSet<>());

  /** How the children of a dynamic supervisor start. */
  final Map<String, Map<?, ?>> templates = Collections.synchronizedMap(new LinkedHashMap<>());

  /** The newest dynamic supervisors that were found. */
  private final Map<String, ProcessRef<?>> seen = new HashMap<>();

  private World() {
    engine =
        Engine.open(
            Options.inMemory().mailboxCapacityMessages(MAILBOX).processesMax(1_000),
            Kinds.of(
                    ChildPuppet.class,
                    Announcer.class,
                    Crowd.One.class,
                    ResidentPuppet.class,
                    ServerPuppet.class,
                    MachinePuppet.ForAll.class,
                    MachinePuppet.ForEach.class)
                .with(Puppet.KIND, DEAD)
                .with(EventPuppet.KIND));
    dead = engine.spawn(DEAD);
    dead.ended().join();
  }

  /** Begins with nothing. */
  static World renew() {
    World before = current;
    if (before != null) {
      before.close();
    }
    current = new World();
    return current;
  }

  static World here() {
    return current;
  }

  @Override
  public void close() {
    engine.close(Duration.ZERO);
  }

  /** The end of a process that lives; one that does not is none, whatever it has ended with. */
  static CompletableFuture<ExitReason> endOf(ProcessRef<?> process) {
    return process.isAlive()
        ? process.ended()
        : CompletableFuture.completedFuture(new ExitReason.NoProcess());
  }

  /** A process takes a name; a later one of the same name is its next instance. */
  void enter(String name, ProcessRef<?> process) {
    // First of all, so that its end is not missed.
    CompletableFuture<ExitReason> end = process.ended();
    int number;
    synchronized (this) {
      number = instances.merge(name, 1, Integer::sum);
      newest.put(name, process);
      names.put(process.number(), name);
      notifyAll();
    }
    end.thenAccept(reason -> end(name, number, reason));
  }

  private synchronized void end(String name, int number, ExitReason reason) {
    ends.computeIfAbsent(name, of -> new TreeMap<>()).put(number, Terms.reason(reason));
    notifyAll();
  }

  /** Waits until a process that was just spawned has entered. */
  String entered(ProcessRef<?> process) {
    return waited(() -> names.containsKey(process.number()) ? "ok" : null, () -> "never_entered");
  }

  /** How a server's or a machine's start came out. */
  synchronized void started(long number, Object outcome) {
    starts.put(number, outcome);
    notifyAll();
  }

  /** Waits until a server or a machine that was just spawned has said how its start came out. */
  Object started(ProcessRef<?> process) {
    return waited(() -> starts.get(process.number()), () -> "no answer");
  }

  /**
   * A dynamic supervisor has no child that could say that it begins, so it is looked for whenever somebody else has
   * something to say, and before anything is asked: whatever starts after it says so after it.
   */
  void look() {
    synchronized (seen) {
      for (String name : List.copyOf(templates.keySet())) {
        engine
            .whereis(Announcer.registered(name))
            .filter(found -> !found.equals(seen.put(name, found)))
            .ifPresent(
                found -> {
                  enter(name, found);
                  add("tree", "start " + name);
                });
      }
    }
  }

  void write(String log, String line) {
    look();
    add(log, line);
  }

  private synchronized void add(String log, String line) {
    logs.computeIfAbsent(log, of -> new ArrayList<>()).add(line);
    notifyAll();
  }

  /** How often a child's start was tried before. */
  synchronized int attempt(String name) {
    return attempts.merge(name, 1, Integer::sum) - 1;
  }

  /** The newest process of a name, alive or dead. */
  synchronized ProcessRef<?> process(String name) {
    return newest.getOrDefault(name, dead);
  }

  /** What a tie leads to: an actor, or the newest process of a name. */
  Address<?> tied(String name) {
    return actors.contains(name) ? engine.actor(ResidentPuppet.class, name) : process(name);
  }

  /** The name of a process, or of an actor. */
  synchronized String nameOf(Address<?> of) {
    if (of instanceof Reference<?> actor) {
      return actor.key();
    }
    return of instanceof ProcessRef<?> process ? names.getOrDefault(process.number(), "?") : "?";
  }

  List<String> namesOf(List<? extends Address<?>> all) {
    return all.stream().map(this::nameOf).sorted().toList();
  }

  /** The groups that have members. */
  List<String> groups() {
    return engine.groups().stream().sorted().toList();
  }

  /** Waits until the process of a name with this number has ended: the reason, or null. */
  Object ended(String name, int number) {
    return waited(
        () -> ends.containsKey(name) ? ends.get(name).get(number) : null, () -> null);
  }

  /** How many processes of a name there were. */
  synchronized int instances(String name) {
    return instances.getOrDefault(name, 0);
  }

  private synchronized <T> T waited(Supplier<T> known, Supplier<T> otherwise) {
    long end = System.nanoTime() + WAIT_MS * 1_000_000;
    T answer = known.get();
    while (answer == null) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return otherwise.get();
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return otherwise.get();
      }
      answer = known.get();
    }
    return answer;
  }

  /** Waits until a log has so many lines: all lines. */
  List<Object> log(String log, int count) {
    return waited(
        () -> lines(log).size() >= count ? lines(log) : null,
        () -> {
          List<Object> all = lines(log);
          all.add(0, List.of("no more lines after", count));
          return all;
        });
  }

  private List<Object> lines(String log) {
    return new ArrayList<>(logs.getOrDefault(log, List.of()));
  }

  synchronized Map<String, Object> history() {
    Map<String, Object> ended = new TreeMap<>();
    ends.forEach((name, reasons) -> ended.put(name, new ArrayList<>(reasons.values())));
    return Map.of("tree", lines("tree"), "ended", ended);
  }
}
