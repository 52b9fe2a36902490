// The guide to processes: its Java compiles and runs as it stands there.
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
  private static final Path GUIDE = Path.of("../../docs/guide/processes.md");
  private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final String KINDS =
      "Kinds.of(Counter.class, Pool.class, Listener.class).with(PONG, PING, WATCHER, CLOCK)";

  @Test
  void whatTheGuideShowsRuns(@TempDir Path folder) throws Exception {
    Path source = folder.resolve("Guide.java");
    Files.writeString(source, program());
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
  private static String program() throws IOException {
    StringBuilder declarations = new StringBuilder();
    StringBuilder statements = new StringBuilder();
    Matcher blocks = BLOCK.matcher(Files.readString(GUIDE));
    int count = 0;
    while (blocks.find()) {
      String code = blocks.group(1);
      boolean declares =
          code.startsWith("static ") || code.startsWith("sealed ") || code.startsWith("record ");
      (declares ? declarations : statements).append(code).append('\n');
      count++;
    }
    assertEquals(12, count, "blocks of Java in the guide");
    return "import dev.everact.*;\nimport java.time.Duration;\nimport java.util.*;\n"
        + "import dev.everact.Timer;\npublic class Guide {\n"
        + declarations
        + "public static void run() throws Exception {\n"
        + statements
            .toString()
            .replace("Engine.inMemory(Counter.class)", "Engine.inMemory(" + KINDS + ")")
        + "}\n}\n";
  }
}
