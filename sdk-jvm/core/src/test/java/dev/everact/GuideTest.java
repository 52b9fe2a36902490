// The guides to processes and behaviours: their Java compiles and runs as it stands there.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class GuideTest {
  private static final Path GUIDES = Path.of("../../docs/guide");
  private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @Test
  void whatTheGuideToProcessesShowsRuns(@TempDir Path folder) throws Exception {
    String kinds =
        "Kinds.of(Counter.class, Pool.class, Listener.class).with(PONG, PING, WATCHER, CLOCK)";
    run(
        folder,
        program("processes.md", 12).replace("inMemory(Counter.class)", "inMemory(" + kinds + ")"));
  }

  @Test
  void whatTheGuideToBehavioursShowsRuns(@TempDir Path folder) throws Exception {
    String kinds = "Kinds.of(Gate.class, Session.class, Door.class).with(ALARMS)";
    run(
        folder,
        program("behaviours.md", 8).replace("inMemory(Gate.class)", "inMemory(" + kinds + ")"));
  }

  @Test
  void whatTheGuideToSupervisionShowsRuns(@TempDir Path folder) throws Exception {
    String kinds = "Till.class, Connection.class, Worker.class, Listener.class";
    run(
        folder,
        program("supervision.md", 4).replace("inMemory(Till.class)", "inMemory(" + kinds + ")"));
  }

  @Test
  void whatTheGuideToLiveSystemsShowsRuns(@TempDir Path folder) throws Exception {
    run(folder, program("live.md", 2));
  }

  private void run(Path folder, String program) throws Exception {
    Path source = folder.resolve("Guide.java");
    Files.writeString(source, program);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    boolean compiles =
        compiler
            .getTask(
                said,
                null,
                null,
                List.of(
                    "-parameters",
                    "-d",
                    folder.toString(),
                    "-cp",
                    System.getProperty("java.class.path")),
                null,
                compiler
                    .getStandardFileManager(null, null, null)
                    .getJavaFileObjects(source.toFile()))
            .call();
    assertTrue(compiles, said.toString());
    URL[] classes = {folder.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(classes, getClass().getClassLoader())) {
      loader.loadClass("Guide").getMethod("run").invoke(null);
    } catch (InvocationTargetException e) {
      throw new AssertionError("the guide's code threw", e.getCause());
    }
  }

  /** What declares something stands in a class, the rest in a method, in its order. */
  private static String program(String guide, int wanted) throws IOException {
    StringBuilder declarations = new StringBuilder();
    StringBuilder statements = new StringBuilder();
    Matcher blocks = BLOCK.matcher(Files.readString(GUIDES.resolve(guide)));
    int count = 0;
    while (blocks.find()) {
      String code = blocks.group(1);
      boolean declares =
          code.startsWith("static ")
              || code.startsWith("sealed ")
              || code.startsWith("record ")
              || code.startsWith("@Machine");
      (declares ? declarations : statements).append(code).append('\n');
      count++;
    }
    assertEquals(wanted, count, "blocks of Java in the guide");
    return "import dev.everact.*;\n"
        + "import dev.everact.errors.*;\n"
        + "import java.time.Duration;\n"
        + "import java.util.*;\n"
        + "import java.util.concurrent.CompletableFuture;\n"
        + "import dev.everact.Timer;\n"
        + "public class Guide {\n"
        + declarations
        + "public static void run() throws Exception {\n"
        + statements
        + "}\n}\n";
  }
}
