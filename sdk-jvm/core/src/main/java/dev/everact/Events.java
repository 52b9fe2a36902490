// From the records of a call to turns, replies and the end of activations.
package dev.everact;

import dev.everact.errors.Errors;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import dev.everact.internal.Port;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads events; runs nobody's code. */
final class Events {
  private static final String UNREAD = "there was no memory or stack left to read the reply";

  private final Host host;
  private final KindTable[] kinds;
  private final CancelledTurns cancelled;
  private final ActivationTable activations = new ActivationTable();

  Events(Host host, KindTable[] kinds, CancelledTurns cancelled) {
    this.host = host;
    this.kinds = kinds;
    this.cancelled = cancelled;
  }

  /** Reads the events of a call; the turns among them come back as a list. */
  Turn read(Port port, int bytes, Host.Arrivals arrivals) {
    byte[] events = port.events;
    Turn first = null;
    Turn last = null;
    int at = 0;
    while (at < bytes) {
      if (Bytes.u16(events, at + Layout.TYPE_AT) == Layout.TURN_TYPE) {
        Turn turn = isReceived(events, at) ? received(events, at) : turnOf(port, events, at);
        if (turn != null && turn.inbox != null) {
          host.begins(turn);
        } else if (turn != null) {
          if (first == null) {
            first = turn;
          } else {
            last.next = turn;
          }
          last = turn;
        }
      } else {
        other(port, events, at, arrivals);
      }
      at += Bytes.i32(events, at + Layout.BYTES_AT);
    }
    port.unread = 0;
    return first;
  }

  /** A record that cannot be read takes none of those behind it along: its turn ends at once. */
  private Turn turnOf(Port port, byte[] events, int at) {
    try {
      return turn(port, events, at);
    } catch (RuntimeException e) {
      Log.get().log(System.Logger.Level.ERROR, "a turn cannot be read: " + Thrown.described(e));
      long id = Bytes.i64(events, at + Layout.ID_AT);
      return new Turn(host, id, Bytes.i64(events, at + Layout.TURN_ASK_AT));
    }
  }

  int activations() {
    return activations.count();
  }

  String stack(long activation) {
    return HandlerStack.of(activations.get(activation));
  }

  private static boolean isReceived(byte[] events, int at) {
    return (Bytes.u16(events, at + Layout.FLAGS_AT) & Layout.TURN_FLAG_RECEIVED) != 0;
  }

  /** A message for the function of a process; no turn. */
  private Turn received(byte[] events, int at) {
    Inbox inbox = host.inbox(Bytes.i64(events, at + Layout.ID_AT));
    if (inbox != null) {
      inbox.arrives(Received.read(events, at, this));
    }
    return null;
  }

  private void other(Port port, byte[] events, int at, Host.Arrivals arrivals) {
    switch (Bytes.u16(events, at + Layout.TYPE_AT)) {
      case Layout.REPLY_TYPE -> reply(port, events, at, arrivals);
      case Layout.FORGET_TYPE -> activations.remove(Bytes.i64(events, at + Layout.ID_AT));
      case Layout.CANCEL_TURN_TYPE -> cancel(Bytes.i64(events, at + Layout.ID_AT));
      case Layout.RECEIVE_TIMED_OUT_TYPE -> {
        Inbox inbox = host.inbox(Bytes.i64(events, at + Layout.ID_AT));
        if (inbox != null) {
          inbox.timesOut();
        }
      }
      case Layout.CLOSED_TYPE -> host.closed();
      case Layout.NOTICE_TYPE -> notice(events, at);
      default -> failure(events, at, arrivals);
    }
  }

  /** A function that is just about to begin finds that it has ended already. */
  private void cancel(long turn) {
    cancelled.add(turn);
    Inbox inbox = host.inbox(turn);
    if (inbox != null) {
      inbox.end();
    }
  }

  private Turn turn(Port port, byte[] events, int at) {
    int flags = Bytes.u16(events, at + Layout.FLAGS_AT);
    int keyBytes = Bytes.i32(events, at + Layout.TURN_KEY_BYTES_AT);
    int stateBytes = Bytes.i32(events, at + Layout.TURN_STATE_BYTES_AT);
    int payloadBytes = Bytes.i32(events, at + Layout.TURN_PAYLOAD_BYTES_AT);
    int senderBytes = Bytes.i32(events, at + Layout.TURN_SENDER_BYTES_AT);
    int keyAt = at + Layout.TURN_FIXED_BYTES;
    int stateAt = keyAt + keyBytes;
    int payloadAt = stateAt + stateBytes;
    long id = Bytes.i64(events, at + Layout.TURN_ACTIVATION_AT);
    Activation activation;
    if ((flags & Layout.TURN_FLAG_FIRST) != 0) {
      byte[] stored = null;
      if ((flags & Layout.TURN_FLAG_STATE_BLOB) != 0) {
        stored = blob(events, stateAt);
      } else if ((flags & Layout.TURN_FLAG_STATE) != 0) {
        stored = Arrays.copyOfRange(events, stateAt, payloadAt);
      }
      KindTable kind = kinds[Bytes.u16(events, at + Layout.TURN_KIND_AT)];
      if ((flags & Layout.TURN_FLAG_PROCESS) != 0) {
        activation = new ProcessActivation(id, kind, Bytes.i64(events, keyAt), stored);
      } else {
        activation = new Activation(id, kind, text(events, keyAt, keyBytes), stored);
      }
      activations.put(activation);
    } else {
      activation = activations.get(id);
      if (activation == null) {
        // It has ended while this turn was on its way: the core waits for no answer.
        return new Turn(
            host, Bytes.i64(events, at + Layout.ID_AT), Bytes.i64(events, at + Layout.TURN_ASK_AT));
      }
    }
    String sender = senderBytes == 0 ? "" : text(events, payloadAt + payloadBytes, senderBytes);
    Turn turn = new Turn(host, events, at, activation, sender);
    if ((flags & Layout.TURN_FLAG_METADATA) != 0) {
      turn.metadata = Metadata.read(events, payloadAt + payloadBytes + senderBytes);
    }
    if (turn.handler != null || payloadBytes > 0) {
      if ((flags & Layout.TURN_FLAG_OWN) != 0) {
        Pending own = host.pending.get(turn.ask);
        if (own == null) {
          turn.misfit = "the engine closed and its caller is gone";
        } else {
          turn.take(port.commands.array, own.messageAt, own.messageBytes);
        }
      } else if ((flags & Layout.TURN_FLAG_BLOB) != 0) {
        byte[] blob = blob(events, payloadAt);
        turn.take(blob, 0, blob.length);
      } else {
        turn.take(events, payloadAt, payloadBytes);
      }
    }
    return turn;
  }

