// What an engine costs before it does anything: the time to the first durable answer, and memory.
package bench;

import bench.Counters.Counter;
import dev.everact.Engine;
import java.nio.file.Path;

/** Opening, and a child process that only keeps an engine open. */
final class Opening {
  private static final String HEAP = "32m";
  private static final double MIB = 1 << 20;

  private Opening() {}

  /** From nothing to the first durable answer, in milliseconds; the JVM runs already. */
  static double openEmpty(Path folder, double seconds) {
    long begin = System.nanoTime();
    try (Engine engine = Engine.open(folder, Counter.class)) {
      engine.actor(Counter.class, "a").call(Counter::add, 1);
      return (System.nanoTime() - begin) / 1e6;
    }
  }

  /** How much more memory a process holds with an open engine than without. */
  static double idleMemory(Path folder, double seconds) throws Exception {
    double bare = Programs.number(Child.class, HEAP, "bare", folder.toString());
    return Programs.number(Child.class, HEAP, "open", folder.toString()) - bare;
  }

  /** The child: the bare host, or one with an open engine. */
  static final class Child {
    private Child() {}

    /**
     * Prints the resident memory in MiB.
     *
     * @param arguments role and folder
     * @throws Exception never
     */
    public static void main(String[] arguments) throws Exception {
      if (arguments[0].equals("open")) {
        Engine engine = Engine.open(Path.of(arguments[1]), Counter.class);
        engine.actor(Counter.class, "a").call(Counter::add, 1);
        Thread.sleep(200);
      }
      System.out.println(Programs.resident() / MIB);
      Runtime.getRuntime().halt(0);
    }
  }
}
