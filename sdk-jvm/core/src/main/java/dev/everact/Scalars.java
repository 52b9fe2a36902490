// The quick way for numbers, booleans and plain text; everything unusual goes the long way round
// through Jackson.
package dev.everact;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.everact.internal.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Codecs of the types that most messages and states consist of. */
final class Scalars {
  private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

  /** Longer numbers might not fit a long. */
  private static final int DIGITS_MAX = 18;

  private Scalars() {}

  /**
   * The codec of a scalar type, which asks {@code other} where its quick way ends; null for other
   * types.
   */
  static Codec of(Class<?> type, Codec other) {
    Class<?> boxed =
        Map.<Class<?>, Class<?>>of(
                int.class,
                Integer.class,
                long.class,
                Long.class,
                double.class,
                Double.class,
                boolean.class,
                Boolean.class)
            .getOrDefault(type, type);
    if (boxed == Integer.class) {
      return new IntCodec(other);
    } else if (boxed == Long.class) {
      return new LongCodec(other);
    } else if (boxed == Double.class) {
      return new DoubleCodec(other);
    } else if (boxed == Boolean.class) {
      return new BooleanCodec(other);
    }
    return boxed == String.class ? new TextCodec(other) : null;
  }

  /** Whether a type has a codec here. */
  static boolean isScalar(Class<?> type) {
    return type == int.class
        || type == long.class
        || type == double.class
        || type == boolean.class
        || type == Integer.class
        || type == Long.class
        || type == Double.class
        || type == Boolean.class
        || type == String.class;
  }

  /** Decimal digits. */
  static void write(long value, Bytes out) {
    out.room(20);
    if (value < 0) {
      if (value == Long.MIN_VALUE) {
        out.write("-9223372036854775808".getBytes(StandardCharsets.US_ASCII));
        return;
      }
      out.array[out.length++] = '-';
      value = -value;
    }
    int at = out.length + digits(value);
    out.length = at;
    do {
      long rest = value / 10;
      out.array[--at] = (byte) ('0' + (value - rest * 10));
      value = rest;
    } while (value != 0);
  }

  private static int digits(long value) {
    int digits = 1;
    for (long limit = 10; digits < 19 && value >= limit; limit *= 10) {
      digits++;
    }
    return digits;
  }

  /** A JSON number, the shortest that reads back as the same. */
  static void write(double value, Bytes out) throws Misfit {
    long whole = (long) value;
    if (whole == value && Math.abs(value) < 1e7 && (whole != 0 || 1 / value > 0)) {
      write(whole, out);
      out.write('.');
      out.write('0');
    } else if (Double.isFinite(value)) {
      out.write(Double.toString(value).getBytes(StandardCharsets.US_ASCII));
    } else {
      throw new Misfit(value + " is no JSON number");
    }
  }

  static void write(boolean value, Bytes out) {
    out.write(value ? TRUE : FALSE);
  }

  static void writeNull(Bytes out) {
    out.write(NULL);
  }

  /** A JSON string. */
  static void write(String text, Bytes out) {
    int length = text.length();
    out.room(length + 2);
    int start = out.length;
    byte[] array = out.array;
    int at = start;
    array[at++] = '"';
    for (int i = 0; i < length; i++) {
      char letter = text.charAt(i);
      if (letter < ' ' || letter >= 0x7F || letter == '"' || letter == '\\') {
        out.length = start;
        writeQuoted(text, out);
        return;
      }
      array[at++] = (byte) letter;
    }
    array[at++] = '"';
    out.length = at;
  }

  /** Throws IllegalArgumentException at half a surrogate pair, whichever half. */
  private static void writeQuoted(String text, Bytes out) {
    if (Utf8.illFormedAt(text) >= 0) {
      throw new IllegalArgumentException(Json.HALF_A_PAIR);
    }
    out.write('"');
    out.write(JsonStringEncoder.getInstance().quoteAsUTF8(text));
    out.write('"');
  }

  /** Where the scalar that begins here ends; -1 where that is not plain to see, and for null. */
  static int end(byte[] from, int at) {
    int end = at;
    if (from[at] == '"') {
      for (end++; end < from.length && from[end] != '"'; end++) {
        if (from[end] == '\\') {
          return -1;
        }
      }
      return end + 1 < from.length ? end + 1 : -1;
    }
    while (end < from.length && from[end] != ',' && from[end] != '}') {
      end++;
    }
    return from[at] == 'n' || end == from.length ? -1 : end;
  }

  /**
   * What all scalars share: null goes out as null, and whatever the quick way does not know goes to
   * Jackson.
   */
  private abstract static class Scalar extends Codec {
    final Codec other;

    Scalar(Codec other) {
      this.other = other;
    }

    @Override
    boolean isImmutable() {
      return true;
    }

