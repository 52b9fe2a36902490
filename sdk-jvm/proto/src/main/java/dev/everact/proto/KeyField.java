// The field of a request that names its actor: a text, or a whole number in decimal.
package dev.everact.proto;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Bytes;
import java.io.IOException;

/** Reads and writes keys. */
final class KeyField {
  private static final int BYTES_MAX_BEFORE_TEXT = 16;

  private final FieldDescriptor field;

  private KeyField(FieldDescriptor field) {
    this.field = field;
  }

  /** The field with this name; null where it cannot be a key. */
  static KeyField of(Message request, String name) {
    FieldDescriptor field = request.getDescriptorForType().findFieldByName(name);
    if (field == null || field.isRepeated()) {
      return null;
    }
    return switch (field.getJavaType()) {
      case STRING, INT, LONG -> new KeyField(field);
      case FLOAT, DOUBLE, BOOLEAN, BYTE_STRING, ENUM, MESSAGE -> null;
    };
  }

  String name() {
    return field.getName();
  }

  /** The key that a request names; null where it is left open. */
  String read(Message request) {
    if (field.hasPresence() && !request.hasField(field)) {
      return null;
    }
    Object value = request.getField(field);
    if (value instanceof String text) {
      return text.isEmpty() ? null : text;
    }
    long number = ((Number) value).longValue();
    return number == 0 && !field.hasPresence() ? null : decimal(number);
  }

  /** The key of a request that nothing completes: there a number that is 0 is a key too. */
  String readAll(Message request) {
    String named = read(request);
    boolean number = field.getJavaType() != FieldDescriptor.JavaType.STRING;
    return named == null && number && !field.hasPresence() ? decimal(0) : named;
  }

  private String decimal(long number) {
    return switch (field.getType()) {
      case UINT32, FIXED32 -> Integer.toUnsignedString((int) number);
      case UINT64, FIXED64 -> Long.toUnsignedString(number);
      default -> Long.toString(number);
    };
  }

  /** Appends the field with a key. */
  void write(String key, Bytes out) throws IOException {
    if (field.getJavaType() == FieldDescriptor.JavaType.STRING) {
      int most = Math.addExact(BYTES_MAX_BEFORE_TEXT, Math.multiplyExact(3, key.length()));
      out.room(most);
      CodedOutputStream coded = CodedOutputStream.newInstance(out.array, out.length, most);
      coded.writeString(field.getNumber(), key);
      out.length += coded.getTotalBytesWritten();
    } else {
      writeNumber(key, out);
    }
  }

  private void writeNumber(String key, Bytes out) throws IOException {
    long number = number(key);
    out.room(2 * BYTES_MAX_BEFORE_TEXT);
    CodedOutputStream coded =
        CodedOutputStream.newInstance(out.array, out.length, 2 * BYTES_MAX_BEFORE_TEXT);
    int at = field.getNumber();
    switch (field.getType()) {
      case INT32 -> coded.writeInt32(at, (int) number);
      case SINT32 -> coded.writeSInt32(at, (int) number);
      case SFIXED32 -> coded.writeSFixed32(at, (int) number);
      case UINT32 -> coded.writeUInt32(at, (int) number);
      case FIXED32 -> coded.writeFixed32(at, (int) number);
      case SINT64 -> coded.writeSInt64(at, number);
      case SFIXED64 -> coded.writeSFixed64(at, number);
      case UINT64 -> coded.writeUInt64(at, number);
      case FIXED64 -> coded.writeFixed64(at, number);
      default -> coded.writeInt64(at, number);
    }
    out.length += coded.getTotalBytesWritten();
  }

  /** The number that a key stands for, written the one way that counts. */
  private long number(String key) {
    try {
      long number =
          switch (field.getType()) {
            case INT32, SINT32, SFIXED32 -> Integer.parseInt(key);
            case UINT32, FIXED32 -> Integer.parseUnsignedInt(key);
            case UINT64, FIXED64 -> Long.parseUnsignedLong(key);
            default -> Long.parseLong(key);
          };
      if (decimal(number).equals(key)) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw (InvalidArgumentException) notANumber(key).initCause(e);
    }
    throw notANumber(key);
  }

  private InvalidArgumentException notANumber(String key) {
    return new InvalidArgumentException(
        "the key " + key + " is no number that fits field " + name());
  }
}
