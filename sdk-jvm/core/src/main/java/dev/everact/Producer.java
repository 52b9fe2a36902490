// A producer: a source whose messages are numbered, so that each is applied once, however often it
// is sent.
package dev.everact;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.errors.AlreadyAppliedException;
import dev.everact.errors.EveractException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Layout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Takes a source in, in one call: in order, with a bound on what is under way, again where that is
 * safe, and from where the last run ended.
 *
 * <pre>{@code
 * engine.producer("flights.json").ingest(
 *     flights, (flight, once) -> once.to(engine.actor(Airport.class, flight.origin()))
 *         .ask(Airport::departed, flight.departure()));
 * }</pre>
 */
public final class Producer {
  private final Session session;
  private final String name;
  private final long first;
  private final int inFlight;
  private final int attempts;
  private final boolean resumes;

  Producer(Session session, String name) {
    this(session, name, 1, Layout.INGEST_IN_FLIGHT, Layout.INGEST_ATTEMPTS_MAX, true);
    Utf8.encode(name, "the producer's name");
  }

  private Producer(
      Session session, String name, long first, int inFlight, int attempts, boolean resumes) {
    this.session = session;
    this.name = name;
    this.first = first;
    this.inFlight = inFlight;
    this.attempts = attempts;
    this.resumes = resumes;
  }

  /**
   * The same producer, whose source's first item has another number than 1.
   *
   * @param number not negative
   * @return another producer
   */
  public Producer firstSequence(long number) {
    if (number < 0) {
      throw new InvalidArgumentException("a producer's numbers are not negative");
    }
    return new Producer(session, name, number, inFlight, attempts, resumes);
  }

  /**
   * The same producer with another window: no item is sent before all but so many of those before
   * it are answered. A run that goes on where another one ended must not have a smaller one.
   *
   * @param most at least 1; 1,000 unless said otherwise
   * @return another producer
   */
  public Producer inFlight(int most) {
    if (most < 1) {
      throw new InvalidArgumentException("at least one message must be able to be under way");
    }
    return new Producer(session, name, first, most, attempts, resumes);
  }

  /**
   * The same producer, which sends an item so often while its errors are {@code retryable}. The
   * wait before the second attempt is 100 ms, each further one is twice as long, at most 10,000 ms.
   *
   * @param most at least 1, the first attempt included; 10 unless said otherwise
   * @return another producer
   */
  public Producer attempts(int most) {
    if (most < 1) {
      throw new InvalidArgumentException("at least one attempt is made");
    }
    return new Producer(session, name, first, inFlight, most, resumes);
  }

  /**
   * The same producer, which sends its source from the beginning: what was applied has no second
   * effect, it only costs time.
   *
   * @return another producer
   */
  public Producer fromTheBeginning() {
    return new Producer(session, name, first, inFlight, attempts, false);
  }

  /**
   * The newest number that an actor has applied or skipped.
   *
   * @param kind the actor's kind
   * @param key the actor's key
   * @return empty where there is none
   */
  public OptionalLong newest(String kind, String key) {
    return number(session.control(topic("producer", kind, key)).path("sequence"));
  }

  /**
   * The newest number that any actor has applied or skipped. It looks at every producer's mark.
   *
   * @return empty where there is none
   */
  public OptionalLong newest() {
    return number(session.control(topic("producer", null, null)).path("sequence"));
  }

  /**
   * Goes on without a message that failed: what the actor refuses because of it is taken again.
   *
   * @param kind the actor's kind
   * @param key the actor's key
   * @param sequence the message's number
   * @throws InvalidArgumentException if nothing waits for that number
   */
  public void skip(String kind, String key, long sequence) {
    Map<String, Object> topic = topic("producer_skip", kind, key);
    topic.put("sequence", sequence);
    session.control(topic);
  }

  private Map<String, Object> topic(String topic, String kind, String key) {
    Map<String, Object> asked = new LinkedHashMap<>();
    asked.put("topic", topic);
    asked.put("producer", name);
    if (kind != null) {
      asked.put("kind", kind);
      asked.put("key", key);
    }
    return asked;
  }

  private static OptionalLong number(JsonNode node) {
    return node.isNumber() ? OptionalLong.of(node.asLong()) : OptionalLong.empty();
  }

  /** Marks references with the item's number. */
  public static final class Once {
    private final String producer;
    private final long sequence;

    Once(String producer, long sequence) {
      this.producer = producer;
      this.sequence = sequence;
    }

    /**
     * The actor, asked with the item's number.
     *
     * @param <A> the actor's class
     * @param actor whom
     * @return another reference
     */
    public <A extends Actor> Reference<A> to(Reference<A> actor) {
      return actor.withProducer(producer, sequence);
    }

    /**
     * The item's number.
     *
     * @return as it goes with the message
     */
    public long sequence() {
      return sequence;
    }
  }

  /**
   * Sends one item.
   *
   * @param <T> the items' type
   */
  @FunctionalInterface
  public interface Sender<T> {
    /**
     * Asks one actor, by a reference that {@code once} has marked. Called again where the message
     * has to be sent again.
     *
     * @param item the item
     * @param once marks the reference
     * @return completes when the message is applied
     */
    CompletableFuture<?> send(T item, Once once);
  }