    @Override
    boolean isQuick(Object value) {
      return takes(value);
    }
  }

  /** Whole numbers. */
  private abstract static class Whole extends Scalar {
    Whole(Codec other) {
      super(other);
    }

    /** Digits with a sign at most, short enough to fit; else {@code Long.MIN_VALUE}. */
    static long parse(byte[] from, int at, int length) {
      boolean negative = length > 0 && from[at] == '-';
      int first = negative ? at + 1 : at;
      int end = at + length;
      if (first >= end || end - first > DIGITS_MAX || from[first] == '0' && end - first > 1) {
        return Long.MIN_VALUE;
      }
      long value = 0;
      for (int i = first; i < end; i++) {
        int digit = from[i] - '0';
        if (digit < 0 || digit > 9) {
          return Long.MIN_VALUE;
        }
        value = value * 10 + digit;
      }
      return negative ? -value : value;
    }
  }

  private static final class IntCodec extends Whole {
    IntCodec(Codec other) {
      super(other);
    }

    @Override
    boolean takes(Object value) {
      return value instanceof Integer;
    }

    @Override
    void encode(Object value, Bytes out) throws Misfit {
      if (value instanceof Integer number) {
        write(number.longValue(), out);
      } else {
        other.encode(value, out);
      }
    }

    @Override
    Object decode(byte[] from, int at, int length) throws Misfit {
      long value = parse(from, at, length);
      return value == (int) value ? Integer.valueOf((int) value) : other.decode(from, at, length);
    }
  }

  private static final class LongCodec extends Whole {
    LongCodec(Codec other) {
      super(other);
    }

    @Override
    boolean takes(Object value) {
      return value instanceof Long;
    }

    @Override
    void encode(Object value, Bytes out) throws Misfit {
      if (value instanceof Long number) {
        write(number.longValue(), out);
      } else {
        other.encode(value, out);
      }
    }

    @Override
    Object decode(byte[] from, int at, int length) throws Misfit {
      long value = parse(from, at, length);
      return value != Long.MIN_VALUE ? Long.valueOf(value) : other.decode(from, at, length);
    }
  }

  private static final class DoubleCodec extends Scalar {
    DoubleCodec(Codec other) {
      super(other);
    }

    @Override
    boolean takes(Object value) {
      return value instanceof Double;
    }

    @Override
    void encode(Object value, Bytes out) throws Misfit {
      if (value instanceof Double number) {
        write(number.doubleValue(), out);
      } else {
        other.encode(value, out);
      }
    }

    @Override
    Object decode(byte[] from, int at, int length) throws Misfit {
      boolean whole = length > 2 && from[at + length - 2] == '.' && from[at + length - 1] == '0';
      long value = whole ? Whole.parse(from, at, length - 2) : Long.MIN_VALUE;
      return value != Long.MIN_VALUE && value != 0
          ? Double.valueOf(value)
          : other.decode(from, at, length);
    }
  }

  private static final class BooleanCodec extends Scalar {
    BooleanCodec(Codec other) {
      super(other);
    }

    @Override
    boolean takes(Object value) {
      return value instanceof Boolean;
    }

    @Override
    void encode(Object value, Bytes out) throws Misfit {
      if (value instanceof Boolean flag) {
        write(flag.booleanValue(), out);
      } else {
        other.encode(value, out);
      }
    }

    @Override
    Object decode(byte[] from, int at, int length) throws Misfit {
      if (java.util.Arrays.equals(from, at, at + length, TRUE, 0, TRUE.length)) {
        return Boolean.TRUE;
      }
      return java.util.Arrays.equals(from, at, at + length, FALSE, 0, FALSE.length)
          ? Boolean.FALSE
          : other.decode(from, at, length);
    }
  }

  private static final class TextCodec extends Scalar {
    TextCodec(Codec other) {
      super(other);
    }

    @Override
    boolean takes(Object value) {
      return value instanceof String;
    }

    @Override
    void encode(Object value, Bytes out) throws Misfit {
      if (value instanceof String text) {
        if (Utf8.illFormedAt(text) >= 0) {
          throw new Misfit("String: " + Json.HALF_A_PAIR);
        }
        write(text, out);
      } else {
        other.encode(value, out);
      }
    }

    @Override
    Object decode(byte[] from, int at, int length) throws Misfit {
      int end = at + length - 1;
      if (length < 2 || from[at] != '"' || from[end] != '"') {
        return other.decode(from, at, length);
      }
      for (int i = at + 1; i < end; i++) {
        byte letter = from[i];
        if (letter < ' ' || letter == '"' || letter == '\\') {
          return other.decode(from, at, length);
        }
      }
      return new String(from, at + 1, length - 2, StandardCharsets.ISO_8859_1);
    }
  }
}
