// What an engine costs before it does anything: the time to the first durable answer, and memory.
package bench;

import bench.Counters.Counter;
import dev.everact.Engine;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Opening, and a child process that only keeps an engine open. */
final class Opening {
  private static final int PAGE_BYTES = 4096;
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
    double bare = child("bare", folder);
    return child("open", folder) - bare;
  }

  private static double child(String role, Path folder) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
    // A small fixed heap that is touched at once: what is compared is the engine, not the garbage.
    command.addAll(List.of("-XX:+UseSerialGC", "-Xms32m", "-Xmx32m", "-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "bench.Opening$Child", role, folder.toString()));
    Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (BufferedReader out = process.inputReader()) {
      String line = out.readLine();
      if (process.waitFor() != 0 || line == null) {
        throw new IllegalStateException("the idle " + role + " process failed");
      }
      return Double.parseDouble(line);
    }
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
      String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
      System.out.println(Long.parseLong(pages) * PAGE_BYTES / MIB);
      Runtime.getRuntime().halt(0);
    }
  }
}
