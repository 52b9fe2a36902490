// An open ask: what becomes of its reply.
package dev.everact;

import dev.everact.errors.Errors;
import dev.everact.errors.EveractException;
import java.util.Arrays;
import java.util.function.Consumer;

/** Somebody who waits. Gets one outcome at most, on whatever thread brings it. */
abstract class Pending {
  /** The row UnknownHandler of the error table. */
  static final int UNKNOWN_HANDLER = 2;

  /** The row InvalidPayload. */
  static final int INVALID_PAYLOAD = 3;

  /** The row Closed. */
  static final int CLOSED = 8;

  /** The row Overloaded. */
  static final int OVERLOADED = 31;

  /** The row NoProcess. */
  static final int NO_PROCESS = 53;

  /** The row ReadOnlyViolation. */
  static final int READ_ONLY_VIOLATION = 11;

  /** The row HandlerFailed. */
  static final int HANDLER_FAILED = 20;

  /** The row InvalidState. */
  static final int INVALID_STATE = 21;

  /** The row StateMismatch. */
  static final int STATE_MISMATCH = 52;

  /** The row Internal. */
  static final int INTERNAL = 90;

  private final Host host;
  private final HandlerEntry handler;

  /** The number that crosses the boundary; 0 before the ask is in the table. */
  long id;

  /** How the reply is read. */
  final Codec codec;

  /** Where the message stands in the commands that ask. */
  int messageAt;

  int messageBytes;

  /** The turn that answered, where it ran in this process. */
  Turn answered;

  /** Who wants the reply's metadata; null for nobody. */
  private final Consumer<Metadata> metadataTo;

  private Metadata metadata = Metadata.empty();
  private Object value;
  private int code;
  private String text;

  /** The reply's bytes, where reading them may run somebody's code: whoever waits reads them. */
  private byte[] unread;

  Pending(Host host, HandlerEntry handler, Codec codec, Consumer<Metadata> metadataTo) {
    this.host = host;
    this.handler = handler;
    this.codec = codec;
    this.metadataTo = metadataTo;
  }

  /** What comes beside the reply, before it. */
  final void metadata(byte[] from, int at) {
    if (metadataTo != null) {
      metadata = Metadata.read(from, at);
    }
  }

  /** Hands the reply's metadata to who wants it; runs somebody's code. */
  final void deliverMetadata() {
    if (metadataTo != null) {
      metadataTo.accept(metadata);
    }
  }

  /** The outcome is there; nobody's code is run here. */
  abstract void arrived();

  final void reply(Object reply) {
    value = reply;
    arrived();
  }

  final void reply(byte[] from, int at, int length) {
    if (codec.isPlain()) {
      read(from, at, length);
    } else {
      unread = Arrays.copyOfRange(from, at, at + length);
    }
    arrived();
  }

  private void read(byte[] from, int at, int length) {
    try {
      boolean empty = length == 0 && !codec.readsEmpty();
      value = empty ? null : codec.decode(from, at, length);
    } catch (Throwable e) {
      code = INVALID_PAYLOAD;
      text = "reply of " + (handler == null ? "a command" : handler.name) + ": " + Misfit.reason(e);
    }
  }

  final void fail(int number, String reason) {
    code = number;
    text = reason;
    arrived();
  }

  /** Why there is no reply; null where there is one. Asked before {@link #value}. */
  final EveractException failure() {
    byte[] bytes = unread;
    if (bytes != null) {
      unread = null;
      read(bytes, 0, bytes.length);
    }
    if (code == 0) {
      return null;
    }
    Throwable thrown = answered == null ? null : answered.thrown();
    boolean application = code == ApplicationErrors.CODE;
    EveractException failure =
        application ? ApplicationErrors.read(text, host, thrown) : Errors.fromCode(code, text);
    if (thrown != null && (code == HANDLER_FAILED || application)) {
      failure.initCause(thrown);
    }
    return failure;
  }

  /** The reply. */
  final Object value() {
    return value;
  }
}
