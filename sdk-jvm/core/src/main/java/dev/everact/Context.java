// What a handler may use beside its message.
package dev.everact;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The turn as its handler sees it. Its time does not move while it runs, and its randomness and ids
 * follow from one seed that the core gives to the turn; ask and tell through it, so that chains of
 * asks are known and tells leave with the turn's commit.
 *
 * <p>A context belongs to its turn: afterwards it can still be read, but it tells nobody.
 */
public interface Context extends Scope, ProcessScope {
  /**
   * The actor's kind.
   *
   * @return the name on the wire
   */
  String kind();

  /**
   * The actor's key.
   *
   * @return the identity within the kind
   */
  String key();

  /**
   * The turn's time; it does not move while the turn runs.
   *
   * @return to the millisecond
   */
  Instant now();

  /**
   * The turn's randomness.
   *
   * @return the next number, from 0 to 1 exclusive
   */
  double random();

  /**
   * An id from the turn's randomness.
   *
   * @return a version-4 UUID
   */
  UUID newId();

  /**
   * How often the actor's state was stored before this turn.
   *
   * @return 0 for an actor that was never stored
   */
  long revision();

  /**
   * Which actor sent the message.
   *
   * @return {@code kind/key}, or empty for a message from outside
   */
  Optional<String> sender();

  /**
   * Time left to the caller's deadline.
   *
   * @return never negative; empty where the caller waits for ever or nobody waits
   */
  Optional<Duration> remaining();

  /**
   * Whether nobody waits for this turn any more: cancelled, past the deadline, or the engine has
   * closed.
   *
   * @return true once that is known
   */
  boolean isCancelled();

  /**
   * What came beside the message.
   *
   * @return empty where nothing did
   */
  Metadata metadata();

  /**
   * Who called from outside, first of all: an actor that this one asks or tells sees the same.
   *
   * @return empty where the message came from this process
   */
  Optional<Caller> caller();

  /**
   * Sends metadata beside the reply, in place of what was said before. A turn that fails sends
   * none.
   *
   * @param metadata names with values
   */
  void replyMetadata(Metadata metadata);

  /**
   * Tells another actor when this turn commits; between durable actors exactly once.
   *
   * @param <A> the actor's class
   * @param to whom
   * @param handler what, as {@code Airport::landed}
   */
  <A extends Actor> void tell(Reference<A> to, HandlerMethod.Run0<? super A> handler);

  /**
   * As {@link #tell(Reference, HandlerMethod.Run0)}, with a message.
   *
   * @param <A> the actor's class
   * @param <M> the message's type
   * @param to whom
   * @param handler what, as {@code Airport::landed}
   * @param message the message
   */
  <A extends Actor, M> void tell(
      Reference<A> to, HandlerMethod.Run1<? super A, M> handler, M message);

  /**
   * As {@link #tell(Reference, HandlerMethod.Run0)}, for a handler that takes its context.
   *
   * @param <A> the actor's class
   * @param to whom
   * @param handler what, as {@code Airport::landed}
   */
  <A extends Actor> void tell(Reference<A> to, HandlerMethod.RunContext0<? super A> handler);

  /**
   * As {@link #tell(Reference, HandlerMethod.Run1, Object)}, for a handler that takes its context.
   *
   * @param <A> the actor's class
   * @param <M> the message's type
   * @param to whom
   * @param handler what, as {@code Airport::landed}
   * @param message the message
   */
  <A extends Actor, M> void tell(
      Reference<A> to, HandlerMethod.RunContext1<? super A, M> handler, M message);

  /**
   * Tells by the handler's name, without a message.
   *
   * @param to whom
   * @param handler the handler's name on the wire
   */
  void tell(Reference<?> to, String handler);

  /**
   * Tells by the handler's name.
   *
   * @param to whom
   * @param handler the handler's name on the wire
   * @param message the message
   */
  void tell(Reference<?> to, String handler, Object message);

  /** The actor leaves memory after this turn; the next message brings it back. */
  void passivate();

  /**
   * Whether nobody waits for an answer to this message.
   *
   * @return false where it was asked
   */
  boolean isTold();

  /**
   * What a callback of a {@link Server} may want.
   *
   * @return for this turn
   * @throws dev.everact.errors.InvalidArgumentException if it is no server's
   */
  ServerTurn server();

  /**
   * What a callback of a {@link StateMachine} or a {@link StateMachineActor} may want.
   *
   * @return for this turn
   * @throws dev.everact.errors.InvalidArgumentException if it is no state machine's
   */
  MachineTurn machine();

  /**
   * What a callback of an {@link EventHandler} may want.
   *
   * @return for this turn
   * @throws dev.everact.errors.InvalidArgumentException if it is no event manager's
   */
  EventTurn events();

  /**
   * Puts the answer to this message off: what the handler returns is not sent, and any later turn
   * of the same actor or process answers with what this gives, which may be kept in a field until
   * then. A process' answer leaves at once; an actor's counts with the commit of the turn that
   * gives it.
   *
   * <pre>{@code
   * @Handler
   * Ticket reserve(int seats, Context context) {
   *   waiting.add(context.defer());
   *   return null;
   * }
   *
   * @Handler
   * void open() {
   *   waiting.forEach(asker -> asker.reply(new Ticket()));
   *   waiting.clear();
   * }
   * }</pre>
   *
   * <p>Who waits is answered with an error when the process ends, or when the actor leaves memory.
   * An ask with a producer or an idempotency key cannot be put off: the turn fails.
   *
   * @return who waits; answers to a message that was told go nowhere
   */
  Asker defer();

