// Programs of the operating system under supervisors.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.InvalidArgumentException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ProgramTest {
  static final BlockingQueue<String> LINES = new LinkedBlockingQueue<>();

  static class Lines extends HandlerProcess {
    @Handler
    void outputLine(Program.OutputLine line) {
      LINES.add(line.stream() + ": " + line.line());
    }

    @Handler
    void said(Program.OutputLine line) {
      LINES.add("said " + line.line());
    }
  }

  static final ProcessKind<Program.OutputLine, Void> READER =
      ProcessKind.receiving(
          "reader",
          Program.OutputLine.class,
          context -> {
            while (true) {
              LINES.add("read " + context.receive().line());
            }
          });

  private Engine engine;

  @BeforeEach
  void open() {
    LINES.clear();
    engine = Engine.open(Options.inMemory(), Kinds.of(Lines.class).with(READER));
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private static String line() throws InterruptedException {
    return LINES.poll(20, TimeUnit.SECONDS);
  }

  @Test
  void itsLinesAreToldAndItIsAskedToEnd(@TempDir Path folder) throws Exception {
    engine.spawn(Spawn.of(Lines.class).named("lines"));
    Program sleeper =
        Program.of("sh", "-c", "echo $GREETING >&2; pwd; exec sleep 60")
            .environment(Map.of("GREETING", "hello"))
            .directory(folder.toRealPath().toString())
            .stop(Program.Stop.INTERRUPT)
            .output("lines")
            .named("sleeper");
    SupervisorRef top =
        engine.startSupervisor(
            Supervisor.of(Strategy.ONE_FOR_ONE, Child.of(sleeper).shutdown(Shutdown.INFINITY)));
    List<String> both = List.of(line(), line());
    assertTrue(both.contains("stderr: hello"), both.toString());
    assertTrue(both.contains("stdout: " + folder.toRealPath()), both.toString());
    CompletableFuture<ExitReason> end = engine.whereis("sleeper").orElseThrow().ended();
    top.terminateChild("sleeper").join();
    assertEquals(ExitReason.SHUTDOWN, end.get(20, TimeUnit.SECONDS));
  }

  @Test
  void anyHandlerTakesLines() throws Exception {
    engine.spawn(Spawn.of(Lines.class).named("lines"));
    engine.spawn(Spawn.of(READER).named("reader"));
    engine.startSupervisor(
        Supervisor.of(
            Strategy.ONE_FOR_ONE,
            Child.of(Program.of("sh", "-c", "echo one").output("lines", "said"))
                .restart(Restart.TEMPORARY)));
    assertEquals("said one", line());
    engine.startSupervisor(
        Supervisor.of(
            Strategy.ONE_FOR_ONE,
            Child.of(Program.of("sh", "-c", "echo two").output("reader"))
                .restart(Restart.TEMPORARY)));
    assertEquals("read two", line());
  }

  @Test
  void aStatusIsAReason() throws Exception {
    SupervisorRef top =
        engine.startSupervisor(
            Supervisor.of(
                Strategy.ONE_FOR_ONE,
                Child.of(Program.of("sh", "-c", "read x; exit 3").named("fails"))
                    .restart(Restart.TEMPORARY)
                    .id("one"),
                Child.of(Program.of("sleep", "60").named("sleeps")).restart(Restart.TEMPORARY)));
    ProcessRef<?> sleeps = engine.whereis("sleeps").orElseThrow();
    CompletableFuture<ExitReason> end = sleeps.ended();
    sleeps.kill();
    assertEquals(new ExitReason.Killed(), end.get(20, TimeUnit.SECONDS));
    top.exit(ExitReason.SHUTDOWN);
  }

  @Test
  void whatCannotBeStartedFailsTheStart() {
    Supervisor bad = Supervisor.of(Strategy.ONE_FOR_ONE, Child.of(Program.of("/no/such/program")));
    assertThrows(SupervisorException.class, () -> engine.startSupervisor(bad));
    assertThrows(InvalidArgumentException.class, () -> Program.of());
    assertThrows(NullPointerException.class, () -> Program.of("a").directory(null));
  }
}
