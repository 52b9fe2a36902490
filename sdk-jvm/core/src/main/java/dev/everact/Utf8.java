// Texts on their way to bytes: a text that has none is refused where it is given, never replaced.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import java.nio.charset.StandardCharsets;

/** Well-formed Unicode, or an error. */
final class Utf8 {
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
