// The normal forms of the README: reasons and messages as texts and lists, and back.
package oracle;

import dev.everact.ExitReason;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

final class Terms {
  private static final String NOT_STARTED = "did not start: ";
  private static final Pattern CHILD = Pattern.compile("child \"([^\"]*)\" " + NOT_STARTED);

  /** What a process ends with that gave the SDK what cannot be. */
  private static final Set<String> OF_OURS = Set.of("InvalidArgument", "InvalidState", "InvalidArgumentException");

  private Terms() {}

  static String reason(ExitReason reason) {
    if (reason instanceof ExitReason.Normal) {
      return "normal";
    } else if (reason instanceof ExitReason.Shutdown shutdown) {
      return shutdown.detail() == null ? "shutdown" : "shutdown:" + detail(shutdown.detail());
    } else if (reason instanceof ExitReason.Kill) {
      return "kill";
    } else if (reason instanceof ExitReason.Killed) {
      return "killed";
    } else if (reason instanceof ExitReason.NoProcess) {
      return "noproc";
    } else if (reason instanceof ExitReason.Failed failed && OF_OURS.contains(failed.name())) {
      return "error:nonsense";
    } else if (reason instanceof ExitReason.Failed failed) {
      String name = failed.name() + ": ";
      String text = failed.text();
      return "error:" + (text.startsWith(name) ? text.substring(name.length()) : text);
    }
    return "custom:" + ((ExitReason.Custom) reason).detail();
  }

  private static String detail(Object detail) {
    String text = String.valueOf(detail);
    return text.contains(NOT_STARTED) ? notStarted(text).substring("shutdown:".length()) : text;
  }

  /** Which child did not start, through all levels, and why, from the sentence that says it. */
  static String notStarted(String sentence) {
    StringBuilder path = new StringBuilder();
    Matcher children = CHILD.matcher(sentence);
    while (children.find()) {
      path.append("shutdown:failed_to_start_child ").append(children.group(1)).append(' ');
    }
    String why = sentence.substring(sentence.lastIndexOf(NOT_STARTED) + NOT_STARTED.length());
    String reason = why.replaceFirst("^it ended with ", "");
    if (reason.startsWith("\"")) {
      return path + "custom:" + reason.substring(1, reason.length() - 1);
    }
    int colon = reason.indexOf(": ");
    return path + (colon < 0 ? reason : "error:" + reason.substring(colon + 2));
  }

  static ExitReason toReason(String text) {
    if (text.equals("too long")) {
      return ExitReason.custom("x".repeat(70_000));
    }
    if (text.equals("unencodable")) {
      return ExitReason.custom(new Object());
    }
    if (text.startsWith("custom:")) {
      return ExitReason.custom(text.substring("custom:".length()));
    }
    if (text.startsWith("shutdown:")) {
      return ExitReason.shutdown(text.substring("shutdown:".length()));
    }
    return switch (text) {
      case "normal" -> ExitReason.NORMAL;
      case "shutdown" -> ExitReason.SHUTDOWN;
      case "kill" -> ExitReason.KILL;
      case "killed" -> new ExitReason.Killed();
      case "noproc" -> new ExitReason.NoProcess();
      default -> throw new IllegalArgumentException(text + " is no reason");
    };
  }
}
