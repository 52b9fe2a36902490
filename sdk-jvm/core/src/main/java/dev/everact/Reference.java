// How an actor is reached: ask and wait, ask for a future, or tell.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * An actor's address and how to ask it. Immutable and free to share; an actor need not exist to be
 * referred to.
 *
 * <pre>{@code
 * Reference<Airport> sfo = engine.actor(Airport.class, "SFO");
 * double average = sfo.call(Airport::landed, 12);                        // waits
 * CompletableFuture<Double> later = sfo.ask(Airport::landed, 12);        // does not
 * sfo.withProducer("flights.json", row).ask(Airport::landed, 12);        // at most once for each row
 * }</pre>
 *
 * <p>{@code call} runs the handler on the calling thread where the actor is idle, which is the
 * fastest way; {@code ask} leaves it to the engine's threads. A future fails with the exception
 * that {@code call} throws, one of {@link dev.everact.errors}; cancelling it cancels the ask. Code
 * that follows a future runs on an engine thread.
 *
 * @param <A> the actor's class
 */
@SuppressWarnings("overloads") // Method references tell the shapes apart; lambdas are no handlers.
public final class Reference<A extends Actor> extends Address<A> {
  private static final long KEPT_UNLESS_SAID_MS = Duration.ofDays(1).toMillis();
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofMillis(0xFFFFFFFEL);
  private static final byte[] NO_SOURCE = new byte[0];

  final KindTable kind;
  private final String key;
  private final byte[] keyBytes;
  private final TurnContext context;
  private final Options options;

  /** How asks go out. */
  private record Options(
      int deadlineMs, Mark mark, Metadata metadata, Consumer<Metadata> replyMetadata) {
    static final Options NONE = new Options(0, Mark.NONE, null, null);
  }

  /** How a second ask is recognized. */
  private record Mark(int flags, byte[] source, long sequence, int ttlMs) {
    static final Mark NONE = new Mark(0, NO_SOURCE, 0, 0);
  }

  Reference(Host host, KindTable kind, String key, TurnContext context) {
    this(host, kind, key, Utf8.encode(key, "the actor's key"), context, Options.NONE);
  }

  private Reference(
      Host host,
      KindTable kind,
      String key,
      byte[] keyBytes,
      TurnContext context,
      Options options) {
    super(host);
    this.kind = kind;
    this.key = key;
    this.keyBytes = keyBytes;
    this.context = context;
    this.options = options;
  }

  private Reference<A> with(Options other) {
    return new Reference<>(host, kind, key, keyBytes, context, other);
  }

  @Override
  public String kind() {
    return kind.name;
  }

  @Override
  KindTable table() {
    return kind;
  }

  /**
   * The actor's key.
   *
   * @return the identity within the kind
   */
  public String key() {
    return key;
  }

  /**
   * The same actor, asked with a deadline.
   *
   * @param deadline how long a caller waits, to the millisecond
   * @return another reference
   */
  public Reference<A> withDeadline(Duration deadline) {
    return with(
        new Options(milliseconds(deadline), options.mark, options.metadata, options.replyMetadata));
  }

  private Reference<A> with(Mark mark) {
    return with(new Options(options.deadlineMs, mark, options.metadata, options.replyMetadata));
  }

  /**
   * The same actor, asked or told with metadata beside the message: the handler finds it in its
   * context.
   *
   * @param metadata names with values
   * @return another reference
   */
  public Reference<A> withMetadata(Metadata metadata) {
    Metadata sent = metadata.isEmpty() ? null : metadata;
    return with(new Options(options.deadlineMs, options.mark, sent, options.replyMetadata));
  }

  /**
   * The same actor, asked by somebody who wants the metadata of its replies.
   *
   * @param receiver gets it before the caller gets the reply, on the same thread; empty metadata
   *     where the handler sent none
   * @return another reference
   */
  public Reference<A> withReplyMetadata(Consumer<Metadata> receiver) {
    return with(
        new Options(
            options.deadlineMs, options.mark, options.metadata, Objects.requireNonNull(receiver)));
  }

