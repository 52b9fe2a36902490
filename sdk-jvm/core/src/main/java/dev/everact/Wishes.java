// What a callback of a behaviour wants beside its reply: the OUTCOME among the effects of its turn.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/** Gathers wishes as the core reads them. */
abstract class Wishes {
  private static final long LONGEST_MS = 0xFFFFFFFEL;

  final TurnContext context;

  Wishes(TurnContext context) {
    this.context = context;
  }

  /** The wishes; empty for none. */
  abstract Map<String, Object> written();

  /** Whether whoever asked is answered when the event has come again. */
  boolean keepsAsker() {
    return false;
  }

  /** A value as JSON. */
  final Configuration.Written json(String what, Object value) {
    if (value instanceof byte[]) {
      throw new InvalidArgumentException(what + ": bytes are no JSON");
    }
    Bytes out = new Bytes(64);
    context.turn().host.encodeAny(what, value, out);
    return new Configuration.Written(new String(out.array, 0, out.length, StandardCharsets.UTF_8));
  }

  /** A time in milliseconds; null for none. */
  static Long milliseconds(Duration time) {
    if (time == null) {
      return null;
    }
    if (time.isNegative() || time.compareTo(Duration.ofMillis(LONGEST_MS)) > 0) {
      throw new InvalidArgumentException(time + " is not between 0 and " + LONGEST_MS + " ms");
    }
    return time.toMillis();
  }

  /** Appends the effect; how many it is. */
  final int write(Bytes out) {
    Map<String, Object> wanted = written();
    if (wanted.isEmpty()) {
      return 0;
    }
    int at = out.begin(Layout.OUTCOME_TYPE, Layout.OUTCOME_FIXED_BYTES, 0, 0);
    int jsonAt = out.length;
    Configuration.write(wanted, out);
    out.setI32(at + Layout.OUTCOME_JSON_BYTES_AT, out.length - jsonAt);
    out.end(at);
    return 1;
  }
}
