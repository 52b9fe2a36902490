// One durable actor per airport: run it twice, the second run goes on from the state of the first.
import dev.everact.*;
import java.nio.file.Path;

public class Main {
  static class Airport extends Actor { // kind "airport": one instance per key, created on first message
    int flights; // durable state: plain fields

    @Handler String landed(int delay) { return "flight " + ++flights + ", " + delay + " minutes late"; }
  }

  public static void main(String[] args) {
    try (Engine engine = Engine.open(Path.of("flights-data"), Airport.class)) {
      System.out.println(engine.actor(Airport.class, "SFO").call(Airport::landed, 12));
    }
  }
}
