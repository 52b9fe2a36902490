// One turn: what the core asked for, running it, and what came of it.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A turn from its TURN record to its COMPLETE record. Run once, on one thread. */
final class Turn {
  /** What {@link #complete} needs at most where nothing else can be said. */
  static final int LAST_RESORT_BYTES = 256;

  /** The turn that this thread runs, where references of processes may want to know. */
  private static final ThreadLocal<Turn> HERE = new ThreadLocal<>();

  private static final byte[] LAST_WORD =
      "the turn ended, and there was no memory or stack left to say how"
          .getBytes(StandardCharsets.US_ASCII);

  final Host host;
  final long id;
  final long ask;
  final int flags;
  final Activation activation;

  /** Null in a hook. A state machine's may be another one once its state is known. */
  HandlerEntry handler;

  final int hook;
  final long nowMs;
  final long seed;
  final long revision;
  final String sender;
  private final long deadlineNanos;

  /** The message, read; its bytes while it is not; or why it cannot be. */
  private Object message;

  private byte[] payload;
  String misfit;

  /** What came beside it. */
  Metadata metadata = Metadata.empty();

  /** Where messages for it come, if it is the function of a process; else null. */
  final Inbox inbox;

  /** The next in a list of turns. */
  Turn next;

  /** What came of it. */
  Object reply;

  /** What a callback without a handler replies; null for nothing. */
  private byte[] answer;

  private Throwable thrown;
  private int code;
  private String text;
  private Object actor;
  private TurnContext context;
  private byte[] before;

  /** With what the process ends; null where it lives on. */
  private ExitReason exit;

  /**
   * The COMPLETE record from {@link #run} to {@link #complete}; null where it is {@link #plain}, or
   * where none could be made.
   */
  private Bytes record;

  /** Whether the handler has ended well and {@link #complete} composes the record in place. */
  private boolean plain;

  private int stateAt;
  private int stateBytes;
  private boolean changed;
  private boolean interrupted;

  /** Where the reply stands in the commands of the call that completes the turn. */
  int replyAt;

  int replyBytes;

  Turn(Host host, byte[] events, int at, Activation activation, String sender) {
    this.host = host;
    this.id = Bytes.i64(events, at + Layout.ID_AT);
    this.flags = Bytes.u16(events, at + Layout.FLAGS_AT);
    this.ask = Bytes.i64(events, at + Layout.TURN_ASK_AT);
    this.nowMs = Bytes.i64(events, at + Layout.TURN_NOW_MS_AT);
    this.seed = Bytes.i64(events, at + Layout.TURN_SEED_AT);
    this.revision = Bytes.i64(events, at + Layout.TURN_REVISION_AT);
    this.activation = activation;
    this.sender = sender;
    int number = Bytes.u16(events, at + Layout.TURN_HANDLER_AT);
    boolean hooked = number >= Layout.HANDLER_REPLACE_STATE;
    this.hook = hooked ? number : 0;
    this.inbox = number == Layout.HANDLER_RUN ? new Inbox(host, id) : null;
    this.handler = hooked ? null : activation.kind.handlers[number];
    int remaining = Bytes.i32(events, at + Layout.TURN_REMAINING_MS_AT);
    // Only a context shows it, and looking at the clock costs more than the rest of this.
    boolean shown =
        handler == null || handler.takesContext || activation.kind.behaviour != null;
    this.deadlineNanos =
        remaining == Layout.NO_DEADLINE || !shown
            ? Long.MAX_VALUE
            : System.nanoTime() + Integer.toUnsignedLong(remaining) * 1_000_000L;
  }

