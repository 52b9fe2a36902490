// A second JVM with an engine that listens: what connections are tested against.
package dev.everact;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Starts the process, says where it listens, and ends it. */
final class OtherProcess implements AutoCloseable {
  static final String TOKEN = "for-the-test-only";
  private static final String READY = "listening at ";

  private final Process process;
  final String address;

  private OtherProcess(Process process, String address) {
    this.process = process;
    this.address = address;
  }

  /**
   * Starts an engine on a folder.
   *
   * @param listen address and port
   * @param auth whether it wants {@link #TOKEN}
   */
  static OtherProcess start(Path folder, String listen, boolean auth) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Deveract.library=" + System.getProperty("everact.library"));
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(OtherProcess.class.getName());
    command.addAll(List.of(folder.toString(), listen, Boolean.toString(auth)));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = lines.readLine();
    if (line == null || !line.startsWith(READY)) {
      process.destroyForcibly();
      throw new IOException("the other process said " + line);
    }
    return new OtherProcess(process, line.substring(READY.length()));
  }

  /** Ends it in the middle of whatever it does. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Lets it close its engine. */
  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      process.onExit().get(30, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      process.destroyForcibly();
      throw new IOException("the other process did not end", e);
    }
  }

  /** The other process: an engine until the input ends. */
  public static void main(String[] arguments) throws IOException {
    Options options = Options.onFolder(Path.of(arguments[0])).listen(arguments[1]);
    options.gateway(Map.of("serve", "all"));
    if (Boolean.parseBoolean(arguments[2])) {
      List<Object> tokens = List.of(Map.of("name", "test", "token", TOKEN));
      options.gateway(Map.of("serve", "all", "auth", Map.of("tokens", tokens)));
    }
    try (Engine engine = Engine.open(options, ConnectionTest.Counter.class)) {
      System.out.println(READY + engine.address().orElseThrow());
      while (System.in.read() >= 0) {
        continue;
      }
    }
  }
}
