// An engine that others reach: serve DATA.
package interop;

import dev.everact.Engine;
import dev.everact.Options;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/** Prints where the engine listens, and closes it when standard input ends. */
final class Serve {
  private Serve() {}

  public static void main(String[] arguments) throws IOException {
    Options options = Options.onFolder(Path.of(arguments[0])).listen("127.0.0.1:0");
    try (Engine engine = Engine.open(options, Airport.class)) {
      System.out.println("http://" + engine.address().orElseThrow());
      System.in.transferTo(OutputStream.nullOutputStream());
    }
  }
}