  /** A turn whose record could not be read: nothing runs, the core gets the last resort. */
  Turn(Host host, long id, long ask) {
    this.host = host;
    this.id = id;
    this.ask = ask;
    this.flags = 0;
    this.activation = null;
    this.handler = null;
    this.hook = 0;
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

  boolean isReadOnly() {
    return (flags & Layout.TURN_FLAG_READ_ONLY) != 0;
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
      if (outer == null) {
        HERE.remove();
      } else {
        HERE.set(outer);
      }
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

  /** Whether no code of the user's can run where the outcome is composed. */
  private boolean isPlain() {
    return context == null
        && handler != null
        && before == null
        && handler.reply.isQuick(reply)
        && (activation.process() != 0 || activation.kind.state.isQuick());
  }

  private void compose(Bytes out, boolean ended) {
    int at = out.begin(Layout.COMPLETE_TYPE, Layout.COMPLETE_FIXED_BYTES, 0, id);
    if (!ended || !succeed(out, at)) {
      out.length = at + Layout.COMPLETE_FIXED_BYTES;
      fail(out, at);
    }
    out.end(at);
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

  /** Whether it is about the state itself: no code of the kind's runs, and its failure ends none. */
  private boolean isSystem() {
    return hook == Layout.HANDLER_GET_STATE || hook == Layout.HANDLER_REPLACE_STATE;
  }

  /** The object gets another state, or keeps the one that it has. */
  private boolean replaceState() throws Throwable {
    try {
      activation.restore(payload);
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

  private boolean threw(Throwable e) {
    thrown = e;
    if (e instanceof ApplicationException error) {
      try {
        return refuse(ApplicationErrors.CODE, ApplicationErrors.write(error, host.json));
      } catch (Throwable fault) {
        return refuse(
            Pending.HANDLER_FAILED,
            Thrown.described(e) + " (cannot be sent: " + Misfit.reason(fault) + ")");
      }
    }
    String described = Thrown.described(e);
    return refuse(
        Pending.HANDLER_FAILED,
        activation.process() == 0 ? described : described.concat(Thrown.stack(e)));
  }

  private boolean refuse(int number, String why) {
    code = number;
    text = why;
    return false;
  }

  /** Writes reply, state and effects; what cannot be written fails the turn. */
  private boolean succeed(Bytes out, int at) {
    replyAt = out.length;
    try {
      if (hook == Layout.HANDLER_GET_STATE) {
        activation.encode(actor, out);
      } else if (answer != null) {
        out.write(answer);
      } else if (handler != null && exit == null && !isPutOff()) {
        handler.reply.encode(reply, out);
      }
    } catch (Misfit e) {
      return handler == null
          ? refuse(Pending.INVALID_STATE, e.getMessage())
          : refuse(Pending.HANDLER_FAILED, "reply of " + handler.name + ": " + e.getMessage());
    } catch (Throwable e) {
      if (handler == null) {
        return threw(e);
      }
      thrown = e;
      return refuse(Pending.HANDLER_FAILED, "reply of " + handler.name + ": " + Misfit.reason(e));
    }
    replyBytes = out.length - replyAt;
    try {
      if (isSystem() ? !writeReplaced(out, at) : !writeState(out, at)) {
        return false;
      }
    } catch (Misfit e) {
      return refuse(Pending.INVALID_STATE, e.getMessage());
    } catch (Throwable e) {
      return threw(e);
    }
    out.setI32(at + Layout.COMPLETE_REPLY_BYTES_AT, replyBytes);
    writeExit(out, at);
    if (isPutOff()) {
      out.setU16(
          at + Layout.FLAGS_AT,
          Bytes.u16(out.array, at + Layout.FLAGS_AT) | Layout.COMPLETE_FLAG_DEFER);
    }
    if (context != null) {
      context.writeMetadata(out, at);
      out.pad();
      context.write(out, at, exit != null);
    }
    return true;
  }

  /** With what the process ends, into the COMPLETE record that starts at {@code at}. */
  private void writeExit(Bytes out, int at) {
    if (exit != null) {
      byte[] detail = Commands.detail(exit);
      out.setU16(at + Layout.COMPLETE_EXIT_AT, Commands.number(exit));
      out.setU16(at + Layout.COMPLETE_EXIT_BYTES_AT, detail.length);
      out.write(detail);
    }
  }

  /** Whether a later turn answers whoever asked. */
  private boolean isPutOff() {
    return ask != 0 && context != null && context.isPutOff();
  }

  /** Writes the state that was put in place of another one, if that is what was asked for. */
  private boolean writeReplaced(Bytes out, int at) throws Misfit {
    if (hook == Layout.HANDLER_REPLACE_STATE) {
      stateAt = out.length;
      activation.encode(actor, out);
      stateBytes = out.length - stateAt;
      out.setU16(at + Layout.FLAGS_AT, Layout.COMPLETE_FLAG_DIRTY);
      out.setI32(at + Layout.COMPLETE_STATE_BYTES_AT, stateBytes);
      changed = activation.process() == 0;
    }
    return true;
  }

  private boolean writeState(Bytes out, int at) throws Misfit {
    if (activation.process() != 0) {
      return true;
    }
    if (!activation.holds(actor)) {
      // Another reader that failed had the object thrown away: nothing of it counts.
      return isReadOnly()
          ? readOnly(true)
          : refuse(
              Pending.HANDLER_FAILED,
              "a turn within this one failed, and its state could not be put back");
    }
    if (before == null && activation.isUntouched(actor)) {
      return !isReadOnly() || readOnly(true);
    }
    stateAt = out.length;
    activation.encode(actor, out);
    if (!isReadOnly() && before == null && activation.settle(actor)) {
      out.length = stateAt;
      activation.encode(actor, out);
    }
    stateBytes = out.length - stateAt;
    boolean same =
        before == null
            ? activation.isAccepted(out.array, stateAt, stateBytes)
            : Arrays.equals(out.array, stateAt, out.length, before, 0, before.length);
    if (isReadOnly()) {
      out.length = stateAt;
      return readOnly(same);
    }
    if (same) {
      out.length = stateAt;
    } else {
      out.setU16(at + Layout.FLAGS_AT, Layout.COMPLETE_FLAG_DIRTY);
      out.setI32(at + Layout.COMPLETE_STATE_BYTES_AT, stateBytes);
      changed = before == null;
    }
    return true;
  }

  /** Whether a read-only turn kept to it. */
  private boolean readOnly(boolean same) {
    boolean told = context != null && context.hasTold();
    return same && !told
        || refuse(
            Pending.READ_ONLY_VIOLATION,
            "read-only handler "
                + activation.kind.name
                + "."
                + handler.name
                + (same ? " told another actor" : " changed state"));
  }

  private void fail(Bytes out, int at) {
    // An error's text is for people: what has no bytes becomes a question mark.
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.setU16(at + Layout.COMPLETE_CODE_AT, code);
    out.setI32(at + Layout.COMPLETE_REPLY_BYTES_AT, bytes.length);
    replyAt = out.length;
    replyBytes = bytes.length;
    out.write(bytes);
    writeExit(out, at);
    if (misfit == null && activation.process() == 0 && !isSystem()) {
      putBack();
    }
  }

  /** The object gets back what it had before the turn. */
  private void putBack() {
    try {
      if (before == null) {
        activation.discard();
      } else {
        activation.restore(before);
      }
    } catch (Throwable e) {
      activation.forget();
    }
  }

  /**
   * Appends the COMPLETE record: the one way out of a turn, taken exactly once. No code of the
   * user's runs here, and nothing is thrown as long as {@code out} has room for {@link
   * #LAST_RESORT_BYTES} more bytes.
   */
  void complete(Bytes out) {
    int at = out.length;
    boolean made;
    try {
      if (context != null) {
        context.writeTold(out);
        at = out.length;
      }
      made = append(out, at);
    } catch (Throwable e) {
      made = false;
    }
    if (!made) {
      out.length = at;
      lastResort(out);
    }
    plain = false;
    record = null;
    if (activation != null) {
      activation.leave();
    }
    host.completing(this);
  }

  /** Appends the record that {@link #run} made or left to be made; false where there is none. */
  private boolean append(Bytes out, int at) {
    if (plain) {
      compose(out, true);
    } else if (record != null) {
      out.write(record.array, 0, record.length);
      replyAt += at;
      stateAt += at;
      Scratch.give(record);
    } else {
      return false;
    }
    if (changed) {
      activation.accept(actor, out.array, stateAt, stateBytes);
    }
    return true;
  }

  /** What the core gets when nothing better can be made: it touches no object of the user's. */
  private void lastResort(Bytes out) {
    if (activation != null) {
      activation.forget();
    }
    int at = out.begin(Layout.COMPLETE_TYPE, Layout.COMPLETE_FIXED_BYTES, 0, id);
    out.setU16(at + Layout.COMPLETE_CODE_AT, Pending.HANDLER_FAILED);
    out.setI32(at + Layout.COMPLETE_REPLY_BYTES_AT, LAST_WORD.length);
    replyAt = out.length;
    replyBytes = LAST_WORD.length;
    out.write(LAST_WORD, 0, LAST_WORD.length);
    out.end(at);
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
