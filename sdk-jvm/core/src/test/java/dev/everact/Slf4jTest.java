// A program with SLF4J on its class path: the core's lines and notices reach its logger. The JVM
// finds its logger once, so it is one of its own; the other tests have java.util.logging's.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class Slf4jTest {
  /** Where the build puts the jars of SLF4J. */
  private static final Path JARS = Path.of("target", "slf4j", "*");

  @Test
  void slf4jGetsTheCoresLinesAndNotices() throws IOException, InterruptedException {
    Process process = program().start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    List<String> lines = said.lines().toList();
    for (String wanted :
        List.of(
            "INFO dev.everact - engine.open data=(memory) kinds=1 ",
            "TRACE dev.everact - turn.start kind=counter key=\"a {0} {} 'b'\" handler=add turn=",
            "WARN dev.everact - ")) {
      assertTrue(lines.stream().anyMatch(line -> line.contains(wanted)), wanted + "\n" + said);
    }
    assertTrue(said.contains("did you mean EVERACT_ASK_TIMEOUT_MS?"), said);
  }

  private static ProcessBuilder program() {
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    ProcessBuilder program =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Deveract.library=" + System.getProperty("everact.library"),
            "-Dorg.slf4j.simpleLogger.log.dev.everact=trace",
            "-cp",
            path + File.pathSeparator + JARS,
            Slf4jTest.class.getName());
    program.environment().put("EVERACT_ASK_TIMEOUT", "5");
    return program.redirectErrorStream(true);
  }

  /** The program: a turn, with a key that would mean something where it were taken for a format. */
  public static void main(String[] arguments) {
    try (Engine engine =
        Engine.open(Options.inMemory().logLevel("trace"), EngineTest.Counter.class)) {
      engine.actor(EngineTest.Counter.class, "a {0} {} 'b'").call(EngineTest.Counter::add, 1);
    }
  }
}
