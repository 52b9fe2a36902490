// Somebody who waits for the reply to a message that a process has received.
package dev.everact;

import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Who asked: answered once, now or later, as long as the process lives; when it ends, who was not
 * answered gets {@link dev.everact.errors.NoProcessException}. For any thread.
 */
public final class Asker {
  private final Turn turn;
  private final long ask;

  Asker(Turn turn, long ask) {
    this.turn = turn;
    this.ask = ask;
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
    Bytes reply = new Bytes(64);
    if (value != null) {
      turn.host.encodeAny("a reply", value, reply);
    }
    respond(0, reply.array, reply.length, metadata);
  }

  /**
   * Answers that it failed: an {@link ApplicationException} arrives as itself, anything else as
   * {@link dev.everact.errors.HandlerFailedException}.
   *
   * @param error what failed
   */
  public void fail(Throwable error) {
    Objects.requireNonNull(error, "error");
    int code = Pending.HANDLER_FAILED;
    String text = Thrown.described(error);
    if (error instanceof ApplicationException application) {
      try {
        text = ApplicationErrors.write(application, turn.host.json);
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

  private void respond(int code, byte[] bytes, int length, Metadata metadata) {
    turn.host.exchange(
        out -> {
          int flags = metadata.isEmpty() ? 0 : Layout.RESPOND_FLAG_METADATA;
          int at = out.begin(Layout.RESPOND_TYPE, Layout.RESPOND_FIXED_BYTES, flags, ask);
          out.setI64(at + Layout.RESPOND_TURN_AT, turn.id);
          out.setU16(at + Layout.RESPOND_CODE_AT, code);
          out.setI32(at + Layout.RESPOND_REPLY_BYTES_AT, length);
          out.write(bytes, 0, length);
          if (flags != 0) {
            metadata.write(out);
          }
          out.end(at);
        });
  }
}
