// One engine on this side of the boundary: asks go out, events come in and find their turn, their
// caller or their activation.
package dev.everact;

import dev.everact.errors.Errors;
import dev.everact.errors.EveractException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.InvalidPayloadException;
import dev.everact.errors.UnknownKindException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Declaration;
import dev.everact.internal.Layout;
import dev.everact.internal.Port;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Submits asks, reads events, completes turns. Every method may be called from any thread. */
final class Host {
  private static final int CANCELLED_KEPT = 4096;

  /** The number of the kind that supervisors have. */
  private static final int SUPERVISOR_KIND = 0xffff;

  /** No kind's number. */
  static final int NO_KIND = -1;

  final long engine;
  final Json json;
  final PendingTable pending = new PendingTable();
  final HandlerThreads threads;
  private final Pools pools;
  final Lane lane;
  final Rescue rescue = new Rescue(this);
  private final Map<String, KindTable> byName = new HashMap<>();
  private final KindTable[] kinds;

  /** By the class, or by the {@link ProcessKind}. */
  private final Map<Object, KindTable> byType = new HashMap<>();

  /** Whether turns may meet references of processes, which belong to the turn that uses them. */
  final boolean hasProcesses;

  /** Whether a turn has put an answer off, so that later turns are to be found by their thread. */
  volatile boolean putsOff;

  /** What no other engine has: asks of another life are not taken for those of this one. */
  final String life = Long.toHexString(ThreadLocalRandom.current().nextLong());

  private final AtomicLong monitors = new AtomicLong();

  /** The functions that run, by their turns. */
  private final ConcurrentHashMap<Long, Inbox> inboxes = new ConcurrentHashMap<>();

  /** The application's error classes by type, as handlers say that they throw them. */
  final Map<String, Class<?>> errors = new HashMap<>();

  /** Those that generated code declares, by type. */
  final Map<String, Declaration.ErrorReader> generatedErrors = new HashMap<>();

  private final CancelledTurns cancelled = new CancelledTurns(CANCELLED_KEPT);
  private final Events events;
  private final CountDownLatch allClosed = new CountDownLatch(1);
  private volatile boolean closed;

  Host(long engine, KindTable[] kinds, Json json, ThreadBounds bounds, Pools pools) {
    this.engine = engine;
    this.json = json;
    this.kinds = kinds;
    json.host(this);
    boolean processes = false;
    for (KindTable kind : kinds) {
      byName.put(kind.name, kind);
      byType.put(kind.key(), kind);
      processes |= kind.isProcess();
      generatedErrors.putAll(kind.errors);
      for (HandlerEntry handler : kind.handlers) {
        ApplicationErrors.collect(handler.thrown, errors);
      }
    }
    this.hasProcesses = processes;
    this.threads = new HandlerThreads(this, bounds);
    this.pools = pools;
    this.lane = new Lane(this);
    this.events = new Events(this, kinds, cancelled);
  }

  KindTable kind(Class<?> type) {
    KindTable kind = byType.get(type);
    if (kind == null) {
      throw new UnknownKindException(
          "class " + type.getName() + " is not registered with this engine");
    }
    return kind;
  }

  /** A kind of actors by its name. */
  KindTable kind(String name) {
    KindTable kind = byName.get(name);
    if (kind == null) {
      throw new UnknownKindException("kind " + name + " is not registered with this engine");
    }
    if (kind.isProcess()) {
      throw new UnknownKindException("kind " + name + " is one of processes, which have no keys");
    }
    return kind;
  }

  /** A kind of processes that receive their messages themselves. */
  KindTable kind(ProcessKind<?, ?> kind) {
    KindTable found = byType.get(kind);
    if (found == null) {
      throw new UnknownKindException(
          "process " + kind.name() + " is not registered with this engine");
    }
    return found;
  }

  /** A kind of event managers. */
  KindTable kind(EventManager manager) {
    KindTable found = byType.get(manager);
    if (found == null) {
      throw new UnknownKindException(
          "event manager " + manager.name() + " is not registered with this engine");
    }
    return found;
  }

  /** A kind of processes by its name; null where it is none of ours. */
  KindTable processKind(String name) {
    KindTable kind = byName.get(name);
    return kind != null && kind.isProcess() ? kind : null;
  }

