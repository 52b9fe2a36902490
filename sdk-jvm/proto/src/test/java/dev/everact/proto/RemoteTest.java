// Generated code over a connection to another process: the same references and clients, the
// declaration is enough.
package dev.everact.proto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.example.flights.v1.AirportsActor;
import com.example.flights.v1.AirportsClient;
import com.example.flights.v1.AirportsReference;
import com.example.flights.v1.ClearRequest;
import com.example.flights.v1.LateRequest;
import com.example.flights.v1.NoteRequest;
import dev.everact.Connection;
import dev.everact.Engine;
import dev.everact.Options;
import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.InvalidPayloadException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RemoteTest {
  @TempDir Path folder;
  private Process other;
  private String address;

  /** The other process: an engine until the input ends. */
  static final class Host {
    public static void main(String[] arguments) throws IOException {
      Options options = Options.onFolder(Path.of(arguments[0])).listen("127.0.0.1:0");
      try (Engine engine = Engine.open(options, Airports.class)) {
        System.out.println(engine.address().orElseThrow());
        while (System.in.read() >= 0) {
          continue;
        }
      }
    }
  }

  @BeforeEach
  void start() throws IOException {
    other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Deveract.library=" + System.getProperty("everact.library"),
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Host.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    address =
        "http://"
            + new BufferedReader(
                    new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8))
                .readLine();
  }

  @AfterEach
  void stop() throws Exception {
    other.getOutputStream().close();
    if (!other.waitFor(30, TimeUnit.SECONDS)) {
      other.destroyForcibly();
    }
  }

  @Test
  void everyShapeOfAMethodAnswers() {
    try (Connection connection = Connection.open(address, AirportsActor.class)) {
      AirportsReference sfo = new AirportsReference(connection, "SFO");
      assertEquals(12.0, sfo.landed(GeneratedTest.landed("a", 12)).getMeanDelay());
      assertEquals(2, sfo.landedAsync(GeneratedTest.landed("b", 2)).join().getFlights());
      assertEquals(
          4,
          sfo.upload(List.of(GeneratedTest.landed("c", 1), GeneratedTest.landed("d", 1)))
              .getFlights());
      assertEquals(5, sfo.follow(GeneratedTest.landed("e", 1)).get(0).getFlights());
      assertEquals(5, sfo.late(LateRequest.getDefaultInstance()).size());
      sfo.note(NoteRequest.newBuilder().setText("fog").build()).join();
      assertEquals("fog (5)", GeneratedTest.summary(sfo).getNote());
      sfo.clear(ClearRequest.getDefaultInstance());
      assertEquals(0, GeneratedTest.summary(sfo).getFlights());
      AirportsClient airports = new AirportsClient(connection);
      assertEquals(1, airports.landed(GeneratedTest.landed("JFK", "a", 1)).getFlights());
      assertEquals(
          1, sfo.withIdempotencyKey("k").landed(GeneratedTest.landed("f", 1)).getFlights());
      assertEquals(
          1, sfo.withIdempotencyKey("k").landed(GeneratedTest.landed("f", 1)).getFlights());
    }
  }

  @Test
  void errorsAreThoseOfAnEngine() {
    try (Connection connection = Connection.open(address, AirportsActor.class)) {
      AirportsReference sfo = new AirportsReference(connection, "SFO");
      HandlerFailedException failed =
          assertThrows(
              HandlerFailedException.class,
              () -> sfo.landed(GeneratedTest.landed("bad", Airports.FATAL)));
      assertEquals("IllegalArgumentException: never landed", failed.getMessage());
      assertEquals(0, GeneratedTest.summary(sfo).getFlights());
      assertThrows(
          InvalidArgumentException.class,
          () -> sfo.landed(GeneratedTest.landed("JFK", "other", 1)));
      assertThrows(
          InvalidPayloadException.class,
          () ->
              connection
                  .actor("airports", "SFO")
                  .call("landed", byte[].class, new byte[] {10, 9, 1}));
    }
  }
}
