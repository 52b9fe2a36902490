// One turn: what the core asked for, running it, and what came of it.
package dev.everact;

import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A turn from its TURN record to its COMPLETE record. Run once, on one thread. */
final class Turn {
  final Host host;
  final long id;
  final long ask;
  final int flags;
  final Activation activation;

  /** Null in a hook. */
  final HandlerEntry handler;

  final int hook;
  final long nowMs;
  final long seed;
  final long revision;
  final String sender;
  private final long deadlineNanos;

  /** The message, read; or why it cannot be. */
  Object message;

  Misfit misfit;

  /** What came beside it. */
  Metadata metadata = Metadata.empty();

  /** The next in a list of turns. */
  Turn next;

  /** What came of it. */
  Object reply;

  private Throwable thrown;
  private TurnContext context;
  private byte[] before;

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
    boolean hooked = number == Layout.HANDLER_ACTIVATED || number == Layout.HANDLER_PASSIVATING;
    this.hook = hooked ? number : 0;
    this.handler = hooked ? null : activation.kind.handlers[number];
    int remaining = Bytes.i32(events, at + Layout.TURN_REMAINING_MS_AT);
    // Only a context shows it, and looking at the clock costs more than the rest of this.
    boolean shown = handler == null || handler.takesContext;
    this.deadlineNanos =
        remaining == Layout.NO_DEADLINE || !shown
            ? Long.MAX_VALUE
            : System.nanoTime() + Integer.toUnsignedLong(remaining) * 1_000_000L;
  }

  /** Reads the message; what does not fit fails the turn before it begins. */
  void readMessage(byte[] from, int at, int length) {
    try {
      if (handler.message != null) {
        message = handler.message.decode(from, at, length);
      } else if (length > 0) {
        misfit = new Misfit("none is taken");
      }
    } catch (Misfit e) {
      misfit = e;
    } catch (RuntimeException e) {
      misfit = new Misfit("it does not fit: " + e.getClass().getSimpleName());
    }
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

  /** Runs the handler on this thread; nothing that it throws comes out. */
  void run() {
    try {
      Object actor = activation.enter();
      if (misfit == null) {
        invoke(actor);
      }
    } catch (Throwable e) {
      thrown = e;
    } finally {
      activation.leave();
    }
  }

  private void invoke(Object actor) throws Throwable {
    if (isNested()) {
      before = activation.snapshot(actor);
    }
    if (handler == null) {
      context = new TurnContext(this);
      if (hook == Layout.HANDLER_ACTIVATED) {
        ((Actor) actor).activated(context);
      } else {
        ((Actor) actor).passivating(context);
      }
      return;
    }
    if (handler.takesContext) {
      context = new TurnContext(this);
    }
    reply = handler.invoke(actor, message, context);
  }

  /** Appends the COMPLETE record. */
  void complete(Bytes out) {
    int at = out.begin(Layout.COMPLETE_TYPE, Layout.COMPLETE_FIXED_BYTES, 0, id);
    if (context != null) {
      context.end();
    }
    Outcome failed = failure();
    if (failed == null) {
      failed = succeed(out, at);
    }
    if (failed != null) {
      out.length = at + Layout.COMPLETE_FIXED_BYTES;
      fail(out, at, failed);
    }
    out.end(at);
    host.completing(this);
  }

  /** A failure on its way out. */
  private record Outcome(int code, String text) {}

  private Outcome failure() {
    if (misfit != null) {
      return new Outcome(
          Pending.INVALID_PAYLOAD, "message of " + handler.name + ": " + misfit.getMessage());
    }
    if (thrown instanceof Misfit state) {
      return new Outcome(
          Pending.CORRUPTED,
          activation.kind.name + "/" + activation.key + ": " + state.getMessage());
    }
    return thrown == null ? null : new Outcome(Pending.HANDLER_FAILED, KindTable.described(thrown));
  }

  /** Writes reply, state and effects; what cannot be written fails the turn. */
  private Outcome succeed(Bytes out, int at) {
    replyAt = out.length;
    try {
      if (handler != null) {
        handler.reply.encode(reply, out);
      }
      replyBytes = out.length - replyAt;
      Outcome failed = writeState(out, at);
      if (failed != null) {
        return failed;
      }
    } catch (Misfit | RuntimeException | StackOverflowError e) {
      thrown = e;
      return new Outcome(Pending.HANDLER_FAILED, KindTable.described(e));
    }
    out.setI32(at + Layout.COMPLETE_REPLY_BYTES_AT, replyBytes);
    if (context != null) {
      context.writeMetadata(out, at);
      out.pad();
      context.write(out, at);
    }
    return null;
  }

  private Outcome writeState(Bytes out, int at) throws Misfit {
    int stateAt = out.length;
    Object actor;
    try {
      actor = activation.enter();
    } catch (Throwable e) {
      throw new IllegalStateException("unreachable: the object was there when the turn ran", e);
    }
    if (before == null && activation.isUntouched(actor)) {
      return isReadOnly() ? readOnly(true) : null;
    }
    activation.kind.state.encode(actor, out);
    int stateBytes = out.length - stateAt;
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
      if (before == null) {
        activation.accept(actor, out.array, stateAt, stateBytes);
        activation.leave();
      }
    }
    return null;
  }

  /** What is wrong with a read-only turn that ended; null where nothing is. */
  private Outcome readOnly(boolean same) {
    boolean told = context != null && context.hasTold();
    return same && !told
        ? null
        : new Outcome(
            Pending.READ_ONLY_VIOLATION,
            "read-only handler "
                + activation.kind.name
                + "."
                + handler.name
                + (same ? " told another actor" : " changed state"));
  }

  private void fail(Bytes out, int at, Outcome failed) {
    byte[] text = failed.text.getBytes(StandardCharsets.UTF_8);
    out.setU16(at + Layout.COMPLETE_CODE_AT, failed.code);
    out.setI32(at + Layout.COMPLETE_REPLY_BYTES_AT, text.length);
    replyAt = out.length;
    replyBytes = text.length;
    out.write(text);
    if (misfit != null) {
      return;
    }
    if (before == null) {
      activation.discard();
    } else {
      restore();
    }
    activation.leave();
  }

  private void restore() {
    try {
      activation.restore(before);
    } catch (Throwable e) {
      activation.discard();
    }
  }

  /** What the handler threw, for callers in this process. */
  Throwable thrown() {
    return thrown;
  }
}