  /** A process, by the number of its kind. */
  ProcessRef<?> process(long kind, long number) {
    if (kind == SUPERVISOR_KIND) {
      return new SupervisorRef(this, number);
    }
    String name = kind >= 0 && kind < kinds.length ? kinds[(int) kind].name : ProcessRef.UNKNOWN;
    return new ProcessRef<>(this, name, number);
  }

  /** The name of a kind by its number. */
  KindTable kind(int index) {
    return kinds[index];
  }

  /** A number for a watch, used once. */
  long newMonitor() {
    return monitors.incrementAndGet();
  }

  /** The function of a process begins; what comes for it goes to its inbox. */
  void begins(Turn turn) {
    if (inboxes.putIfAbsent(turn.id, turn.inbox) == null) {
      if (cancelled.contains(turn.id)) {
        turn.inbox.end();
      }
      threads.receive(turn);
    }
  }

  /** How many objects and functions live on this side: for tests of what stays behind. */
  int activations() {
    return events.activations() + inboxes.size();
  }

  /** Where an activation's handler is; empty where none runs. */
  String stack(long activation) {
    return events.stack(activation);
  }

  /** The inbox of a process' function; null where it does not run. */
  Inbox inbox(long turn) {
    return inboxes.get(turn);
  }

  /**
   * Appends a message as its handler wants it; raw bytes are never touched.
   *
   * @param within whether a turn's context sends it: what cannot be written is then a wrong
   *     argument of that call
   */
  void encode(HandlerEntry handler, Object message, boolean within, Bytes out) {
    try {
      if (message instanceof byte[] raw) {
        out.write(raw);
      } else if (handler.declared || handler.message != null && handler.message.takes(message)) {
        handler.message.encode(message, out);
      } else {
        json.codecOf(message).encode(message, out);
      }
    } catch (EveractException e) {
      throw e;
    } catch (Throwable e) {
      String text = "message of " + handler.name + ": " + Misfit.reason(e);
      EveractException refused =
          within ? new InvalidArgumentException(text) : new InvalidPayloadException(text);
      refused.initCause(e);
      throw refused;
    }
  }

  /**
   * Appends an ASK record for an ask that is pending under {@code id}.
   *
   * @param outgoing whom, what, and how
   */
  void write(Bytes out, long id, Address<?> to, Outgoing outgoing, Pending waiting, int flags) {
    checkOpen();
    int start = out.length;
    TurnContext within = to.within();
    try {
      int told = within == null ? 0 : within.writeTold(out);
      int at = out.begin(Layout.ASK_TYPE, Layout.ASK_FIXED_BYTES, flags | to.flags(), id);
      out.setU16(at + Layout.ASK_KIND_AT, to.table().index);
      out.setU16(at + Layout.ASK_HANDLER_AT, outgoing.handler.index);
      to.write(out, at);
      waiting.messageAt = out.length;
      if (outgoing.hasMessage) {
        encode(outgoing.handler, outgoing.message, within != null, out);
      }
      waiting.messageBytes = out.length - waiting.messageAt;
      out.setI32(at + Layout.ASK_PAYLOAD_BYTES_AT, waiting.messageBytes);
      to.writeRest(out, at);
      out.end(at);
      if (told > 0) {
        within.haveLeft(told);
      }
    } catch (Throwable e) {
      out.length = start;
      throw e;
    }
  }

  /** Appends a message without a type of its own. */
  void encodeAny(String handler, Object message, Bytes out) {
    try {
      json.codecOf(message).encode(message, out);
    } catch (Misfit e) {
      throw new InvalidArgumentException("message of " + handler + ": " + e.getMessage());
    }
  }

  /** Tells from outside, without an answer. */
  void post(Address<?> to, Outgoing outgoing) {
    Composer composer = commands -> writeTold(commands, to, outgoing, 0);
    if (!lane.append(composer)) {
      exchange(composer);
    }
  }

