// Errors that the .proto declares: the class with its message at the caller, in this process and
// over a connection.
package dev.everact.proto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.example.flights.v1.AirportClosed;
import com.example.flights.v1.AirportClosedException;
import com.example.flights.v1.AirportsActor;
import com.example.flights.v1.AirportsReference;
import com.example.flights.v1.Flight;
import dev.everact.Connection;
import dev.everact.Engine;
import dev.everact.Options;
import dev.everact.Scope;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MessageExceptionTest {
  private static final AirportClosed CLOSED =
      AirportClosed.newBuilder()
          .setAirport("SFO")
          .setMinutes((1L << 53) + 1)
          .addWaiting(Flight.newBuilder().setNumber("F7").setDelay(7))
          .build();

  @TempDir Path folder;

  /** What is refused there; the turn's change is discarded. */
  private static AirportClosedException refused(Scope scope) {
    AirportsReference sfo = new AirportsReference(scope, "SFO");
    sfo.landed(GeneratedTest.landed("F7", 7));
    AirportClosedException refused =
        assertThrows(
            AirportClosedException.class,
            () -> sfo.landed(GeneratedTest.landed(Airports.CLOSED, 0)));
    assertEquals(1, GeneratedTest.summary(sfo).getFlights());
    assertEquals(CLOSED, refused.detail());
    return refused;
  }

  @Test
  void aDeclaredErrorArrivesAsItsClassWithItsMessage() {
    try (Engine engine = Engine.inMemory(Airports.class)) {
      AirportClosedException refused = refused(engine);
      assertEquals("airport_closed", refused.type());
      assertEquals(422, refused.status());
      assertEquals("FAILED_PRECONDITION", refused.grpc());
      assertEquals("9007199254740993", refused.details().get("minutes"));
    }
  }

  @Test
  void aDeclaredErrorGoesOverAConnection() {
    Options options = Options.onFolder(folder).listen("127.0.0.1:0");
    try (Engine engine = Engine.open(options, Airports.class);
        Connection there =
            Connection.open("http://" + engine.address().orElseThrow(), AirportsActor.class)) {
      refused(there);
    }
  }

  @Test
  void fieldsOfALaterReleaseArePassedOverAndOthersGiveNone() {
    AirportClosed empty = AirportClosed.getDefaultInstance();
    assertNotNull(
        MessageException.read(empty, AirportClosedException::new, "", "{\"lights\": \"out\"}"));
    assertNull(
        MessageException.read(empty, AirportClosedException::new, "", "{\"minutes\": \"many\"}"));
  }
}
