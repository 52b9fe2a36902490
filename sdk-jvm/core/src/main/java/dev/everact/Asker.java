// Somebody who waits for the reply to a message that was received or put off.
package dev.everact;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Who asked: answered once, now or later, as long as the process lives; when it ends, who was not
 * answered gets {@link dev.everact.errors.NoProcessException}.
 *
 * <p>A process that receives its messages itself answers from any thread. With handlers it is kept
 * by {@link Context#defer}, and a later handler or hook of the same actor or process answers, on
 * the thread that runs it. It may be a field, and is written as a text; one of an engine that was
 * closed since then answers nobody.
 */
@JsonSerialize(using = Askers.Writer.class)
@JsonDeserialize(using = Askers.Reader.class)
public final class Asker {
  private final Host host;

  /** Whose message it was; null where it was read. */
  private final Turn turn;

  private final long ask;

  Asker(Turn turn, long ask) {
    this.host = turn.host;
    this.turn = turn;
    this.ask = ask;
  }

  /** One that was read. */
  Asker(Host host, long ask) {
    this.host = host;
    this.turn = null;
    this.ask = ask;
  }

  /** The number of what was asked, in digits. */
  String number() {
    return Long.toUnsignedString(ask);
  }

  /**
   * Answers. A second answer has no effect.
   *
   * @param value the reply; null for none
   */
  public void reply(Object value) {
    reply(value, Metadata.empty());
  }

  void reply(Object value, Metadata metadata) {
    if (ask == 0) {
      return;
    }
    Bytes reply = new Bytes(64);
    if (value != null) {
      encode(value, reply);
    }
    respond(0, reply.array, reply.length, metadata);
  }

  /** As the handler replies, where that is known. */
  private void encode(Object value, Bytes out) {
    HandlerEntry handler = turn == null ? null : turn.handler;
    if (handler == null || !handler.declared && !handler.reply.takes(value)) {
      host.encodeAny("a reply", value, out);
      return;
    }
    try {
      handler.reply.encode(value, out);
    } catch (Misfit e) {
      throw new InvalidArgumentException("reply of " + handler.name + ": " + e.getMessage());
    }
  }

  /**
   * Answers that it failed: an {@link ApplicationException} arrives as itself, anything else as
   * {@link dev.everact.errors.HandlerFailedException}.
   *
   * @param error what failed
   */
  public void fail(Throwable error) {
    Objects.requireNonNull(error, "error");
    if (ask == 0) {
      return;
    }
    int code = Pending.HANDLER_FAILED;
    String text = Thrown.described(error);
    if (error instanceof ApplicationException application) {
      try {
        text = ApplicationErrors.write(application, host.json);
        code = ApplicationErrors.CODE;
      } catch (Misfit e) {
        text = text + " (cannot be sent: " + e.getMessage() + ")";
      }
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    respond(code, bytes, bytes.length, Metadata.empty());
  }

  /** The message could not be read. */
  void misfit(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    respond(Pending.INVALID_PAYLOAD, bytes, bytes.length, Metadata.empty());
  }

  /** The turn that answers: that of the message while it runs, else the one of this thread. */
  private Turn by() {
    if (turn != null && turn.isRunning()) {
      return turn;
    }
    Turn here = Turn.here(host);
    if (here == null || turn != null && turn.activation != here.activation) {
      throw new InvalidArgumentException(
          "an answer that was put off is given by a later turn of the same actor or process");
    }
    return here;
  }

  private void respond(int code, byte[] bytes, int length, Metadata metadata) {
    Turn by = by();
    TurnContext within = by.context();
    host.lane.flush();
    host.exchange(
        out -> {
          int told = within.writeTold(out);
          int flags = metadata.isEmpty() ? 0 : Layout.RESPOND_FLAG_METADATA;
          int at = out.begin(Layout.RESPOND_TYPE, Layout.RESPOND_FIXED_BYTES, flags, ask);
          out.setI64(at + Layout.RESPOND_TURN_AT, by.id);
          out.setU16(at + Layout.RESPOND_CODE_AT, code);
          out.setI32(at + Layout.RESPOND_REPLY_BYTES_AT, length);
          out.write(bytes, 0, length);
          if (flags != 0) {
            metadata.write(out);
          }
          out.end(at);
          if (told > 0) {
            within.haveLeft(told);
          }
        });
  }

  /** As it is written: nobody reads one of another engine's life. */
  String written() {
    return host.life + "/" + Long.toUnsignedString(ask);
  }
}
