// One turn: what the core asked for, running it, and what came of it.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.util.Arrays;

/** A turn from its TURN record to its COMPLETE record. Run once, on one thread. */
final class Turn extends TurnRecord {
  /** The turn that this thread runs, where references of processes may want to know. */
  private static final ThreadLocal<Turn> HERE = new ThreadLocal<>();

  final long nowMs;
  final long seed;
  final long revision;
  final String sender;
  private final long deadlineNanos;

  /** The message, read; its bytes while it is not; or why it cannot be. */
  private Object message;

  private byte[] payload;

  /** What came beside it. */
  Metadata metadata = Metadata.empty();

  /** Where messages for it come, if it is the function of a process; else null. */
  final Inbox inbox;

  /** The next in a list of turns. */
  Turn next;

  private boolean interrupted;

  Turn(Host host, byte[] events, int at, Activation activation, String sender) {
    super(
        host,
        Bytes.i64(events, at + Layout.ID_AT),
        Bytes.i64(events, at + Layout.TURN_ASK_AT),
        Bytes.u16(events, at + Layout.FLAGS_AT),
        activation,
        hook(events, at));
    this.nowMs = Bytes.i64(events, at + Layout.TURN_NOW_MS_AT);
    this.seed = Bytes.i64(events, at + Layout.TURN_SEED_AT);
    this.revision = Bytes.i64(events, at + Layout.TURN_REVISION_AT);
    this.sender = sender;
    int number = Bytes.u16(events, at + Layout.TURN_HANDLER_AT);
    this.inbox = number == Layout.HANDLER_RUN ? new Inbox(host, id) : null;
    this.handler = hook != 0 ? null : activation.kind.handlers[number];
    int remaining = Bytes.i32(events, at + Layout.TURN_REMAINING_MS_AT);
    // Only a context shows it, and looking at the clock costs more than the rest of this.
    boolean shown = handler == null || handler.takesContext || activation.kind.behaviour != null;
    this.deadlineNanos =
        remaining == Layout.NO_DEADLINE || !shown
            ? Long.MAX_VALUE
            : System.nanoTime() + Integer.toUnsignedLong(remaining) * 1_000_000L;
  }

  /** The number of a hook or a system turn; 0 of a handler's turn. */
  private static int hook(byte[] events, int at) {
    int number = Bytes.u16(events, at + Layout.TURN_HANDLER_AT);
    return number >= Layout.HANDLER_REPLACE_STATE ? number : 0;
  }

  /** A turn whose record could not be read: nothing runs, the core gets the last resort. */
  Turn(Host host, long id, long ask) {
    super(host, id, ask, 0, null, 0);
    this.inbox = null;
    this.nowMs = 0;
    this.seed = 0;
    this.revision = 0;
    this.sender = "";
    this.deadlineNanos = Long.MAX_VALUE;
  }

  /** Takes the message over: reads it, or keeps its bytes where reading may run somebody's code. */
  void take(byte[] from, int at, int length) {
    if (handler == null) {
      payload = Arrays.copyOfRange(from, at, at + length);
    } else if (handler.message == null || handler.message.isPlain()) {
      try {
        message = decoded(from, at, length);
      } catch (Throwable e) {
        misfit = Misfit.reason(e);
      }
    } else {
      payload = Arrays.copyOfRange(from, at, at + length);
    }
  }

  private Object decoded(byte[] from, int at, int length) throws Misfit {
    if (handler.message != null) {
      return handler.message.decode(from, at, length);
    }
    if (length > 0) {
      throw new Misfit("none is taken");
    }
    return null;
  }

  /**
   * The pool that it runs in; null for ordinary threads, as of a turn that only looks at a state or
   * replaces it.
   */
  Pools.Pool pool() {
    return activation == null || isSystem() ? null : activation.kind.runsIn;
  }

  private boolean isNested() {
    return (flags & Layout.TURN_FLAG_NESTED) != 0;
  }

  /** Nanoseconds to the caller's deadline; {@code Long.MAX_VALUE} for none. */
  long remainingNanos() {
    return deadlineNanos == Long.MAX_VALUE ? Long.MAX_VALUE : deadlineNanos - System.nanoTime();
  }

