// How a supervisor is reached: its children are counted, listed, started and ended.
package dev.everact;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A supervisor that runs. Its answers come when it is done, which for a start is when the child has
 * started; a failed one completes with a {@link SupervisorException} for what the supervisor
 * refuses, or with an exception of {@link dev.everact.errors}, {@link
 * dev.everact.errors.NoProcessException} if it has ended.
 */
public final class SupervisorRef extends ProcessRef<Void> {
  /** What its kind is called. */
  static final String KIND = "supervisor";

  SupervisorRef(Host host, long number) {
    super(host, KIND, number);
  }

  /**
   * How many children it has.
   *
   * @return the counts to come
   */
  public CompletableFuture<ChildCounts> count() {
    return Supervisors.ask(this, Map.of("do", "count"), Supervisors.COUNTS);
  }

  /**
   * Its children.
   *
   * @return all of them, the last started first
   */
  public CompletableFuture<List<ChildInfo>> children() {
    return Supervisors.ask(this, Map.of("do", "children"), Supervisors.CHILDREN);
  }

  /**
   * A child's rules.
   *
   * @param id the child's name
   * @return the rules to come
   */
  public CompletableFuture<ChildSpec> spec(String id) {
    return Supervisors.ask(this, Map.of("do", "spec", "id", id), Supervisors.SPEC);
  }

  /**
   * Adds a child and starts it.
   *
   * @param child what
   * @return its process; empty where it ended orderly before it had started
   */
  public CompletableFuture<Optional<ProcessRef<?>>> startChild(Child child) {
    Map<String, Object> written = child.written(bound());
    return start("child", written, (Map<?, ?>) written.get("start"));
  }

  /**
   * Starts one more child of a dynamic supervisor.
   *
   * @param <P> as in {@link ProcessRef}
   * @param process what, of the template's kind
   * @return its process; empty where it ended orderly before it had started
   */
  @SuppressWarnings("unchecked") // It is of the kind that is spawned.
  public <P> CompletableFuture<Optional<ProcessRef<P>>> startChild(Spawn<P> process) {
    Map<String, Object> start = Child.start(bound(), process);
    return start("start", start, start)
        .thenApply(started -> started.map(child -> (ProcessRef<P>) child));
  }

  /** Starts a child, whose kind is known although it may have ended when the answer comes. */
  private CompletableFuture<Optional<ProcessRef<?>>> start(
      String word, Map<String, Object> given, Map<?, ?> start) {
    String kind = start.containsKey(KIND) ? KIND : (String) start.get("kind");
    Map<String, Object> command = Map.of("do", "start_child", word, given);
    return Supervisors.ask(
        this, command, (host, read) -> Supervisors.process(host, read.path("process"), kind));
  }

  /**
   * Ends a child. Its rules stay, unless it is temporary.
   *
   * @param id the child's name
   * @return when it has ended
   */
  public CompletableFuture<Void> terminateChild(String id) {
    return Supervisors.ask(this, Map.of("do", "terminate_child", "id", id), Supervisors.DONE);
  }

  /**
   * Ends a child of a dynamic supervisor.
   *
   * @param process the child
   * @return when it has ended
   */
  public CompletableFuture<Void> terminateChild(ProcessRef<?> process) {
    String number = Long.toUnsignedString(process.number());
    Map<String, Object> command = Map.of("do", "terminate_child", "process", number);
    return Supervisors.ask(this, command, Supervisors.DONE);
  }

  /**
   * Starts a child that has ended.
   *
   * @param id the child's name
   * @return its process; empty where it ended orderly before it had started
   */
  public CompletableFuture<Optional<ProcessRef<?>>> restartChild(String id) {
    return Supervisors.ask(this, Map.of("do", "restart_child", "id", id), Supervisors.STARTED);
  }

  /**
   * Forgets a child that has ended.
   *
   * @param id the child's name
   * @return when it is done
   */
  public CompletableFuture<Void> deleteChild(String id) {
    return Supervisors.ask(this, Map.of("do", "delete_child", "id", id), Supervisors.DONE);
  }
}
