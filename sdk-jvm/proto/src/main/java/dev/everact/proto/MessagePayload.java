// Messages as bytes: one, or a list of them back to back, each with its length before it.
package dev.everact.proto;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.everact.internal.Bytes;
import dev.everact.internal.Payload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Writes and reads messages of one type. */
class MessagePayload implements Payload {
  private static final int LENGTH_BYTES = 4;

  final Message type;
  final boolean isList;
  private final Parser<? extends Message> parser;

  MessagePayload(Message type, boolean isList) {
    this.type = type;
    this.isList = isList;
    this.parser = type.getParserForType();
  }

  @Override
  public boolean takes(Object value) {
    if (!isList) {
      return type.getClass().isInstance(value);
    }
    if (!(value instanceof List<?> list)) {
      return false;
    }
    for (Object item : list) {
      if (!type.getClass().isInstance(item)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void encode(Object value, Bytes out) throws IOException {
    if (isList) {
      for (Object item : (List<?>) value) {
        int at = begin(out);
        write((Message) item, out);
        end(out, at);
      }
    } else {
      write((Message) value, out);
    }
  }

  /** Room for an item's length; {@link #end} fills it. */
  static int begin(Bytes out) {
    int at = out.length;
    out.room(LENGTH_BYTES);
    out.length += LENGTH_BYTES;
    return at;
  }

  static void end(Bytes out, int at) {
    out.setI32(at, out.length - at - LENGTH_BYTES);
  }

  /** The bytes of equal messages are equal, as far as the runtime can. */
  static void write(Message message, Bytes out) throws IOException {
    int size = message.getSerializedSize();
    out.room(size);
    CodedOutputStream coded = CodedOutputStream.newInstance(out.array, out.length, size);
    coded.useDeterministicSerialization();
    message.writeTo(coded);
    coded.checkNoSpaceLeft();
    out.length += size;
  }

  @Override
  public Object decode(byte[] from, int at, int length) throws IOException {
    if (!isList) {
      return parser.parseFrom(from, at, length);
    }
    List<Message> items = new ArrayList<>();
    int end = at + length;
    for (int next = at; next < end; ) {
      int bytes = end - next < LENGTH_BYTES ? -1 : Bytes.i32(from, next);
      next += LENGTH_BYTES;
      if (bytes < 0 || bytes > end - next) {
        throw new InvalidProtocolBufferException("the list is cut off in item " + items.size());
      }
      items.add(parser.parseFrom(from, next, bytes));
      next += bytes;
    }
    return List.copyOf(items);
  }

  @Override
  public boolean isImmutable() {
    return !isList;
  }

  @Override
  public String expected() {
    String name = type.getDescriptorForType().getFullName();
    return isList ? "list of " + name : name;
  }
}
