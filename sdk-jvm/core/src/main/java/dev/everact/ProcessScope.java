// From where processes are spawned and found: an engine, or a turn.
package dev.everact;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Processes, names and groups: from an {@link Engine}, or inside a turn from its {@link Context},
 * in whose name things are done then. Each call has happened when it returns.
 */
public interface ProcessScope {
  /**
   * Spawns a process.
   *
   * @param <P> as in {@link ProcessRef}
   * @param process what
   * @return the process, which may have ended already
   * @throws dev.everact.errors.NameTakenException if the name is another one's; nothing is spawned
   *     then
   * @throws dev.everact.errors.OverloadedException beyond {@code processes_max}
   */
  <P> ProcessRef<P> spawn(Spawn<P> process);

  /**
   * Spawns a process with handlers, whose fields have their defaults.
   *
   * @param <P> the process' class
   * @param type the process' class
   * @return the process
   */
  default <P extends HandlerProcess> ProcessRef<P> spawn(Class<P> type) {
    return spawn(Spawn.of(type));
  }

  /**
   * Spawns a process with handlers.
   *
   * @param <P> the process' class
   * @param type the process' class
   * @param initial sets fields of an object of this class, which the process' own begins as
   * @return the process
   */
  default <P extends HandlerProcess> ProcessRef<P> spawn(
      Class<P> type, Consumer<? super P> initial) {
    return spawn(Spawn.of(type, initial));
  }

  /**
   * Spawns a process that receives its messages itself.
   *
   * @param <M> its messages
   * @param kind the process' kind
   * @return the process
   */
  default <M> ProcessRef<M> spawn(ProcessKind<M, Void> kind) {
    return spawn(Spawn.of(kind));
  }

  /**
   * Spawns a process that receives its messages itself, with an argument.
   *
   * @param <M> its messages
   * @param <A> its argument
   * @param kind the process' kind
   * @param argument what its function gets
   * @return the process
   */
  default <M, A> ProcessRef<M> spawn(ProcessKind<M, A> kind, A argument) {
    return spawn(Spawn.of(kind, argument));
  }

  /**
   * Asks an actor or a process to end. An actor that is stopped loses what it has not stored; its
   * next message brings it back.
   *
   * @param to whom
   * @param reason why
   */
  void exit(Address<?> to, ExitReason reason);

  /**
   * Gives a process a name that no other one has; it may have several. They vanish with it.
   *
   * @param name the name
   * @param process the process
   * @throws dev.everact.errors.NameTakenException if the name is taken
   * @throws dev.everact.errors.NoProcessException if the process has ended
   */
  void register(String name, ProcessRef<?> process);

  /**
   * Takes a name away.
   *
   * @param name the name
   * @return whose it was; empty if it was nobody's
   */
  Optional<ProcessRef<?>> unregister(String name);

  /**
   * Looks a process up by its name.
   *
   * @param name the name
   * @return whose it is; {@link ProcessRef#cast(Class)} says what it is
   */
  Optional<ProcessRef<?>> whereis(String name);

  /**
   * Puts a process into a group; it is a member as often as it has joined, until it leaves or ends.
   *
   * @param group the group's name
   * @param process the process
   * @throws dev.everact.errors.NoProcessException if the process has ended
   */
  void join(String group, ProcessRef<?> process);

  /**
   * Undoes the last joining.
   *
   * @param group the group's name
   * @param process the process
   * @return whether it was a member
   */
  boolean leave(String group, ProcessRef<?> process);

  /**
   * Who is in a group.
   *
   * @param group the group's name
   * @return the members, in the order in which they joined
   */
  List<ProcessRef<?>> members(String group);

  /**
   * Which groups have members.
   *
   * @return their names, in no order
   */
  List<String> groups();

  /**
   * Tells all members of a group a message, which processes receive that have such a message: the
   * name of its class in lower snake case.
   *
   * @param group the group's name
   * @param message the message
   * @return how many were told
   */
  default int publish(String group, Object message) {
    return publish(group, Names.snake(message.getClass().getSimpleName()), message);
  }

  /**
   * Tells all members of a group whose kind has a handler of this name.
   *
   * @param group the group's name
   * @param handler the handler's name on the wire
   * @param message the message
   * @return how many were told
   */
  int publish(String group, String handler, Object message);

  /**
   * Starts a supervisor and its children, in their order. In a turn it is linked to the turn's own.
   *
   * @param supervisor what
   * @return the supervisor, once all children have started
   * @throws dev.everact.errors.EveractException if a child could not be started; those before it
   *     have been ended
   */
  SupervisorRef startSupervisor(Supervisor supervisor);
}