  /**
   * Appends a message that nobody waits for.
   *
   * @param parent the turn that tells it, or 0
   */
  void writeTold(Bytes out, Address<?> to, Outgoing outgoing, long parent) {
    checkOpen();
    int start = out.length;
    try {
      // A turn's thread of the lane takes what it has told next, as far as there is room.
      int runs = parent == 0 ? 0 : Layout.ASK_FLAG_CALLER_RUNS;
      int flags = Layout.ASK_FLAG_TELL | Layout.ASK_FLAG_SILENT | runs | to.flags();
      int at = out.begin(Layout.ASK_TYPE, Layout.ASK_FIXED_BYTES, flags, 0);
      out.setU16(at + Layout.ASK_KIND_AT, to.table().index);
      out.setU16(at + Layout.ASK_HANDLER_AT, outgoing.handler.index);
      to.write(out, at);
      out.setI64(at + Layout.ASK_PARENT_AT, parent);
      int messageAt = out.length;
      if (outgoing.hasMessage) {
        encode(outgoing.handler, outgoing.message, true, out);
      }
      out.setI32(at + Layout.ASK_PAYLOAD_BYTES_AT, out.length - messageAt);
      to.writeRest(out, at);
      out.end(at);
    } catch (Throwable e) {
      out.length = start;
      throw e;
    }
  }

  /** Hands a command in, behind what its turn has told, and waits for its answer. */
  byte[] command(TurnContext within, Commands.Command command) {
    BlockingAsk ask = new BlockingAsk(this, null, Codec.RAW, null);
    submit(within, command, ask);
    return (byte[]) ask.await(this, ask.id);
  }

  /** Hands a command in whose answer goes to {@code waiting}. */
  void submit(TurnContext within, Commands.Command command, Pending waiting) {
    lane.flush();
    checkOpen();
    long id = pending.add(waiting);
    try {
      exchange(
          commands -> {
            int told = within == null ? 0 : within.writeTold(commands);
            command.write(commands, id);
            if (told > 0) {
              within.haveLeft(told);
            }
          });
    } catch (Throwable e) {
      pending.remove(id);
      throw e;
    }
  }

  /** Asks and waits; the turn runs on this thread where the actor is idle. */
  Object call(Address<?> to, Outgoing outgoing) {
    lane.flush();
    Port port = Port.take();
    BlockingAsk ask = new BlockingAsk(this, outgoing.handler, outgoing.reply, to.replyMetadata());
    long id = 0;
    Turn own;
    try {
      id = pending.add(ask);
      write(port.commands, id, to, outgoing, ask, Layout.ASK_FLAG_CALLER_RUNS);
      own = own(read(port, port.exchange(engine, 1, Layout.EXCHANGE_LEAD), threads), id);
    } catch (Throwable e) {
      if (port.unread > 0) {
        // Nothing is called here: there may be no stack left for it.
        synchronized (rescue) {
          port.next = rescue.ports;
          rescue.ports = port;
          rescue.any = true;
        }
      } else {
        leave(port, id);
      }
      throw e;
    }
    Port.give(port);
    return own == null ? ask.await(this, id) : runOwn(own, ask, id);
  }