  /**
   * What became of a source.
   *
   * @param applied items that this run had applied
   * @param alreadyApplied items that were applied before
   * @param newest the last item's number; empty for an empty source
   */
  public record Ingested(long applied, long alreadyApplied, OptionalLong newest) {}

  /** An item under way. */
  private static final class Open<T> {
    final T item;
    final long sequence;
    CompletableFuture<?> reply;
    int attempts;

    Open(T item, long sequence) {
      this.item = item;
      this.sequence = sequence;
    }
  }

  /**
   * Takes a source in.
   *
   * @param <T> the items' type
   * @param source the items, numbered in their order
   * @param sender sends one
   * @return how many, when all are applied
   * @throws EveractException the first failure that is not retryable, or the last of an item's
   *     attempts; what follows it within the window may have been applied
   */
  public <T> Ingested ingest(Stream<? extends T> source, Sender<? super T> sender) {
    return ingest(source.iterator(), sender);
  }

  /**
   * As {@link #ingest(Stream, Sender)}.
   *
   * @param <T> the items' type
   * @param source the items, numbered in their order
   * @param sender sends one
   * @return how many, when all are applied
   */
  public <T> Ingested ingest(Iterable<? extends T> source, Sender<? super T> sender) {
    return ingest(source.iterator(), sender);
  }

  /**
   * As {@link #ingest(Stream, Sender)}.
   *
   * @param <T> the items' type
   * @param source the items, numbered in their order
   * @param sender sends one
   * @return how many, when all are applied
   */
  public <T> Ingested ingest(Iterator<? extends T> source, Sender<? super T> sender) {
    long from = resumes ? resumeAt() : first;
    Deque<Open<T>> window = new ArrayDeque<>();
    long sequence = first;
    long before = 0;
    long applied = 0;
    while (source.hasNext() || !window.isEmpty()) {
      while (source.hasNext() && window.size() < inFlight) {
        Open<T> next = new Open<>(source.next(), sequence++);
        if (next.sequence < from) {
          before++;
        } else {
          send(next, sender);
          window.add(next);
        }
      }
      if (!window.isEmpty()) {
        if (finished(window, sender)) {
          applied++;
        } else {
          before++;
        }
      }
    }
    OptionalLong newest = sequence == first ? OptionalLong.empty() : OptionalLong.of(sequence - 1);
    return new Ingested(applied, before, newest);
  }

  /** The window is a range of numbers: what lies before it was answered in the run before. */
  private long resumeAt() {
    JsonNode stand = session.control(topic("producer", null, null));
    OptionalLong newest = number(stand.path("sequence"));
    if (newest.isEmpty()) {
      return first;
    }
    long from = newest.getAsLong() - inFlight + 1;
    OptionalLong gap = number(stand.path("gap"));
    return Math.max(first, gap.isPresent() ? Math.min(from, gap.getAsLong()) : from);
  }

  private <T> void send(Open<T> open, Sender<? super T> sender) {
    open.attempts++;
    try {
      open.reply = sender.send(open.item, new Once(name, open.sequence));
    } catch (EveractException e) {
      open.reply = CompletableFuture.failedFuture(e);
    }
  }

  /** Waits for the oldest item; whether it was applied by this run. */
  private <T> boolean finished(Deque<Open<T>> window, Sender<? super T> sender) {
    Open<T> oldest = window.getFirst();
    while (true) {
      try {
        oldest.reply.join();
        window.removeFirst();
        return true;
      } catch (CompletionException e) {
        if (e.getCause() instanceof AlreadyAppliedException) {
          window.removeFirst();
          return false;
        }
        again(window, sender, e);
      }
    }
  }

  /** Sends once more, in order, all that failed: those behind a failure wait for it. */
  private <T> void again(
      Deque<Open<T>> window, Sender<? super T> sender, CompletionException failure) {
    Open<T> oldest = window.getFirst();
    if (!(failure.getCause() instanceof EveractException error)) {
      throw failure;
    }
    if (!error.retryable() || oldest.attempts >= attempts) {
      throw error;
    }
    pause(waitMs(oldest.attempts));
    for (Open<T> open : window) {
      // Whatever becomes of it is looked at when its turn has come.
      open.reply.handle((reply, thrown) -> reply).join();
      if (open.reply.isCompletedExceptionally()) {
        send(open, sender);
        // Those behind have failed because of the oldest, not by themselves.
        open.attempts = open == oldest ? open.attempts : 1;
      }
    }
  }

  /** The milliseconds between so many attempts and the next one. */
  static long waitMs(int attempts) {
    long wait = (long) Layout.INGEST_WAIT_MS_FIRST << Math.min(attempts - 1, 16);
    return Math.min(wait, Layout.INGEST_WAIT_MS_MAX);
  }

  /** A single park may end at once, by a permit that an answer has left. */
  private static void pause(long milliseconds) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
    for (long left = end - System.nanoTime();
        left > 0 && !Thread.currentThread().isInterrupted();
        left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
