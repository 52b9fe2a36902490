// A growing array of bytes with little-endian fields: frames are composed here, events are read
// from one.
package dev.everact.internal;

import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A reusable, growing buffer on the heap. Not for several threads at once. */
public final class Bytes extends OutputStream {
  private static final VarHandle SHORT = view(short[].class);
  private static final VarHandle INT = view(int[].class);
  private static final VarHandle LONG = view(long[].class);

  /** The bytes; only the first {@link #length} count. Replaced when it grows. */
  public byte[] array;

  /** How many bytes count. */
  public int length;

  /** An empty buffer with room for some bytes. */
  public Bytes(int room) {
    array = new byte[room];
  }

  private static VarHandle view(Class<?> array) {
    return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
  }

  /** Unsigned 16 bits. */
  public static int u16(byte[] from, int at) {
    return Short.toUnsignedInt((short) SHORT.get(from, at));
  }

  /** 32 bits. */
  public static int i32(byte[] from, int at) {
    return (int) INT.get(from, at);
  }

  /** 64 bits. */
  public static long i64(byte[] from, int at) {
    return (long) LONG.get(from, at);
  }

  /** Sets 16 bits at an offset that was written before. */
  public void setU16(int at, int value) {
    SHORT.set(array, at, (short) value);
  }

  /** Sets 32 bits at an offset that was written before. */
  public void setI32(int at, int value) {
    INT.set(array, at, value);
  }

  /** Sets 64 bits at an offset that was written before. */
  public void setI64(int at, long value) {
    LONG.set(array, at, value);
  }

  /** Appends 64 bits. */
  public void writeI64(long value) {
    room(Long.BYTES);
    LONG.set(array, length, value);
    length += Long.BYTES;
  }

  /**
   * Begins a record of zeros with its type and id; its start is returned. {@link #end} closes it.
   */
  public int begin(int type, int fixedBytes, int flags, long id) {
    int at = length;
    room(fixedBytes);
    Arrays.fill(array, at, at + fixedBytes, (byte) 0);
    length = at + fixedBytes;
    INT.set(array, at + Layout.TYPE_AT, flags << 16 | type);
    LONG.set(array, at + Layout.ID_AT, id);
    return at;
  }

  /** Pads to a multiple of 8 and writes the record's length. */
  public void end(int at) {
    pad();
    INT.set(array, at + Layout.BYTES_AT, length - at);
  }

  /** Zeros up to the next multiple of 8. */
  public void pad() {
    int padded = length + 7 & ~7;
    room(padded - length);
    while (length < padded) {
      array[length++] = 0;
    }
  }

  /** Makes room for so many more bytes. */
  public void room(int more) {
    if (array.length - length < more) {
      grow(more);
    }
  }

  /** How many more bytes fit without growing. */
  public int spare() {
    return array.length - length;
  }

  private void grow(int more) {
    int needed = Math.addExact(length, more);
    int doubled = array.length > Integer.MAX_VALUE / 2 ? Integer.MAX_VALUE - 8 : array.length * 2;
    array = Arrays.copyOf(array, Math.max(needed, doubled));
  }

  /** A copy of some of the bytes. */
  public byte[] copy(int from, int count) {
    return Arrays.copyOfRange(array, from, from + count);
  }

  @Override
  public void write(int value) {
    room(1);
    array[length++] = (byte) value;
  }

  @Override
  public void write(byte[] from) {
    write(from, 0, from.length);
  }

  @Override
  public void write(byte[] from, int at, int count) {
    room(count);
    System.arraycopy(from, at, array, length, count);
    length += count;
  }
}
