package {{ module }};

import dev.reenact.Engine;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** Opens the engine and serves its actors: {@code reenact serve}, or {@code mvn compile exec:java}. */
public class Main {
  public static void main(String[] args) throws InterruptedException {
    Path data = Path.of(System.getenv().getOrDefault("REENACT_DATA", "data"));
    try (Engine engine = Engine.open(data, Airport.class)) {
      System.out.println("SFO has seen " + engine.actor(Airport.class, "SFO").call(Airport::count) + " flights");
      if (engine.address() != null) {
        System.out.println("listening on " + engine.address());
        new CountDownLatch(1).await();
      }
    }
  }
}
