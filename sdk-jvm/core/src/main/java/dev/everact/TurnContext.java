// The context of one turn: its time and randomness, and the effects that wait for its end.
package dev.everact;

import com.fasterxml.jackson.databind.ObjectReader;
import dev.everact.errors.InternalException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** What a {@link Turn} shows to its handler. */
sealed class TurnContext extends TurnTies permits ReceiverContext {
  private static final int EFFECTS_MAX = 0xFFFF;

  /** What a process has told leaves at the latest when it is so much. */
  private static final int TOLD_MAX = 256;

  /** Room for one short message: most turns tell one. */
  private static final int TOLD_BYTES = 112;

  private static final int TOLD_BYTES_MAX = 64 * 1024;

  /** The metadata entry in which the core says who calls. */
  private static final String CALLER = "everact-caller";

  /** As the core has it: a longer key would only fail at the turn's end. */
  private static final int KEY_BYTES_MAX = 1024;

  private long random;

  /** TELL records, back to back; null while there are none. */
  private Bytes tells;

  private int tellCount;

  /** What a process has told and what has not left yet: ASK records; null while there are none. */
  private Bytes told;

  private int toldCount;
  private boolean passivate;
  private Metadata replyMetadata = Metadata.empty();
  private volatile boolean ended;

  /** Whether a later turn answers whoever asked. */
  private boolean putOff;

  /** Null where nothing is wanted. */
  private Wishes wishes;

  TurnContext(Turn turn) {
    super(turn);
    this.random = turn.seed;
  }

  @Override
  public String kind() {
    return turn.activation.kind.name;
  }

  @Override
  public String key() {
    return turn.activation.key;
  }

  @Override
  public Instant now() {
    return Instant.ofEpochMilli(turn.nowMs);
  }

  /** SplitMix64 (Steele, Lea, Flood 2014), the same numbers in every language. */
  private long draw() {
    random += 0x9E3779B97F4A7C15L;
    long z = random;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  @Override
  public double random() {
    return (draw() >>> 11) * 0x1.0p-53;
  }

  @Override
  public UUID newId() {
    long high = draw() & ~0xF000L | 0x4000L;
    long low = draw() & 0x3FFFFFFFFFFFFFFFL | 0x8000000000000000L;
    return new UUID(high, low);
  }

  @Override
  public long revision() {
    return turn.revision;
  }

  @Override
  public Optional<String> sender() {
    return turn.sender.isEmpty() ? Optional.empty() : Optional.of(turn.sender);
  }

  @Override
  public Optional<Duration> remaining() {
    long nanos = turn.remainingNanos();
    return nanos == Long.MAX_VALUE
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(Math.max(0, nanos)));
  }

  @Override
  public boolean isCancelled() {
    return turn.host.isCancelled(turn.id);
  }

  @Override
  public Metadata metadata() {
    return turn.metadata.withoutReserved();
  }