  /**
   * The process whose turn this is.
   *
   * @return the process
   * @throws dev.everact.errors.InvalidArgumentException if it is an actor's turn
   */
  ProcessRef<?> self();

  /**
   * The process whose turn this is, known to be of this class.
   *
   * @param <P> the process' class
   * @param type the process' class
   * @return the process
   */
  default <P extends HandlerProcess> ProcessRef<P> self(Class<P> type) {
    return self().cast(type);
  }

  /**
   * Which process sent the message.
   *
   * @return empty for a message from outside or of an actor
   */
  Optional<ProcessRef<?>> senderProcess();

  /**
   * Spawns a process that is linked to this one from its beginning.
   *
   * @param <P> as in {@link ProcessRef}
   * @param process what
   * @return the process
   */
  default <P> ProcessRef<P> spawnLink(Spawn<P> process) {
    return spawn(process.linked());
  }

  /**
   * As {@link #spawnLink(Spawn)}, with fields as they are.
   *
   * @param <P> the process' class
   * @param type the process' class
   * @return the process
   */
  default <P extends HandlerProcess> ProcessRef<P> spawnLink(Class<P> type) {
    return spawnLink(Spawn.of(type));
  }

  /**
   * As {@link #spawnLink(Spawn)}.
   *
   * @param <P> the process' class
   * @param type the process' class
   * @param initial sets fields of an object of this class, which the process' own begins as
   * @return the process
   */
  default <P extends HandlerProcess> ProcessRef<P> spawnLink(
      Class<P> type, Consumer<? super P> initial) {
    return spawnLink(Spawn.of(type, initial));
  }

  /**
   * As {@link #spawnLink(Spawn)}, in receive style.
   *
   * @param <M> its messages
   * @param kind the process' kind
   * @return the process
   */
  default <M> ProcessRef<M> spawnLink(ProcessKind<M, Void> kind) {
    return spawnLink(Spawn.of(kind));
  }

  /**
   * As {@link #spawnLink(Spawn)}, in receive style.
   *
   * @param <M> its messages
   * @param <A> its argument
   * @param kind the process' kind
   * @param argument what its function gets
   * @return the process
   */
  default <M, A> ProcessRef<M> spawnLink(ProcessKind<M, A> kind, A argument) {
    return spawnLink(Spawn.of(kind, argument));
  }

  /**
   * Spawns a process that is watched from its beginning.
   *
   * @param <P> as in {@link ProcessRef}
   * @param process what
   * @return the process and the watch
   */
  <P> Monitored<P> spawnMonitor(Spawn<P> process);

  /**
   * Links this one to another: whichever ends, the other gets its exit. A link to one that is not
   * alive brings an exit with {@link ExitReason.NoProcess}.
   *
   * @param to the other one
   */
  void link(Address<?> to);

  /**
   * Parts this one from another: from now on that one's end does not concern it.
   *
   * @param from the other one
   */
  void unlink(Address<?> from);

  /**
   * To whom this one is linked.
   *
   * @return at most 100 of them
   */
  List<Address<?>> links();

  /**
   * Watches another one: its end brings one {@link Down}, at once where it is not alive.
   *
   * @param of the other one
   * @return the watch
   */
  Monitor monitor(Address<?> of);

  /**
   * Watches no longer.
   *
   * @param monitor the watch
   * @param flush whether a {@link Down} of it that waits already is taken out
   * @return whether the watch was on
   */
  boolean demonitor(Monitor monitor, boolean flush);

  /**
   * Watches no longer. A {@link Down} that waits already stays.
   *
   * @param monitor the watch
   * @return whether the watch was on
   */
  default boolean demonitor(Monitor monitor) {
    return demonitor(monitor, false);
  }

  /**
   * Has exits of others come as {@link Exit} from now on, or end this one.
   *
   * @param traps whether they come
   * @return what held before
   */
  boolean trapExits(boolean traps);

  /**
   * Ends the process whose turn this is; nothing behind this call runs.
   *
   * @param reason why
   * @return nothing: {@code throw context.exit(reason)} shows the compiler that the code ends here
   */
  Error exit(ExitReason reason);

  /**
   * Gives the process whose turn this is a name.
   *
   * @param name the name
   */
  void register(String name);

  /**
   * Puts the process whose turn this is into a group.
   *
   * @param group the group's name
   */
  void join(String group);

  /**
   * Takes the process whose turn this is out of a group.
   *
   * @param group the group's name
   * @return whether it was a member
   */
  boolean leave(String group);

  /**
   * Watches a group: {@link Joined} and {@link Left} come from now on.
   *
   * @param group the group's name
   * @return the watch, and who is a member now
   */
  GroupWatch monitorGroup(String group);

  /**
   * Watches all groups.
   *
   * @return the watch
   */
  GroupWatch monitorGroups();

  /**
   * Watches a group no longer.
   *
   * @param monitor the watch
   * @return whether the watch was on
   */
  boolean demonitor(GroupMonitor monitor);
}