  /**
   * The same actor, asked as a producer: a message whose number was applied before has no second
   * effect, however long ago. The newest one's reply is repeated, older ones answer {@link
   * dev.everact.errors.AlreadyAppliedException}.
   *
   * @param producer the producer's name
   * @param sequence the message's number, which rises
   * @return another reference
   */
  public Reference<A> withProducer(String producer, long sequence) {
    byte[] source = Utf8.encode(producer, "the producer's name");
    return with(new Mark(Layout.ASK_FLAG_PRODUCER, source, sequence, 0));
  }

  /**
   * The same actor, asked with a key of the caller's choice: a second ask with it has no second
   * effect and gets the first one's reply.
   *
   * @param idempotencyKey the key
   * @param kept how long it is remembered
   * @return another reference
   */
  public Reference<A> withIdempotencyKey(String idempotencyKey, Duration kept) {
    byte[] source = Utf8.encode(idempotencyKey, "the idempotency key");
    return with(new Mark(Layout.ASK_FLAG_KEY, source, 0, milliseconds(kept)));
  }

  /**
   * As {@link #withIdempotencyKey(String, Duration)}, kept for a day.
   *
   * @param idempotencyKey the key
   * @return another reference
   */
  public Reference<A> withIdempotencyKey(String idempotencyKey) {
    return withIdempotencyKey(idempotencyKey, Duration.ofMillis(KEPT_UNLESS_SAID_MS));
  }

  /** Frames have 32 bits for it, and the largest number means none. */
  static int milliseconds(Duration duration) {
    if (duration.compareTo(SHORTEST) < 0 || duration.compareTo(LONGEST) > 0) {
      throw new InvalidArgumentException(
          duration + " is not between 1 ms and " + LONGEST.toMillis() + " ms");
    }
    return (int) duration.toMillis();
  }

  /**
   * Asks by the handler's name, without a message, and waits.
   *
   * @param <R> the reply's type
   * @param handler the handler's name on the wire
   * @param reply the reply's class; {@code byte[].class} for raw bytes, {@code Void.class} for none
   * @return the reply
   */
  public <R> R call(String handler, Class<R> reply) {
    return call(named(handler, reply, false, null));
  }

  /**
   * Asks by the handler's name and waits.
   *
   * @param <R> the reply's type
   * @param handler the handler's name on the wire
   * @param reply the reply's class; {@code byte[].class} for raw bytes, {@code Void.class} for none
   * @param message the message
   * @return the reply
   */
  public <R> R call(String handler, Class<R> reply, Object message) {
    return call(named(handler, reply, true, message));
  }

  /**
   * Asks by the handler's name, without a message.
   *
   * @param <R> the reply's type
   * @param handler the handler's name on the wire
   * @param reply the reply's class; {@code byte[].class} for raw bytes, {@code Void.class} for none
   * @return the reply to come
   */
  public <R> CompletableFuture<R> ask(String handler, Class<R> reply) {
    return submit(named(handler, reply, false, null), 0);
  }

  /**
   * Asks by the handler's name.
   *
   * @param <R> the reply's type
   * @param handler the handler's name on the wire
   * @param reply the reply's class; {@code byte[].class} for raw bytes, {@code Void.class} for none
   * @param message the message
   * @return the reply to come
   */
  public <R> CompletableFuture<R> ask(String handler, Class<R> reply, Object message) {
    return submit(named(handler, reply, true, message), 0);
  }

  /**
   * Tells the actor after a time; the timer is gone if the engine closes before.
   *
   * @param time to the millisecond
   * @return what is told then
   */
  public Delayed<A> after(Duration time) {
    return new Delayed<>(this, Layout.TIMER_AFTER, time);
  }

  /**
   * Tells the actor again and again, without drift, as long as whoever began it is in memory.
   *
   * @param time between two messages, to the millisecond
   * @return what is told then
   */
  public Delayed<A> every(Duration time) {
    return new Delayed<>(this, Layout.TIMER_EVERY, time);
  }

  /**
   * Tells: waits for no reply.
   *
   * @param handler what, as {@code Airport::close}
   * @return completes when the mailbox has accepted the message
   */
  public CompletableFuture<Void> tell(HandlerMethod.Run0<? super A> handler) {
    return tell(handler, false, null);
  }

  /**
   * Tells with a message: waits for no reply.
   *
   * @param <M> the message's type
   * @param handler what, as {@code Airport::departed}
   * @param message the message
   * @return completes when the mailbox has accepted the message
   */
  public <M> CompletableFuture<Void> tell(HandlerMethod.Run1<? super A, M> handler, M message) {
    return tell(handler, true, message);
  }