  /** Moves a payload of a large message out of the core. */
  byte[] blob(byte[] events, int at) {
    return Port.blob(host.engine, Bytes.i64(events, at), Bytes.i64(events, at + 8));
  }

  private static String text(byte[] events, int at, int bytes) {
    return new String(events, at, bytes, StandardCharsets.UTF_8);
  }

  private void reply(Port port, byte[] events, int at, Host.Arrivals arrivals) {
    Pending waiting = host.pending.remove(Bytes.i64(events, at + Layout.ID_AT));
    if (waiting == null) {
      return;
    }
    try {
      outcome(port, events, at, waiting);
    } catch (RuntimeException e) {
      waiting.fail(Pending.INTERNAL, "the reply cannot be read: " + Thrown.described(e));
    } catch (StackOverflowError | OutOfMemoryError e) {
      // The ask is no longer in the table, so the rescue could not find it.
      waiting.fail(Pending.INTERNAL, UNREAD);
    }
    if (waiting instanceof AskFuture.Ask ask) {
      arrivals.settled(ask);
    }
  }

  private void outcome(Port port, byte[] events, int at, Pending waiting) {
    int flags = Bytes.u16(events, at + Layout.FLAGS_AT);
    int payloadBytes = Bytes.i32(events, at + Layout.REPLY_PAYLOAD_BYTES_AT);
    int payloadAt = at + Layout.REPLY_FIXED_BYTES;
    if ((flags & Layout.REPLY_FLAG_METADATA) != 0) {
      waiting.metadata(events, payloadAt + payloadBytes);
    }
    if ((flags & Layout.REPLY_FLAG_FAILED) != 0) {
      int code = Bytes.u16(events, at + Layout.REPLY_CODE_AT);
      waiting.fail(code, text(events, payloadAt, payloadBytes));
    } else if ((flags & Layout.REPLY_FLAG_OWN) != 0) {
      Turn answered = waiting.answered;
      HandlerEntry handler = answered.handler;
      if (handler != null && handler.reply == waiting.codec && waiting.codec.isImmutable()) {
        waiting.reply(answered.reply);
      } else {
        waiting.reply(port.commands.array, answered.replyAt, answered.replyBytes);
      }
    } else if ((flags & Layout.REPLY_FLAG_BLOB) != 0) {
      byte[] blob = blob(events, payloadAt);
      waiting.reply(blob, 0, blob.length);
    } else {
      waiting.reply(events, payloadAt, payloadBytes);
    }
  }

  private void notice(byte[] events, int at) {
    int textBytes = Bytes.i32(events, at + Layout.NOTICE_TEXT_BYTES_AT);
    String text = text(events, at + Layout.NOTICE_FIXED_BYTES, textBytes);
    int code = Bytes.u16(events, at + Layout.NOTICE_CODE_AT);
    if (code == 0) {
      LogLine.log(Bytes.u16(events, at + Layout.NOTICE_LEVEL_AT), text);
    } else {
      boolean slow = code == Layout.NOTICE_SLOW_TURN;
      String said = slow ? SlowTurns.withStack(text, activations) : text;
      Log.get().log(System.Logger.Level.WARNING, noticeName(code) + ": " + said);
    }
  }

  /** The name of the error that a notice is about; a slow turn is none. */
  private static String noticeName(int code) {
    return code == Layout.NOTICE_SLOW_TURN ? "SlowTurn" : Errors.fromCode(code, "").errorName();
  }

  /** A command that the core could not read: our fault, said to whoever waits for it. */
  private void failure(byte[] events, int at, Host.Arrivals arrivals) {
    int textBytes = Bytes.i32(events, at + Layout.FAILURE_TEXT_BYTES_AT);
    int code = Bytes.u16(events, at + Layout.FAILURE_CODE_AT);
    String text = text(events, at + Layout.FAILURE_FIXED_BYTES, textBytes);
    Pending waiting = host.pending.remove(Bytes.i64(events, at + Layout.ID_AT));
    if (waiting == null) {
      Log.get().log(System.Logger.Level.ERROR, "a command was refused: {0}", text);
      return;
    }
    waiting.fail(code, text);
    if (waiting instanceof AskFuture.Ask ask) {
      arrivals.settled(ask);
    }
  }
}
