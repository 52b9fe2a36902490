// Errors of the application that a .proto declares: exceptions whose fields are those of a message.
package dev.everact.proto;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.everact.ApplicationException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;

/**
 * The base of generated errors. A handler throws one, and its caller catches the same class:
 *
 * <pre>{@code
 * throw new SeatTakenException("seat 12A is taken", SeatTaken.newBuilder().setSeat("12A").build());
 *
 * catch (SeatTakenException e) { print(e.detail().getSeat()); }
 * }</pre>
 */
public abstract class MessageException extends ApplicationException {
  private static final long serialVersionUID = 1L;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final transient Message detail;

  /**
   * For generated classes, whose annotation says type and status.
   *
   * @param message a sentence for people
   * @param detail what the error carries
   */
  protected MessageException(String message, Message detail) {
    super(message);
    this.detail = Objects.requireNonNull(detail, "detail");
  }

  /**
   * What the error carries.
   *
   * @return the message that it is in the .proto
   */
  public Message detail() {
    return detail;
  }

  /**
   * The message as JSON has it, with the names and forms that protobuf gives it.
   *
   * @return names with values
   */
  @Override
  public final Map<String, Object> details() {
    try {
      String json = JsonFormat.printer().omittingInsignificantWhitespace().print(detail);
      return JSON.readValue(json, new TypeReference<Map<String, Object>>() {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  protected final boolean isRebuilt() {
    return false;
  }

  /** An error of what arrived; null where it does not fit the message. */
  static <D extends Message> MessageException read(
      D empty,
      BiFunction<String, D, ? extends MessageException> make,
      String message,
      String json) {
    try {
      Message.Builder builder = empty.newBuilderForType();
      JsonFormat.parser().ignoringUnknownFields().merge(json.isEmpty() ? "{}" : json, builder);
      @SuppressWarnings("unchecked") // The builder is that of the message.
      D detail = (D) builder.build();
      return make.apply(message, detail);
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }
}
