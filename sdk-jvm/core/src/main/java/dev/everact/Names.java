// How Java's names become the names on the wire.
package dev.everact;

/** Lower snake case, which all languages agree on. */
final class Names {
  private Names() {}

  /** {@code failAfter} to {@code fail_after}, {@code HTTPServer} to {@code http_server}. */
  static String snake(String name) {
    StringBuilder snake = new StringBuilder(name.length() + 4);
    for (int i = 0; i < name.length(); i++) {
      char letter = name.charAt(i);
      if (Character.isUpperCase(letter)) {
        if (i > 0 && startsWord(name, i)) {
          snake.append('_');
        }
        snake.append(Character.toLowerCase(letter));
      } else {
        snake.append(letter);
      }
    }
    return snake.toString();
  }

  private static boolean startsWord(String name, int at) {
    char before = name.charAt(at - 1);
    if (before == '_') {
      return false;
    }
    return !Character.isUpperCase(before)
        || at + 1 < name.length() && Character.isLowerCase(name.charAt(at + 1));
  }
}
