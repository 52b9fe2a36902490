// Two class loaders in one JVM, as development tools and application servers have them: each has
// the
// library for itself.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoadersTest {
  /** What runs within each loader. */
  public static class Probe {
    private Probe() {}

    static class Counter extends Actor {
      int value;

      @Handler
      int add(int amount) {
        return value += amount;
      }
    }

    /** Opens an engine and asks. */
    public static int run(int amount) {
      try (Engine engine = Engine.inMemory(Counter.class)) {
        return engine.actor(Counter.class, "a").call(Counter::add, amount);
      }
    }
  }

  private static URLClassLoader loader() throws Exception {
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<URL> urls = new ArrayList<>();
    for (String part : path.split(File.pathSeparator)) {
      urls.add(new File(part).toURI().toURL());
    }
    return new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
  }

  @Test
  void eachLoaderOpensEngines() throws Exception {
    assertEquals(1, Probe.run(1));
    for (int i = 2; i < 4; i++) {
      try (URLClassLoader loader = loader()) {
        Class<?> probe = loader.loadClass(Probe.class.getName());
        assertNotSame(Probe.class, probe);
        assertEquals(i, probe.getMethod("run", int.class).invoke(null, i));
      }
    }
  }
}