  @Override
  public Optional<Caller> caller() {
    Optional<String> text = turn.metadata.text(CALLER);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Callers.READER.readValue(text.get()));
    } catch (IOException e) {
      throw (InternalException) new InternalException("the caller cannot be read").initCause(e);
    }
  }

  /** Made when somebody asks. */
  private static final class Callers {
    static final ObjectReader READER = Stats.READER.forType(Caller.class);

    private Callers() {}
  }

  @Override
  public void replyMetadata(Metadata metadata) {
    replyMetadata = Objects.requireNonNull(metadata, "metadata");
  }

  @Override
  public <A extends Actor> Reference<A> actor(Class<A> type, String key) {
    return new Reference<>(turn.host, turn.host.kind(type), key, this);
  }

  @Override
  public Reference<?> actor(String kind, String key) {
    return new Reference<>(turn.host, turn.host.kind(kind), key, this);
  }

  @Override
  public <A extends Actor> void tell(Reference<A> to, HandlerMethod.Run0<? super A> handler) {
    add(to, to.kind.method(MethodReferences.name(handler)), false, null);
  }

  @Override
  public <A extends Actor, M> void tell(
      Reference<A> to, HandlerMethod.Run1<? super A, M> handler, M message) {
    add(to, to.kind.method(MethodReferences.name(handler)), true, message);
  }

  @Override
  public <A extends Actor> void tell(
      Reference<A> to, HandlerMethod.RunContext0<? super A> handler) {
    add(to, to.kind.method(MethodReferences.name(handler)), false, null);
  }

  @Override
  public <A extends Actor, M> void tell(
      Reference<A> to, HandlerMethod.RunContext1<? super A, M> handler, M message) {
    add(to, to.kind.method(MethodReferences.name(handler)), true, message);
  }

  @Override
  public void tell(Reference<?> to, String handler) {
    add(to, to.kind.handler(handler), false, null);
  }

  @Override
  public void tell(Reference<?> to, String handler, Object message) {
    add(to, to.kind.handler(handler), true, message);
  }

  private void add(Reference<?> to, HandlerEntry handler, boolean hasMessage, Object message) {
    tell(to, new Outgoing(handler, hasMessage, message, Codec.NOTHING));
  }

  /** Tells: an actor with its commit, a process at once. */
  void tell(Address<?> to, Outgoing outgoing) {
    checkRunning("tells");
    if (to.host != turn.host) {
      throw new InvalidArgumentException(
          to + " is reached through another engine or connection; tell it by its own reference");
    }
    if (turn.activation.process() == 0) {
      effect(to, outgoing.handler, outgoing.hasMessage, outgoing.message);
    } else if (told(to, outgoing)) {
      leave();
    }
  }

  /** Whether what is told may stay here until the turn's end or its next command. */
  boolean waits() {
    return toldCount < TOLD_MAX && told.length < TOLD_BYTES_MAX;
  }

  /** Writes down what a process tells; whether it must leave now. */
  private synchronized boolean told(Address<?> to, Outgoing outgoing) {
    if (told == null) {
      told = new Bytes(TOLD_BYTES);
    }
    turn.host.writeTold(told, to, outgoing, turn.id);
    toldCount++;
    return !waits();
  }

  private void leave() {
    turn.host.exchange(
        out -> {
          int bytes = writeTold(out);
          haveLeft(bytes);
        });
  }

  /** Appends what a process has told and what has not left yet: how many bytes that is. */
  synchronized int writeTold(Bytes out) {
    int bytes = told == null ? 0 : told.length;
    if (bytes > 0) {
      out.write(told.array, 0, bytes);
    }
    return bytes;
  }

  /** So much of what was told is on its way. */
  synchronized void haveLeft(int bytes) {
    int left = told.length - bytes;
    System.arraycopy(told.array, bytes, told.array, 0, left);
    told.length = left;
    toldCount = 0;
  }

  /** Writes the message down for the turn's end. */
  private synchronized void effect(
      Address<?> to, HandlerEntry handler, boolean hasMessage, Object message) {
    boolean process = to instanceof ProcessRef<?>;
    byte[] key = to.keyBytes();
    if (key.length == 0 || key.length > KEY_BYTES_MAX) {
      throw new InvalidArgumentException(
          "a key has 1 to " + KEY_BYTES_MAX + " bytes, this one has " + key.length);
    }
    if (tellCount == EFFECTS_MAX - 1) {
      throw new InvalidArgumentException("a turn tells at most " + (EFFECTS_MAX - 1) + " times");
    }
    if (tells == null) {
      tells = new Bytes(256);
    }
    int flags = process ? Layout.TELL_FLAG_PROCESS : 0;
    int at = tells.begin(Layout.TELL_TYPE, Layout.TELL_FIXED_BYTES, flags, 0);
    tells.setU16(at + Layout.TELL_KIND_AT, to.table().index);
    tells.setU16(at + Layout.TELL_HANDLER_AT, handler.index);
    tells.setI32(at + Layout.TELL_KEY_BYTES_AT, key.length);
    tells.write(key);
    int payloadAt = tells.length;
    if (hasMessage) {
      try {
        turn.host.encode(handler, message, true, tells);
      } catch (Throwable e) {
        tells.length = at;
        throw e;
      }
    }
    tells.setI32(at + Layout.TELL_PAYLOAD_BYTES_AT, tells.length - payloadAt);
    if (to instanceof Reference<?> actor && actor.metadata() != null) {
      tells.setU16(at + Layout.FLAGS_AT, flags | Layout.TELL_FLAG_METADATA);
      actor.metadata().write(tells);
    }
    tells.end(at);
    tellCount++;
  }

  @Override
  public Asker defer() {
    checkRunning("puts an answer off");
    putOff();
    turn.host.putsOff = true;
    return new Asker(turn, turn.ask);
  }

  final void putOff() {
    putOff = true;
  }

  final boolean isPutOff() {
    return putOff || wishes != null && wishes.keepsAsker();
  }

  @Override
  public boolean isTold() {
    return turn.ask == 0;
  }

  /** What a callback of a behaviour wants. */
  final Wishes wishes() {
    if (wishes == null) {
      wishes = turn.activation.kind.behaviour.wishes(this);
    }
    return wishes;
  }

  @Override
  public ServerTurn server() {
    if (turn.activation.kind.behaviour instanceof ServerBehaviour) {
      return (ServerTurn) wishes();
    }
    throw Behaviour.wrong(this, "server");
  }

  @Override
  public EventTurn events() {
    if (turn.activation.kind.behaviour instanceof ManagerBehaviour) {
      return (EventTurn) wishes();
    }
    throw Behaviour.wrong(this, "event manager");
  }

  @Override
  public MachineTurn machine() {
    if (turn.activation.kind.behaviour instanceof MachineBehaviour) {
      return (MachineTurn) wishes();
    }
    throw Behaviour.wrong(this, "state machine");
  }

  final boolean hasEnded() {
    return ended;
  }

  @Override
  public void passivate() {
    passivate = true;
  }

  /** A turn that has ended has no part in what comes later. */
  void checkRunning(String what) {
    if (ended) {
      throw new InvalidArgumentException(
          "the turn is over; a context " + what + " only while its handler runs");
    }
  }

  /** The turn from which asks go out. */
  final Turn turn() {
    return turn;
  }

  @Override
  final TurnContext within() {
    return this;
  }

  boolean hasTold() {
    return tellCount > 0;
  }

  /** From now on nothing is told: what another thread is just adding goes in or is refused. */
  synchronized void end() {
    ended = true;
  }

  /** What was to go beside the next reply. */
  final Metadata takeReplyMetadata() {
    Metadata taken = replyMetadata;
    replyMetadata = Metadata.empty();
    return taken;
  }

  /** Puts what goes beside the reply into the COMPLETE record that starts at {@code at}. */
  void writeMetadata(Bytes out, int at) {
    if (!replyMetadata.isEmpty()) {
      int flags = Bytes.u16(out.array, at + Layout.FLAGS_AT);
      out.setU16(at + Layout.FLAGS_AT, flags | Layout.COMPLETE_FLAG_METADATA);
      replyMetadata.write(out);
    }
  }

  /**
   * Puts the effects into the COMPLETE record that starts at {@code at}.
   *
   * @param ends whether the process ends, and wants nothing more
   */
  void write(Bytes out, int at, boolean ends) {
    if (passivate) {
      int flags = Bytes.u16(out.array, at + Layout.FLAGS_AT);
      out.setU16(at + Layout.FLAGS_AT, flags | Layout.COMPLETE_FLAG_PASSIVATE);
    }
    int count = tellCount;
    if (tellCount > 0) {
      out.write(tells.array, 0, tells.length);
    }
    if (wishes != null && !ends) {
      count += wishes.write(out);
    }
    if (count > 0) {
      out.setU16(at + Layout.COMPLETE_EFFECT_COUNT_AT, count);
    }
  }
}