  /**
   * Runs the handler on this thread and composes what the core gets: all code of the user's runs
   * here, and nothing that it throws comes out. What is composed without such code waits for {@link
   * #complete}, which knows where it goes. A record that cannot be composed is left out; {@link
   * #complete} has the last resort for it.
   */
  void run() {
    try {
      if (activation != null) {
        activation.running = Thread.currentThread();
        if (host.hasProcesses || host.putsOff) {
          runHere();
        } else {
          runPlainly();
        }
      }
    } catch (Throwable e) {
      // Out of memory or stack while the outcome was composed.
      record = null;
    }
    if (activation != null) {
      activation.running = null;
    }
    interrupted = Thread.interrupted();
  }

  private void runPlainly() {
    boolean ended = enter() && read() && invoke();
    plain = ended && isPlain();
    if (!plain) {
      Bytes out = Scratch.take();
      compose(out, ended);
      record = out;
    }
  }

  /** A turn may run within another one, of an actor that asks on its own thread. */
  private void runHere() {
    Turn outer = HERE.get();
    HERE.set(this);
    try {
      runPlainly();
    } finally {
      // Not removed where it is null: the next turn of this thread would make it anew.
      HERE.set(outer);
    }
  }

  /** The turn that this thread runs in an engine where answers are put off; null for none. */
  static Turn here(Host host) {
    Turn turn = HERE.get();
    return turn != null && turn.host == host ? turn : null;
  }

  /** Whether its handler runs, so that it may still answer. */
  boolean isRunning() {
    TurnContext running = context;
    return inbox != null || running != null && !running.hasEnded();
  }

  /** The context of the turn that this thread runs in an engine; null where it runs none. */
  static TurnContext contextHere(Host host) {
    Turn turn = host.hasProcesses ? HERE.get() : null;
    return turn != null && turn.host == host ? turn.context() : null;
  }

  synchronized TurnContext context() {
    if (context == null) {
      context = new TurnContext(this);
    }
    return context;
  }

  /** There is no thread for the function of a process. */
  void refuseThread(int most) {
    refuse(
        Pending.OVERLOADED,
        "receiverThreadsMax: " + most + " processes have a thread of their own already");
  }

  private boolean enter() {
    if (code != 0) {
      return false;
    }
    try {
      actor = inbox == null ? activation.enter() : null;
      return true;
    } catch (Misfit e) {
      String address = activation.kind.name + "/" + activation.key;
      return refuse(Pending.STATE_MISMATCH, address + ": " + e.getMessage());
    } catch (Throwable e) {
      return threw(e);
    }
  }

  private boolean read() {
    if (handler == null) {
      return true;
    }
    if (payload != null) {
      try {
        message = decoded(payload, 0, payload.length);
      } catch (Throwable e) {
        misfit = Misfit.reason(e);
      }
      payload = null;
    }
    return misfit == null
        || refuse(Pending.INVALID_PAYLOAD, "message of " + handler.name + ": " + misfit);
  }

  private boolean invoke() {
    try {
      boolean ran = call();
      return activation.kind.behaviour == null || isSystem() ? ran : behave(ran);
    } finally {
      if (context != null) {
        context.end();
      }
    }
  }

  /** What a behaviour does once its callback has come back. */
  private boolean behave(boolean ran) {
    Behaviour behaviour = activation.kind.behaviour;
    ExitReason ends = exit != null || ran ? exit : failure();
    try {
      if (ends == null && ran) {
        behaviour.returned(this, actor);
      } else if (ends != null && hook != Layout.HANDLER_ACTIVATED) {
        behaviour.terminate(this, actor, ends);
      }
      return ran;
    } catch (ProcessExit e) {
      return e.turn == this ? exits(e.reason) : threw(e);
    } catch (Throwable e) {
      exit = null;
      return threw(e);
    }
  }

  /** The reason with which the process ends for what was thrown; null where it lives on. */
  private ExitReason failure() {
    boolean refused = code == ApplicationErrors.CODE && ask != 0;
    if (activation.process() == 0 || code == Pending.NO_PROCESS || refused) {
      return null;
    }
    String stack = thrown == null ? "" : Thrown.stack(thrown).replace(Thrown.STACK_MARK, "");
    int mark = text.indexOf(Thrown.STACK_MARK);
    String name = thrown == null ? "UnknownHandler" : Thrown.type(thrown);
    return new ExitReason.Failed(name, mark < 0 ? text : text.substring(0, mark), stack);
  }

