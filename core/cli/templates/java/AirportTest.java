package {{ module }};

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.reenact.Engine;
import org.junit.jupiter.api.Test;

class AirportTest {
  @Test
  void flightsAreCounted() {
    try (Engine engine = Engine.inMemory(Airport.class)) {
      var airport = engine.actor(Airport.class, "SFO");
      assertEquals(12.0, airport.call(Airport::landed, 12));
      assertEquals(6.0, airport.call(Airport::landed, -3));
      assertEquals(2, airport.call(Airport::count));
    }
  }
}
