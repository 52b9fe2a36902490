// Programs of their own, whose memory is measured: what is compared is what they hold, not garbage.
package bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts them, and measures from within. */
final class Programs {
  private static final int PAGE_BYTES = 4096;

  private Programs() {}

  /** The number that a program prints. Its heap has a fixed size and is touched at once. */
  static double number(Class<?> program, String heap, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
    command.addAll(List.of("-XX:+UseSerialGC", "-Xms" + heap, "-Xmx" + heap, "-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (BufferedReader out = process.inputReader()) {
      String line = out.readLine();
      if (process.waitFor() != 0 || line == null) {
        throw new IllegalStateException(String.join(" ", command) + " failed");
      }
      return Double.parseDouble(line);
    }
  }

  /** Resident bytes of this process, the whole heap among them. */
  static double resident() throws IOException {
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * (double) PAGE_BYTES;
  }

  /** Bytes of the heap that are in use once the garbage is gone. */
  static double used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