  /** Runs the turn that came back to its caller; without memory the rescue ends it. */
  private Object runOwn(Turn own, BlockingAsk ask, long id) {
    Port port = null;
    try {
      own.run();
      lane.flush();
      port = Port.take();
      own.complete(port.commands);
      own(read(port, port.exchange(engine, 0, Layout.EXCHANGE_LEAD), threads), id);
    } catch (Throwable e) {
      if (e instanceof EveractException && port != null) {
        Port.give(port);
      } else {
        leave(port, own);
      }
      throw e;
    }
    Port.give(port);
    try {
      return ask.await(this, id);
    } finally {
      if (own.leftInterrupted()) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** A call that failed: what the core answered is not lost with it. */
  private void leave(Port port, long id) {
    if (port.unread > 0) {
      rescue.add(port);
      stir();
      return;
    }
    Port.give(port);
    if (id != 0) {
      pending.remove(id);
    }
  }

  /** A caller runs its own turn only: another one might stand, and the caller with it. */
  private Turn own(Turn first, long id) {
    Turn own = null;
    for (Turn turn = first; turn != null; ) {
      Turn next = turn.next;
      if (turn.ask == id && turn.pool() == null) {
        own = turn;
      } else {
        threads.run(turn);
      }
      turn = next;
    }
    return own;
  }

  /** Submits an ask whose outcome goes to {@code future}; its turn is left to the lane. */
  void submit(Address<?> to, Outgoing outgoing, AskFuture<?> future, int flags) {
    AskFuture.Ask ask = future.ask();
    long id = pending.add(ask);
    Composer composer = commands -> write(commands, id, to, outgoing, ask, flags);
    try {
      if (!lane.append(composer)) {
        exchange(composer);
      }
    } catch (EveractException e) {
      pending.remove(id);
      future.completeExceptionally(e);
    } catch (Throwable e) {
      pending.remove(id);
      throw e;
    }
  }

  /** The caller of an ask no longer waits. */
  void cancel(long id) {
    if (closed || pending.get(id) == null) {
      return;
    }
    lane.flush();
    try {
      exchange(
          commands ->
              commands.end(commands.begin(Layout.CANCEL_TYPE, Layout.CANCEL_FIXED_BYTES, 0, id)));
    } catch (EveractException e) {
      Log.get()
          .log(
              System.Logger.Level.DEBUG,
              "a cancellation came after its engine: {0}",
              e.getMessage());
    }
  }

  /**
   * Completes a turn away from the lane, on the thread that ran it, and passes on what the core
   * hands out next.
   */
  void completeElsewhere(Turn turn) {
    Turn left = turn;
    Port port = null;
    try {
      port = Port.take();
      turn.complete(port.commands);
      // The actor's next turn waits in the core with all others that are ready: the queues of
      // virtual
      // threads are not fair, and an actor that never runs dry must not keep this thread.
      left = read(port, port.exchange(engine, 0, 0), threads);
      Port.give(port);
      port = null;
      runAll(left);
    } catch (EveractException e) {
      Port.give(port);
      Log.get()
          .log(System.Logger.Level.DEBUG, "a turn ended after its engine: {0}", e.getMessage());
    } catch (Throwable e) {
      leave(port, left);
    }
  }

  /** What a thread without stack or memory leaves: events to read, else a turn to complete. */
  private void leave(Port port, Turn turn) {
    if (port != null && port.unread > 0) {
      rescue.add(port);
    } else {
      rescue.add(turn);
    }
    stir();
  }

  /** The watch looks soon, or else within its second. */
  private void stir() {
    try {
      lane.stir();
    } catch (StackOverflowError | OutOfMemoryError e) {
      return;
    }
  }

  /** Runs turns on threads that may stand. */
  void runAll(Turn first) {
    for (Turn turn = first; turn != null; ) {
      Turn next = turn.next;
      threads.run(turn);
      turn = next;
    }
  }

  /** Something that writes commands. */
  interface Composer {
    void write(Bytes commands);
  }

  /** Hands commands in at once; what else comes of them goes where it belongs. */
  void exchange(Composer composer) {
    Port port = Port.take();
    try {
      composer.write(port.commands);
      runAll(read(port, port.exchange(engine, 0, 0), threads));
    } catch (Throwable e) {
      leave(port, 0);
      throw e;
    }
    Port.give(port);
  }

  /** What else than turns the events bring. */
  interface Arrivals {
    /** A future has its outcome: the code that waits for it is to be run. */
    void settled(AskFuture.Ask ask);
  }

  /** Reads the events of a call; the turns among them come back as a list. */
  Turn read(Port port, int bytes, Arrivals arrivals) {
    return events.read(port, bytes, arrivals);
  }

  /**
   * The turn's outcome is about to go in: a caller in this process finds there what it threw and
   * what it replied.
   */
  void completing(Turn turn) {
    if (turn.ask != 0) {
      Pending waiting = pending.get(turn.ask);
      if (waiting != null) {
        waiting.answered = turn;
      }
    }
    cancelled.remove(turn.id);
    if (turn.inbox != null) {
      inboxes.remove(turn.id);
    }
  }

  boolean isCancelled(long turn) {
    return closed || cancelled.contains(turn);
  }

  void checkOpen() {
    if (closed) {
      throw Errors.fromCode(Pending.CLOSED, "the engine is closed");
    }
  }

  /** Nothing will be answered any more; who still waits learns it. */
  void closed() {
    closed = true;
    lane.stop();
    for (Pending waiting : pending.clear()) {
      waiting.fail(Pending.CLOSED, "the engine closed before the reply came");
      if (waiting instanceof AskFuture.Ask ask) {
        threads.settled(ask);
      }
    }
    inboxes.values().forEach(Inbox::end);
    threads.stop();
    pools.stop();
    allClosed.countDown();
  }

  /** Waits until the core has said that it is closed. */
  boolean awaitClosed(long ms) throws InterruptedException {
    lane.standing();
    return allClosed.await(ms, TimeUnit.MILLISECONDS);
  }
}