  private boolean call() {
    try {
      if (isNested() && activation.process() == 0) {
        before = activation.snapshot(actor);
      }
      if (isSystem()) {
        return hook == Layout.HANDLER_GET_STATE || replaceState();
      }
      if (handler == null) {
        hook();
        return true;
      }
      if (activation.kind.behaviour != null) {
        handler = activation.kind.behaviour.choose(handler, actor);
        context = context();
      } else if (handler.takesContext) {
        context = context();
      }
      reply = handler.invoke(actor, message, context);
      return true;
    } catch (ProcessExit e) {
      return e.turn == this ? exits(e.reason) : threw(e);
    } catch (ProcessEnded e) {
      // It has ended: nothing of this turn counts any more.
      return refuse(Pending.NO_PROCESS, e.getMessage());
    } catch (Unhandled e) {
      return refuse(Pending.UNKNOWN_HANDLER, e.getMessage());
    } catch (Throwable e) {
      return threw(e);
    }
  }

  /** The object gets another state, or keeps the one that it has. */
  private boolean replaceState() throws Throwable {
    try {
      if (activation.kind.behaviour instanceof MachineBehaviour machine) {
        machine.replaceState(this, payload);
      } else {
        activation.restore(payload);
      }
      return true;
    } catch (Misfit e) {
      String address = activation.kind.name + "/" + activation.key;
      return refuse(Pending.STATE_MISMATCH, address + ": " + e.getMessage());
    }
  }

  private void hook() throws Throwable {
    if (inbox != null) {
      function();
      return;
    }
    TurnContext shown = context();
    Behaviour behaviour = activation.kind.behaviour;
    if (behaviour != null && behaviour.hook(this, actor, payload)) {
      return;
    }
    Resident resident = (Resident) actor;
    switch (hook) {
      case Layout.HANDLER_ACTIVATED -> resident.activated(shown);
      case Layout.HANDLER_EXIT -> resident.onExit(Notes.exit(shown, payload), shown);
      case Layout.HANDLER_DOWN -> resident.onDown(Notes.down(shown, payload), shown);
      case Layout.HANDLER_GROUP -> resident.onGroup(Notes.group(shown, payload), shown);
      case Layout.HANDLER_MANAGER -> resident.onHandlerGone(Notes.gone(shown, payload), shown);
      default -> ((Actor) actor).passivating(shown);
    }
  }

  /** The function of a process, from its beginning to its end. */
  @SuppressWarnings("unchecked") // The argument was read by the codec of its type.
  private void function() throws Throwable {
    ProcessKind<Object, Object> kind = (ProcessKind<Object, Object>) activation.kind.receiving;
    ReceiverContext received = new ReceiverContext(this);
    context = received;
    byte[] given = activation.argument();
    Object argument = null;
    if (given != null && given.length > 0) {
      try {
        argument = host.json.codec(kind.argument()).decode(given, 0, given.length);
      } catch (Misfit e) {
        throw new InvalidArgumentException("argument of " + kind.name() + ": " + e.getMessage());
      }
    }
    inbox.begin();
    try {
      kind.body().run(received, argument);
    } finally {
      inbox.finish();
    }
  }

  /** The process ends itself. Whoever asked gets no reply. */
  private boolean exits(ExitReason reason) {
    exit = reason;
    reply = null;
    if (activation.kind.behaviour != null) {
      // The core tells who asked, with the reason.
      context().putOff();
      return true;
    }
    return ask == 0 || refuse(Pending.NO_PROCESS, "the process has ended: " + reason);
  }

  /** What a callback without a handler replies, as JSON. */
  void answer(Object value) {
    Bytes out = new Bytes(64);
    host.encodeAny("a reply", value, out);
    answer = out.copy(0, out.length);
  }

  /** The process ends with this turn, as its parent or whoever stops it wants. */
  void endsWith(ExitReason reason) {
    exit = reason;
  }

  /** The process that sent the message; null where none did. */
  ProcessRef<?> senderProcess() {
    return (flags & Layout.TURN_FLAG_SENDER_PROCESS) == 0 ? null : ProcessRefs.parse(host, sender);
  }

  /** Whether the turn left its thread interrupted: the thread's owner decides what that means. */
  boolean leftInterrupted() {
    return interrupted;
  }

  /** What the handler threw, for callers in this process. */
  Throwable thrown() {
    return thrown;
  }
}
