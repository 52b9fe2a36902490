// The context of a process' function: it takes messages out of its inbox.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;

/** What a process' function sees. */
final class ReceiverContext extends TurnContext implements ProcessContext<Object> {
  private static final Predicate<Object> ANY = message -> true;

  private final KindTable kind;
  private final Inbox inbox;
  private final Class<?> messages;

  /** The message received last; null before the first. */
  private Received received;

  ReceiverContext(Turn turn) {
    super(turn);
    this.kind = turn.activation.kind;
    this.inbox = turn.inbox;
    this.messages = kind.receiving.messages();
  }

  /** A function may wait long between what it tells and what it does next. */
  @Override
  boolean waits() {
    return false;
  }

  @Override
  public ProcessRef<Object> self() {
    return new ProcessRef<>(turn.host, kind.name, turn.activation.process());
  }

  @Override
  public Object receive() {
    return taken(messages, false, ANY, null);
  }

  @Override
  public <T> T receive(Class<T> type) {
    return type.cast(taken(type, true, ANY, null));
  }

  @Override
  public Object receive(Predicate<? super Object> wanted) {
    return taken(messages, false, wanted, null);
  }

  @Override
  public <T> T receive(Class<T> type, Predicate<? super T> wanted) {
    return type.cast(taken(type, true, of(type, wanted), null));
  }

  @Override
  public Down receive(Monitor monitor) {
    Predicate<Object> wanted = of(Down.class, down -> down.monitor().equals(monitor));
    Received held = inbox.isHere() ? down(monitor) : null;
    return (Down) taken(Down.class, true, wanted, null, held);
  }

  @Override
  public Optional<Object> poll(Duration timeout) {
    return Optional.ofNullable(taken(messages, false, ANY, timeout));
  }

  @Override
  public <T> Optional<T> poll(Class<T> type, Duration timeout) {
    return Optional.ofNullable(type.cast(taken(type, true, ANY, timeout)));
  }

  @Override
  public Optional<Object> poll(Predicate<? super Object> wanted, Duration timeout) {
    return Optional.ofNullable(taken(messages, false, wanted, timeout));
  }

  @Override
  public <T> Optional<T> poll(Class<T> type, Predicate<? super T> wanted, Duration timeout) {
    return Optional.ofNullable(type.cast(taken(type, true, of(type, wanted), timeout)));
  }

  private static <T> Predicate<Object> of(Class<T> type, Predicate<? super T> wanted) {
    return message -> wanted.test(type.cast(message));
  }

  /**
   * Takes the first message of a class that is wanted; each is looked at once.
   *
   * @param notes whether what the core tells counts
   * @param timeout null for ever
   * @return null when the time has passed
   */
  private Object taken(
      Class<?> type, boolean notes, Predicate<? super Object> wanted, Duration timeout) {
    return taken(type, notes, wanted, timeout, inbox.first());
  }

  /** The same, from one of those that are held on; null for those that have yet to come. */
  private Object taken(
      Class<?> type,
      boolean notes,
      Predicate<? super Object> wanted,
      Duration timeout,
      Received from) {
    checkRunning("receives");
    if (!inbox.isHere()) {
      throw new InvalidArgumentException(
          "a process receives on the thread of its function and on no other");
    }
    if (timeout != null && timeout.isNegative()) {
      throw new InvalidArgumentException(timeout + " is no time to wait for");
    }
    // Centuries count as for ever.
    long most = Long.MAX_VALUE / 2;
    long nanos =
        timeout == null || timeout.compareTo(Duration.ofNanos(most)) > 0 ? most : timeout.toNanos();
    long end = System.nanoTime() + nanos;
    Received next = from;
    while (true) {
      while (next == null) {
        long left = nanos == most ? -1 : Math.max(0, end - System.nanoTime());
        next = inbox.await(left);
        if (next == null) {
          return null;
        }
      }
      Received looked = next;
      next = looked.next;
      Object value = wanted(looked, type, notes, wanted);
      if (value != null) {
        inbox.remove(looked);
        received = looked;
        return value;
      }
    }
  }

  /** The message, where it is wanted; else null. One that cannot be read is answered and gone. */
  private Object wanted(
      Received message, Class<?> type, boolean notes, Predicate<? super Object> wanted) {
    Class<?> of = message.type(kind);
    boolean may = type.isAssignableFrom(of) || message.isNote() && of.isAssignableFrom(type);
    if (!may || message.isNote() && !notes) {
      return null;
    }
    Object value;
    try {
      value = message.value(this);
    } catch (Misfit e) {
      inbox.remove(message);
      refuse(message, e.getMessage());
      return null;
    }
    return type.isInstance(value) && wanted.test(value) ? value : null;
  }

  private void refuse(Received message, String why) {
    String text = "message of " + kind.handlers[message.handler].name + ": " + why;
    if (message.ask != 0) {
      new Asker(turn, message.ask).misfit(text);
    } else {
      Log.get().log(System.Logger.Level.WARNING, kind.name + "/" + key() + " " + text);
    }
  }

  @Override
  public boolean demonitor(Monitor monitor, boolean flush) {
    boolean was = super.demonitor(monitor, flush);
    if (flush && !was && inbox.isHere()) {
      drop(monitor);
    }
    return was;
  }

  /** Takes the end of somebody out of the messages that were handed over. */
  private void drop(Monitor monitor) {
    Received held = down(monitor);
    if (held != null) {
      inbox.remove(held);
    }
  }

  /** The message that tells of an end, where it was handed over; else null. */
  private Received down(Monitor monitor) {
    for (Received held : inbox.downs()) {
      try {
        if (((Down) held.value(this)).monitor().equals(monitor)) {
          return held;
        }
      } catch (Misfit e) {
        // Whoever receives it learns of it.
        continue;
      }
    }
    return null;
  }

  @Override
  public Optional<Asker> asker() {
    return received == null || received.ask == 0
        ? Optional.empty()
        : Optional.of(new Asker(turn, received.ask));
  }

  @Override
  public boolean isTold() {
    return received == null || received.ask == 0;
  }

  @Override
  public Asker defer() {
    return new Asker(turn, received == null ? 0 : received.ask);
  }

  @Override
  public void reply(Object value) {
    if (received != null && received.ask != 0) {
      new Asker(turn, received.ask).reply(value, takeReplyMetadata());
    }
  }

  @Override
  public Instant now() {
    return received == null ? super.now() : Instant.ofEpochMilli(received.nowMs);
  }

  @Override
  public Optional<String> sender() {
    return received == null || received.sender.isEmpty()
        ? Optional.empty()
        : Optional.of(received.sender);
  }

  @Override
  public Optional<ProcessRef<?>> senderProcess() {
    return received == null || !received.isFromProcess()
        ? Optional.empty()
        : Optional.ofNullable(ProcessRefs.parse(turn.host, received.sender));
  }

  @Override
  public Metadata metadata() {
    return received == null ? Metadata.empty() : received.metadata.withoutReserved();
  }
}
