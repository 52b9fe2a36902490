// What was thrown, as text: the one place that asks somebody else's object to describe itself.
package dev.everact;

import dev.everact.errors.EveractException;

/** Descriptions of throwables. Whatever the object does when it is asked, a text comes back. */
final class Thrown {
  /** A longer text is cut: it is for people, and the core takes 4 KiB of it. */
  static final int TEXT_CHARS_MAX = 4000;

  /** What the core has between an error's text and its stack. */
  static final String STACK_MARK = "\n\u001e\n";

  private static final int STACK_CHARS_MAX = 16_000;
  private static final String ENDING = "Exception";
  private static final String NO_NAME = "Throwable";

  private Thrown() {}

  /** {@code TypeName: text}, as every SDK words a handler's failure. */
  static String described(Throwable thrown) {
    try {
      String type = type(thrown);
      String text = text(thrown);
      return text == null ? type : type.concat(": ").concat(text);
    } catch (Throwable e) {
      // No stack or no memory for more: the reader of this gets at least a word.
      return NO_NAME;
    }
  }

  /** A failure's text with its stack, as the core takes them, within what a reason may have. */
  static String withStack(String text, String stack) {
    String whole = stack.isEmpty() ? text : text.concat(STACK_MARK).concat(stack);
    return whole.length() <= STACK_CHARS_MAX ? whole : whole.substring(0, STACK_CHARS_MAX);
  }

  /** Behind a mark, where it was thrown; nothing where that cannot be told. */
  static String stack(Throwable thrown) {
    try {
      StringBuilder stack = new StringBuilder(STACK_MARK);
      for (StackTraceElement frame : thrown.getStackTrace()) {
        stack.append("  at ").append(frame).append('\n');
      }
      stack.setLength(Math.min(stack.length(), STACK_CHARS_MAX));
      return stack.toString();
    } catch (Throwable e) {
      return "";
    }
  }

  /** The type's name; an error of ours has the one of the error table. */
  static String type(Throwable thrown) {
    try {
      if (thrown instanceof EveractException error) {
        return error.errorName();
      }
      String name = thrown.getClass().getSimpleName();
      return name.isEmpty() ? thrown.getClass().getName() : name;
    } catch (Throwable e) {
      return NO_NAME;
    }
  }

  /** How errors of a class are named where they are described. */
  static String name(Class<? extends Throwable> type) {
    String name = type.getSimpleName();
    boolean ours = EveractException.class.isAssignableFrom(type);
    return ours && name.endsWith(ENDING)
        ? name.substring(0, name.length() - ENDING.length())
        : name;
  }

  private static String text(Throwable thrown) {
    String text;
    try {
      text = thrown.getMessage();
    } catch (Throwable e) {
      return "its text cannot be read (".concat(type(e)).concat(")");
    }
    return text == null ? null : cut(text);
  }

  /** The text, or its beginning where it is very long. */
  static String cut(String text) {
    if (text.length() <= TEXT_CHARS_MAX) {
      return text;
    }
    boolean half = Character.isHighSurrogate(text.charAt(TEXT_CHARS_MAX - 1));
    return text.substring(0, TEXT_CHARS_MAX - (half ? 1 : 0))
        .concat("... (")
        .concat(Integer.toString(text.length()))
        .concat(" characters)");
  }
}
