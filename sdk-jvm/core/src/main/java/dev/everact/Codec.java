// Payloads: values to bytes and back, one codec for each type.
package dev.everact;

import dev.everact.internal.Bytes;
import dev.everact.internal.Payload;
import java.io.IOException;

/** Writes and reads values of one type. Stateless, for any number of threads. */
abstract class Codec {
  /** No message, no reply: nothing is written, whatever comes is left alone. */
  static final Codec NOTHING = new Nothing();

  /** Bytes as they are. */
  static final Codec RAW = new Raw();

  /** Appends the value. */
  abstract void encode(Object value, Bytes out) throws Misfit;

  /** Reads a value that fills the range. */
  abstract Object decode(byte[] from, int at, int length) throws Misfit;

  /** Whether the value is of the codec's type, as far as its class tells. */
  boolean takes(Object value) {
    return false;
  }

  /** Whether no bytes are a value too; else they are no value. */
  boolean readsEmpty() {
    return false;
  }

  /** Whether reading a value runs no code but ours and its library's, so that any thread may. */
  boolean isPlain() {
    return true;
  }

  /** Whether writing this value is quick and runs no code but ours. */
  boolean isQuick(Object value) {
    return false;
  }

  /** Whether a value may be handed on instead of its bytes: nobody can change it. */
  boolean isImmutable() {
    return false;
  }

  /** The codec of payloads that are declared; nothing for null. */
  static Codec of(Payload payload) {
    return payload == null ? NOTHING : new Declared(payload);
  }

  private static final class Declared extends Codec {
    private final Payload payload;

    Declared(Payload payload) {
      this.payload = payload;
    }

    @Override
    void encode(Object value, Bytes out) throws Misfit {
      if (!payload.takes(value)) {
        String given = value == null ? "null" : value.getClass().getSimpleName();
        throw new Misfit(given + " is no " + payload.expected());
      }
      try {
        payload.encode(value, out);
      } catch (IOException e) {
        throw new Misfit(payload.expected() + " cannot be written: " + e.getMessage());
      }
    }

    @Override
    Object decode(byte[] from, int at, int length) throws Misfit {
      try {
        return payload.decode(from, at, length);
      } catch (IOException e) {
        throw new Misfit("is no " + payload.expected() + ": " + e.getMessage());
      }
    }

    @Override
    boolean takes(Object value) {
      return payload.takes(value);
    }

    @Override
    boolean isImmutable() {
      return payload.isImmutable();
    }

    @Override
    boolean readsEmpty() {
      return true;
    }
  }

  private static final class Nothing extends Codec {
    @Override
    boolean isQuick(Object value) {
      return true;
    }

    @Override
    void encode(Object value, Bytes out) {}

    @Override
    Object decode(byte[] from, int at, int length) {
      return null;
    }

    @Override
    boolean isImmutable() {
      return true;
    }
  }

  private static final class Raw extends Codec {
    @Override
    void encode(Object value, Bytes out) throws Misfit {
      if (value == null) {
        throw new Misfit("raw bytes cannot be null");
      }
      out.write((byte[]) value);
    }

    @Override
    Object decode(byte[] from, int at, int length) {
      return java.util.Arrays.copyOfRange(from, at, at + length);
    }

    @Override
    boolean readsEmpty() {
      return true;
    }
  }
}
