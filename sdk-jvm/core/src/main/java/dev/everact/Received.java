// A message in the hands of a process that receives its messages itself.
package dev.everact;

import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What was handed over; read when somebody looks into it. A link of its inbox' list. */
final class Received {
  /** How many of a page follow stands in the upper bits, the number of the message in the lower. */
  private static final int NUMBER_BITS = 48;

  final long number;
  final int follow;
  final int handler;
  final int flags;
  final long nowMs;

  /** The ask; 0 where nobody waits. */
  final long ask;

  final String sender;
  final Metadata metadata;
  private byte[] payload;
  private Object value;
  private String misfit;

  Received before;
  Received next;

  private Received(byte[] events, int at, byte[] payload, String sender, Metadata metadata) {
    long order = Bytes.i64(events, at + Layout.TURN_REVISION_AT);
    this.number = order & (1L << NUMBER_BITS) - 1;
    this.follow = (int) (order >>> NUMBER_BITS);
    this.handler = Bytes.u16(events, at + Layout.TURN_HANDLER_AT);
    this.flags = Bytes.u16(events, at + Layout.FLAGS_AT);
    this.nowMs = Bytes.i64(events, at + Layout.TURN_NOW_MS_AT);
    this.ask = Bytes.i64(events, at + Layout.TURN_ASK_AT);
    this.payload = payload;
    this.sender = sender;
    this.metadata = metadata;
  }

  static Received read(byte[] events, int at, Events reader) {
    int flags = Bytes.u16(events, at + Layout.FLAGS_AT);
    int payloadBytes = Bytes.i32(events, at + Layout.TURN_PAYLOAD_BYTES_AT);
    int senderBytes = Bytes.i32(events, at + Layout.TURN_SENDER_BYTES_AT);
    int payloadAt =
        at
            + Layout.TURN_FIXED_BYTES
            + Bytes.i32(events, at + Layout.TURN_KEY_BYTES_AT)
            + Bytes.i32(events, at + Layout.TURN_STATE_BYTES_AT);
    int senderAt = payloadAt + payloadBytes;
    byte[] payload =
        (flags & Layout.TURN_FLAG_BLOB) != 0
            ? reader.blob(events, payloadAt)
            : Arrays.copyOfRange(events, payloadAt, senderAt);
    String sender = new String(events, senderAt, senderBytes, StandardCharsets.UTF_8);
    Metadata metadata =
        (flags & Layout.TURN_FLAG_METADATA) != 0
            ? Metadata.read(events, senderAt + senderBytes)
            : Metadata.empty();
    return new Received(events, at, payload, sender, metadata);
  }

  /** The class of what it is, before it is read. */
  Class<?> type(KindTable kind) {
    return switch (handler) {
      case Layout.HANDLER_EXIT -> Exit.class;
      case Layout.HANDLER_DOWN -> Down.class;
      case Layout.HANDLER_GROUP -> GroupChange.class;
      case Layout.HANDLER_MANAGER -> HandlerGone.class;
      default -> kind.handlers[handler].received;
    };
  }

  /** Whether a process has sent it. */
  boolean isFromProcess() {
    return (flags & Layout.TURN_FLAG_SENDER_PROCESS) != 0;
  }

  /** Whether it is what the core tells. */
  boolean isNote() {
    return handler >= Layout.HANDLER_MANAGER;
  }

  /** Whether it tells of the end of somebody who was watched. */
  boolean isDown() {
    return handler == Layout.HANDLER_DOWN;
  }

  /** What it says. */
  Object value(TurnContext context) throws Misfit {
    byte[] unread = payload;
    if (unread != null) {
      payload = null;
      try {
        value = read(context, unread);
      } catch (Misfit e) {
        misfit = e.getMessage();
      }
    }
    if (misfit != null) {
      throw new Misfit(misfit);
    }
    return value;
  }

  private Object read(TurnContext context, byte[] from) throws Misfit {
    return switch (handler) {
      case Layout.HANDLER_EXIT -> Notes.exit(context, from);
      case Layout.HANDLER_DOWN -> Notes.down(context, from);
      case Layout.HANDLER_GROUP -> Notes.group(context, from);
      case Layout.HANDLER_MANAGER -> Notes.gone(context, from);
      default ->
          context.turn().activation.kind.handlers[handler].message.decode(from, 0, from.length);
    };
  }
}
