// Threads of callers: virtual where the JDK has them.
package bench;

import java.lang.reflect.Method;

/** Starts threads. */
final class Callers {
  private static final Method START_VIRTUAL = startVirtual();

  private Callers() {}

  private static Method startVirtual() {
    try {
      return Runtime.version().feature() >= 21
          ? Thread.class.getMethod("startVirtualThread", Runnable.class)
          : null;
    } catch (NoSuchMethodException e) {
      return null;
    }
  }

  static Thread start(Runnable task) throws ReflectiveOperationException {
    if (START_VIRTUAL != null) {
      return (Thread) START_VIRTUAL.invoke(null, task);
    }
    Thread thread = new Thread(task);
    thread.start();
    return thread;
  }
}
