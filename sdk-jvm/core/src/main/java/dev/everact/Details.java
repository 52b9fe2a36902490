// Details of exit reasons: JSON, as the core keeps it and as a reader gets it.
package dev.everact;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.everact.errors.InvalidArgumentException;
import java.io.IOException;

/** Writes details and reads them. */
final class Details {
  /** A completion has 16 bits for their length. */
  private static final int BYTES_MAX = 0xFFFF;

  private Details() {}

  /** Made when the first detail needs it. */
  private static final class Mapper {
    static final ObjectMapper ONE = Json.standard();

    private Mapper() {}
  }

  /** What a reader gets of a detail. */
  static Object checked(Object detail) {
    try {
      return Mapper.ONE.readValue(written(detail), Object.class);
    } catch (IOException e) {
      throw refused(Json.misfit(e, "JSON").getMessage(), e);
    }
  }

  /** The detail's bytes. */
  static byte[] written(Object detail) {
    byte[] bytes;
    try {
      bytes = Mapper.ONE.writeValueAsBytes(detail);
    } catch (IOException | RuntimeException | StackOverflowError e) {
      throw refused(Json.unwritable(e), e);
    }
    if (Utf8.isIllFormed(bytes, 0, bytes.length)) {
      throw refused(Json.HALF_A_PAIR, null);
    }
    if (bytes.length > BYTES_MAX) {
      throw refused("it has " + bytes.length + " bytes of at most " + BYTES_MAX, null);
    }
    return bytes;
  }

  private static InvalidArgumentException refused(String why, Throwable cause) {
    InvalidArgumentException refused =
        new InvalidArgumentException("the detail of an exit reason: " + why);
    if (cause != null) {
      refused.initCause(cause);
    }
    return refused;
  }
}
