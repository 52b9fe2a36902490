// Texts on their way to bytes: a text that has none is refused where it is given, never replaced.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import java.nio.charset.StandardCharsets;

/** Well-formed Unicode, or an error. */
final class Utf8 {
  private static final int ESCAPE_CHARS = 6;

  private Utf8() {}

  /**
   * The text's bytes.
   *
   * @param what names the text in the error
   */
  static byte[] encode(String text, String what) {
    int fault = illFormedAt(text);
    if (fault >= 0) {
      throw new InvalidArgumentException(
          what + " is not well-formed Unicode: half a surrogate pair at character " + fault);
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Whether JSON that Jackson wrote holds half of a surrogate pair, which it writes as an escape
   * backslash, u, D800: what other readers refuse or replace.
   */
  static boolean isIllFormed(byte[] json, int from, int to) {
    for (int i = from; i < to; i++) {
      if (json[i] != '\\') {
        continue;
      }
      char escaped = escaped(json, i, to);
      if (Character.isHighSurrogate(escaped)
          && Character.isLowSurrogate(escaped(json, i + ESCAPE_CHARS, to))) {
        i += 2 * ESCAPE_CHARS - 1;
      } else if (Character.isSurrogate(escaped)) {
        return true;
      } else {
        i++;
      }
    }
    return false;
  }

  /** The character of an escape that begins here; 0 for other things. */
  private static char escaped(byte[] json, int at, int to) {
    if (at + ESCAPE_CHARS > to || json[at] != '\\' || json[at + 1] != 'u') {
      return 0;
    }
    int value = 0;
    for (int i = at + 2; i < at + ESCAPE_CHARS; i++) {
      value = value << 4 | Math.max(0, Character.digit(json[i], 16));
    }
    return (char) value;
  }

  /** Where half of a surrogate pair stands alone; -1 where all is well. */
  static int illFormedAt(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      char letter = text.charAt(i);
      if (Character.isSurrogate(letter)) {
        boolean pair =
            Character.isHighSurrogate(letter)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }
}