  /**
   * Tells a handler that takes its context.
   *
   * @param handler what, as {@code Airport::close}
   * @return completes when the mailbox has accepted the message
   */
  public CompletableFuture<Void> tell(HandlerMethod.RunContext0<? super A> handler) {
    return tell(handler, false, null);
  }

  /**
   * Tells a handler that takes its context, with a message.
   *
   * @param <M> the message's type
   * @param handler what, as {@code Airport::departed}
   * @param message the message
   * @return completes when the mailbox has accepted the message
   */
  public <M> CompletableFuture<Void> tell(
      HandlerMethod.RunContext1<? super A, M> handler, M message) {
    return tell(handler, true, message);
  }

  /**
   * Tells by the handler's name, without a message.
   *
   * @param handler the handler's name on the wire
   * @return completes when the mailbox has accepted the message
   */
  public CompletableFuture<Void> tell(String handler) {
    return submit(
        new Outgoing(kind.handler(handler), false, null, Codec.NOTHING), Layout.ASK_FLAG_TELL);
  }

  /**
   * Tells by the handler's name.
   *
   * @param handler the handler's name on the wire
   * @param message the message
   * @return completes when the mailbox has accepted the message
   */
  public CompletableFuture<Void> tell(String handler, Object message) {
    return submit(
        new Outgoing(kind.handler(handler), true, message, Codec.NOTHING), Layout.ASK_FLAG_TELL);
  }

  private CompletableFuture<Void> tell(HandlerMethod method, boolean hasMessage, Object message) {
    HandlerEntry handler = kind.method(MethodReferences.name(method));
    return submit(new Outgoing(handler, hasMessage, message, Codec.NOTHING), Layout.ASK_FLAG_TELL);
  }

  private Outgoing named(String handler, Class<?> reply, boolean hasMessage, Object message) {
    HandlerEntry entry = kind.handler(handler);
    boolean plain = !entry.declared || reply == byte[].class || reply == Void.class;
    return new Outgoing(entry, hasMessage, message, plain ? host.json.codec(reply) : entry.reply);
  }

  @Override
  int flags() {
    int flags = options.mark.flags;
    return options.metadata == null ? flags : flags | Layout.ASK_FLAG_METADATA;
  }

  /**
   * The fields of the ASK record at {@code at} that belong to the reference, and the key behind
   * them.
   */
  @Override
  void write(Bytes out, int at) {
    if (context != null) {
      context.checkRunning("asks");
    }
    out.setI32(at + Layout.ASK_DEADLINE_MS_AT, options.deadlineMs);
    if (context != null) {
      out.setI64(at + Layout.ASK_PARENT_AT, context.turn().id);
    }
    out.setI32(at + Layout.ASK_KEY_BYTES_AT, keyBytes.length);
    out.write(keyBytes, 0, keyBytes.length);
  }

  /** What stands behind the payload, where the ask has it: the mark, the metadata. */
  @Override
  void writeRest(Bytes out, int at) {
    Mark mark = options.mark;
    if (mark.flags != 0) {
      out.setI64(at + Layout.ASK_SEQUENCE_AT, mark.sequence);
      out.setI32(at + Layout.ASK_MARK_TTL_MS_AT, mark.ttlMs);
      out.setI32(at + Layout.ASK_SOURCE_BYTES_AT, mark.source.length);
      out.write(mark.source, 0, mark.source.length);
    }
    if (options.metadata != null) {
      options.metadata.write(out);
    }
  }

  /** What goes beside the message; null for nothing. */
  Metadata metadata() {
    return options.metadata;
  }

  @Override
  TurnContext within() {
    return context;
  }

  /** The key as it crosses the boundary. */
  @Override
  byte[] keyBytes() {
    return keyBytes;
  }

  /** Who wants the metadata of replies; null for nobody. */
  @Override
  Consumer<Metadata> replyMetadata() {
    return options.replyMetadata;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Reference<?> reference
        && host == reference.host
        && kind == reference.kind
        && key.equals(reference.key);
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind.name, key);
  }

  @Override
  public String toString() {
    return kind.name + "/" + key;
  }
}
