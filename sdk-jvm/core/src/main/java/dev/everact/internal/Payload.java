// Payloads of another codec than JSON: what a room beside this one brings along.
package dev.everact.internal;

import java.io.IOException;

/** Writes and reads the values of one type. Stateless, for any number of threads. */
public interface Payload {
  /** Whether the value is of the type. */
  boolean takes(Object value);

  /** Appends a value that {@link #takes} lets in. */
  void encode(Object value, Bytes out) throws IOException;

  /** Reads a value that fills the range. */
  Object decode(byte[] from, int at, int length) throws IOException;

  /** Whether a value may be handed on instead of its bytes: nobody can change it. */
  boolean isImmutable();

  /** What it takes, for those who gave something else. */
  String expected();
}
