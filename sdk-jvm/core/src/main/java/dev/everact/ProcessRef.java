// How a process is reached: told, asked, ended.
package dev.everact;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.NoProcessException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A process: its kind and its number, which no other process of the engine ever has. Immutable, and
 * free to share; in messages and fields it travels as the text {@code kind/number}.
 *
 * <pre>{@code
 * ProcessRef<Counter> counter = engine.spawn(Counter.class);
 * counter.tell(Counter::add, 2);        // to the dead: nothing happens
 * int sum = counter.call(Counter::add, 3); // to the dead: NoProcessException
 *
 * ProcessRef<Message> pong = engine.spawn(PONG);
 * pong.tell(new Finished());
 * }</pre>
 *
 * <p>Inside a turn it belongs to the turn: asks carry the chain of callers; what an actor tells
 * leaves with its commit, what a process tells leaves at once, before whatever else it does.
 *
 * @param <P> the process' class; of one that receives its messages itself, their type
 */
@JsonSerialize(using = ProcessRefs.Writer.class)
@JsonDeserialize(using = ProcessRefs.Reader.class)
@SuppressWarnings("overloads") // Method references tell the shapes apart; lambdas are no handlers.
public sealed class ProcessRef<P> extends Address<P> permits SupervisorRef {
  private static final int NUMBER_BYTES = 8;

  /** The kind of a process of which nobody knows any more what it was, and of a program. */
  static final String UNKNOWN = "process";

  private final String kindName;

  private final long number;
  private final int deadlineMs;

  ProcessRef(Host host, String kindName, long number) {
    this(host, kindName, number, 0);
  }

  private ProcessRef(Host host, String kindName, long number, int deadlineMs) {
    super(host);
    this.kindName = kindName;
    this.number = number;
    this.deadlineMs = deadlineMs;
  }

  /** A process of a kind by its name; null is unknown. */
  static ProcessRef<?> named(Host host, String kind, long number) {
    return SupervisorRef.KIND.equals(kind)
        ? new SupervisorRef(host, number)
        : new ProcessRef<>(host, kind == null ? UNKNOWN : kind, number);
  }

  @Override
  public String kind() {
    return kindName;
  }

  /**
   * The process' number.
   *
   * @return 64 bits, to be read without a sign
   */
  public long number() {
    return number;
  }

  /**
   * The same process, asked with a deadline.
   *
   * @param deadline how long a caller waits, to the millisecond
   * @return another reference
   */
  public ProcessRef<P> withDeadline(Duration deadline) {
    return new ProcessRef<>(host, kind(), number, Reference.milliseconds(deadline));
  }

  /**
   * The same process, known to be of this class.
   *
   * @param <Q> the process' class
   * @param type the process' class
   * @return this reference
   * @throws InvalidArgumentException if it is of another kind
   */
  public <Q extends HandlerProcess> ProcessRef<Q> cast(Class<Q> type) {
    return cast(bound().kind(type).name.equals(kind()), type.getSimpleName());
  }

  /**
   * The same process, known to be of this kind.
   *
   * @param <M> its messages
   * @param of its kind
   * @return this reference
   * @throws InvalidArgumentException if it is of another kind
   */
  public <M> ProcessRef<M> cast(ProcessKind<M, ?> of) {
    return cast(bound().kind(of).name.equals(kind()), of.name());
  }

  @SuppressWarnings("unchecked") // What it is was just looked at.
  private <Q> ProcessRef<Q> cast(boolean fits, String wanted) {
    if (!fits) {
      throw new InvalidArgumentException("the process " + this + " is no " + wanted);
    }
    return (ProcessRef<Q>) this;
  }

  /**
   * Whether the process is alive at the moment.
   *
   * @return false from its end on
   */
  public boolean isAlive() {
    return Commands.isAlive(bound(), within(), number);
  }

  /**
   * Waits for the process' end, from outside as well.
   *
   * @return why it ended; {@link ExitReason.NoProcess} where so many have ended since then that
   *     nobody knows any more
   */
  public CompletableFuture<ExitReason> ended() {
    return Commands.ended(bound(), number);
  }

  /**
   * Asks the process to end: one that traps exits gets an {@link Exit}, any other ends, unless the
   * reason is {@link ExitReason#NORMAL}.
   *
   * @param reason why
   */
  public void exit(ExitReason reason) {
    Commands.exit(bound(), within(), this, reason);
  }

  /**
   * Ends a server, a state machine or an event manager in good order: it runs its {@code terminate}
   * first, whether it traps exits or not.
   *
   * @return done when it has ended; {@link dev.everact.errors.UnknownHandlerException} of another
   *     process
   */
  public CompletableFuture<Void> stop() {
    return stop(ExitReason.NORMAL);
  }

  /**
   * As {@link #stop()}, with a reason.
   *
   * @param reason normal, shutdown or one of your own
   * @return done when it has ended
   */
  public CompletableFuture<Void> stop(ExitReason reason) {
    return Managing.stop(this, reason);
  }

