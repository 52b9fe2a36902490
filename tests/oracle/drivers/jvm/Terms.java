// The normal forms of the README: reasons and messages as texts and lists, and back.
package oracle;

import dev.everact.ExitReason;
import java.util.List;
import java.util.Map;
import java.util.Set;

final class Terms {
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
    } else if (reason instanceof ExitReason.Passivated) {
      return "passivated";
    } else if (reason instanceof ExitReason.Failed failed && OF_OURS.contains(failed.name())) {
      return "error:nonsense";
    } else if (reason instanceof ExitReason.Failed failed) {
      String name = failed.name() + ": ";
      String text = failed.text();
      return "error:" + (text.startsWith(name) ? text.substring(name.length()) : text);
    }
    return "custom:" + ((ExitReason.Custom) reason).detail();
  }

  /** A detail is a text, or says which child did not start. */
  private static String detail(Object detail) {
    if (!(detail instanceof Map<?, ?> told)) {
      return String.valueOf(detail);
    }
    List<?> path = (List<?>) told.get("not_started");
    return notStarted(path, told((Map<?, ?>) told.get("reason"))).substring("shutdown:".length());
  }

  /** A reason within a detail. */
  private static String told(Map<?, ?> reason) {
    String is = String.valueOf(reason.get("is"));
    if (is.equals("failed")) {
      String name = reason.get("name") + ": ";
      String text = String.valueOf(reason.get("text"));
      return "error:" + (text.startsWith(name) ? text.substring(name.length()) : text);
    }
    Object detail = reason.get("detail");
    return detail == null ? is : is + ":" + detail(detail);
  }

  /** Which child did not start, through all levels, and why. */
  static String notStarted(List<?> path, String reason) {
    StringBuilder text = new StringBuilder();
    for (Object child : path) {
      text.append("shutdown:failed_to_start_child ").append(child).append(' ');
    }
    return text + reason;
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
