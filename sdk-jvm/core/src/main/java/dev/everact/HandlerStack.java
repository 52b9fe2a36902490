// Where a handler that runs is: what its thread computes, or what it waits for.
package dev.everact;

import dev.everact.errors.EveractException;
import dev.everact.internal.StackQuestions;
import java.util.Set;

/** Reads the stacks of the threads that run turns, the innermost frame first. Places, no values. */
final class HandlerStack {
  private static final int FRAMES_MAX = 100;
  private static final int WAIT_MS = 60_000;

  /** A thread that reads stacks needs little of its own. */
  private static final long STACK_BYTES = 256 * 1024;

  /** Ours, between a turn and the code that it runs. */
  private static final Set<String> BEGINNINGS =
      Set.of(HandlerEntry.class.getName(), Turn.class.getName(), ProcessKind.class.getName());

  private HandlerStack() {}

  /**
   * The stack of an activation's handler or function, a line for each frame; empty where none runs.
   */
  static String of(Activation activation) {
    Thread thread = activation == null ? null : activation.running;
    if (thread == null) {
      return "";
    }
    StackTraceElement[] frames = thread.getStackTrace();
    int end = end(frames, activation.kind.key());
    // The thread may have gone on to another turn while it was read.
    return end < 0 || activation.running != thread ? "" : lines(frames, end);
  }

  private static String lines(StackTraceElement[] frames, int end) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < Math.min(end, FRAMES_MAX); i++) {
      lines.append(i == 0 ? "  at " : "\n  at ").append(frames[i]);
    }
    return lines.toString();
  }

  /**
   * Behind the frame in which the handler began; negative where there is none. A thread runs turns
   * within turns where an actor asks another one that is idle: the class tells whose it is.
   */
  private static int end(StackTraceElement[] frames, Object kind) {
    int first = -1;
    for (int i = 1; i < frames.length; i++) {
      if (isOurs(frames[i]) && !isOurs(frames[i - 1])) {
        if (isOf(kind, frames[i - 1].getClassName())) {
          return i;
        }
        first = first < 0 ? i : first;
      }
    }
    return first;
  }

  private static boolean isOurs(StackTraceElement frame) {
    // The shape in which a handler is called is a class that the JVM makes.
    String name = frame.getClassName();
    return BEGINNINGS.contains(name) || name.contains("$$Lambda");
  }

  /** Whether a method of this class may be a handler of the kind. */
  private static boolean isOf(Object kind, String name) {
    for (Class<?> type = kind instanceof Class<?> of ? of : null;
        type != null;
        type = type.getSuperclass()) {
      if (type.getName().equals(name)) {
        return true;
      }
    }
    return false;
  }

  /** Starts the thread that tells the core the stacks that it asks for, until the engine ends. */
  static void serve(Host host) {
    Thread thread = new Thread(null, () -> answer(host), "everact-stacks", STACK_BYTES);
    thread.setDaemon(true);
    thread.start();
  }

  private static void answer(Host host) {
    try (StackQuestions questions = new StackQuestions(host.engine)) {
      while (true) {
        if (questions.next(WAIT_MS)) {
          questions.tell(host.stack(questions.activation()));
        }
      }
    } catch (EveractException e) {
      Log.get().log(System.Logger.Level.DEBUG, "no more stacks are told: {0}", e.getMessage());
    }
  }
}
