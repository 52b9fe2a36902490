// What came of a turn: the record that completes it.
package dev.everact;

import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The writing half of a {@link Turn}: reply, state, effects, or why it failed. */
abstract sealed class TurnRecord permits Turn {
  /** What {@link #complete} needs at most where nothing else can be said. */
  static final int LAST_RESORT_BYTES = 256;

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

  /** Why the message cannot be read; null where it can. */
  String misfit;

  /** What came of it. */
  Object reply;

  /** What a callback without a handler replies; null for nothing. */
  byte[] answer;

  Throwable thrown;
  int code;
  String text;
  Object actor;
  TurnContext context;
  byte[] before;

  /** With what the process ends; null where it lives on. */
  ExitReason exit;

  /**
   * The COMPLETE record from {@link Turn#run} to {@link #complete}; null where it is {@link
   * #plain}, or where none could be made.
   */
  Bytes record;

  /** Whether the handler has ended well and {@link #complete} composes the record in place. */
  boolean plain;

  int stateAt;
  int stateBytes;
  boolean changed;

  /** Where the reply stands in the commands of the call that completes the turn. */
  int replyAt;

  int replyBytes;

  /** The turn as the core names it; {@code activation} is null where it could not be read. */
  TurnRecord(Host host, long id, long ask, int flags, Activation activation, int hook) {
    this.host = host;
    this.id = id;
    this.ask = ask;
    this.flags = flags;
    this.activation = activation;
    this.hook = hook;
  }

  final boolean isReadOnly() {
    return (flags & Layout.TURN_FLAG_READ_ONLY) != 0;
  }

  /** Whether no code of the user's can run where the outcome is composed. */
  final boolean isPlain() {
    return context == null
        && handler != null
        && before == null
        && handler.reply.isQuick(reply)
        && (activation.process() != 0 || activation.kind.state.isQuick());
  }

  final void compose(Bytes out, boolean ended) {
    int at = out.begin(Layout.COMPLETE_TYPE, Layout.COMPLETE_FIXED_BYTES, 0, id);
    if (!ended || !succeed(out, at)) {
      out.length = at + Layout.COMPLETE_FIXED_BYTES;
      fail(out, at);
    }
    out.end(at);
  }

  /**
   * Whether it is about the state itself: no code of the kind's runs, and its failure ends none.
   */
  final boolean isSystem() {
    return hook == Layout.HANDLER_GET_STATE || hook == Layout.HANDLER_REPLACE_STATE;
  }

  final boolean threw(Throwable e) {
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

  final boolean refuse(int number, String why) {
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
  final void complete(Bytes out) {
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
    host.completing((Turn) this);
  }

  /**
   * Appends the record that {@link Turn#run} made or left to be made; false where there is none.
   */
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
}