  /** Ends the process, whatever it traps: those linked to it see {@link ExitReason.Killed}. */
  public void kill() {
    exit(ExitReason.KILL);
  }

  /**
   * Tells the process after a time.
   *
   * @param time to the millisecond
   * @return what is told then
   */
  public Delayed<P> after(Duration time) {
    return new Delayed<>(this, Layout.TIMER_AFTER, time);
  }

  /**
   * Tells the process again and again, without drift, as long as it lives and whoever began it.
   *
   * @param time between two messages, to the millisecond
   * @return what is told then
   */
  public Delayed<P> every(Duration time) {
    return new Delayed<>(this, Layout.TIMER_EVERY, time);
  }

  /**
   * Tells a handler.
   *
   * @param handler what, as {@code Counter::reset}
   */
  public void tell(HandlerMethod.Run0<? super P> handler) {
    tell(handler, false, null);
  }

  /**
   * Tells a handler with a message.
   *
   * @param <M> the message's type
   * @param handler what, as {@code Counter::add}
   * @param message the message
   */
  public <M> void tell(HandlerMethod.Run1<? super P, M> handler, M message) {
    tell(handler, true, message);
  }

  /**
   * Tells a handler that takes its context.
   *
   * @param handler what, as {@code Counter::reset}
   */
  public void tell(HandlerMethod.RunContext0<? super P> handler) {
    tell(handler, false, null);
  }

  /**
   * Tells a handler that takes its context, with a message.
   *
   * @param <M> the message's type
   * @param handler what, as {@code Counter::add}
   * @param message the message
   */
  public <M> void tell(HandlerMethod.RunContext1<? super P, M> handler, M message) {
    tell(handler, true, message);
  }

  /**
   * Tells a process that receives its messages itself.
   *
   * @param message the message
   */
  public void tell(P message) {
    tell(table().messageHandler(message), true, message);
  }

  /**
   * Asks a process that receives its messages itself, and waits.
   *
   * @param <R> the reply's type
   * @param message the message
   * @param reply the reply's class; {@code Void.class} for none
   * @return the reply
   */
  public <R> R call(P message, Class<R> reply) {
    return call(asked(message, reply));
  }

  /**
   * Asks a process that receives its messages itself.
   *
   * @param <R> the reply's type
   * @param message the message
   * @param reply the reply's class; {@code Void.class} for none
   * @return the reply to come
   */
  public <R> CompletableFuture<R> ask(P message, Class<R> reply) {
    return submit(asked(message, reply), 0);
  }

  private Outgoing asked(P message, Class<?> reply) {
    HandlerEntry handler = table().messageHandler(message);
    return new Outgoing(handler, true, message, bound().json.codec(reply));
  }

  private void tell(HandlerMethod method, boolean hasMessage, Object message) {
    tell(table().method(MethodReferences.name(method)), hasMessage, message);
  }

  private void tell(HandlerEntry handler, boolean hasMessage, Object message) {
    Outgoing outgoing = new Outgoing(handler, hasMessage, message, Codec.NOTHING);
    TurnContext within = within();
    if (within == null) {
      bound().post(this, outgoing);
    } else {
      within.tell(this, outgoing);
    }
  }

  /** The engine that it is a process of. */
  final Host bound() {
    if (host == null) {
      throw new InvalidArgumentException("the reference " + this + " was not read by an engine");
    }
    return host;
  }

  @Override
  final KindTable table() {
    KindTable table = bound().processKind(kind());
    if (table == null) {
      throw new NoProcessException(this + " has no handlers: it has ended, or is a supervisor");
    }
    return table;
  }

  @Override
  final TurnContext within() {
    return host == null ? null : Turn.contextHere(host);
  }

  @Override
  final Consumer<Metadata> replyMetadata() {
    return null;
  }

  @Override
  final byte[] keyBytes() {
    Bytes key = new Bytes(NUMBER_BYTES);
    key.writeI64(number);
    return key.array;
  }

  @Override
  final int flags() {
    return Layout.ASK_FLAG_PROCESS;
  }

  @Override
  final void write(Bytes out, int at) {
    TurnContext within = within();
    out.setI32(at + Layout.ASK_DEADLINE_MS_AT, deadlineMs);
    if (within != null) {
      out.setI64(at + Layout.ASK_PARENT_AT, within.turn().id);
    }
    out.setI32(at + Layout.ASK_KEY_BYTES_AT, NUMBER_BYTES);
    out.writeI64(number);
  }

  @Override
  final void writeRest(Bytes out, int at) {}

  @Override
  public final boolean equals(Object other) {
    return other instanceof ProcessRef<?> process && number == process.number;
  }

  @Override
  public final int hashCode() {
    return Long.hashCode(number);
  }

  @Override
  public final String toString() {
    return kind() + "/" + Long.toUnsignedString(number);
  }
}
