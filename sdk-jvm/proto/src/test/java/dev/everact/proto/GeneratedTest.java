// The generated example through a real engine: every shape of a method, keys, state, failures.
package dev.everact.proto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.example.flights.v1.AirportsClient;
import com.example.flights.v1.AirportsReference;
import com.example.flights.v1.ClearRequest;
import com.example.flights.v1.Flight;
import com.example.flights.v1.LandedRequest;
import com.example.flights.v1.LandedResponse;
import com.example.flights.v1.LateRequest;
import com.example.flights.v1.NoteRequest;
import com.example.flights.v1.SummaryRequest;
import com.example.flights.v1.SummaryResponse;
import dev.everact.Engine;
import dev.everact.Options;
import dev.everact.Reference;
import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.InvalidPayloadException;
import dev.everact.errors.UnknownKindException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class GeneratedTest {
  @TempDir Path folder;

  static LandedRequest landed(String number, int delay) {
    Flight flight = Flight.newBuilder().setNumber(number).setDelay(delay).build();
    return LandedRequest.newBuilder().setFlight(flight).build();
  }

  static LandedRequest landed(String airport, String number, int delay) {
    return landed(number, delay).toBuilder().setAirport(airport).build();
  }

  static SummaryResponse summary(AirportsReference airport) {
    return airport.summary(SummaryRequest.getDefaultInstance());
  }

  @Test
  void everyShapeOfAMethodAnswers() {
    try (Engine engine = Engine.inMemory(Airports.class)) {
      AirportsReference sfo = new AirportsReference(engine, "SFO");
      LandedResponse first = sfo.landed(landed("LH 454", 12));
      assertEquals(1, first.getFlights());
      assertEquals(12.0, first.getMeanDelay());
      assertEquals(2, sfo.landedAsync(landed("LH 455", 0)).join().getFlights());
      assertEquals(4, sfo.upload(List.of(landed("a", 30), landed("b", 2))).getFlights());
      assertEquals(5, sfo.follow(landed("c", 1)).get(0).getFlights());
      List<Flight> late = sfo.late(LateRequest.newBuilder().setDelayMin(10).build());
      assertEquals(List.of("LH 454", "a"), late.stream().map(Flight::getNumber).toList());
      assertEquals(9.0, summary(sfo).getMeanDelay());
      assertEquals(
          List.of(), new AirportsReference(engine, "none").late(LateRequest.getDefaultInstance()));
      sfo.note(NoteRequest.newBuilder().setText("fog").build()).join();
      sfo.tellLanded(landed("told", 0)).join();
      assertEquals(6, summary(sfo).getFlights());
      assertEquals("fog (5)", summary(sfo).getNote());
      sfo.clear(ClearRequest.getDefaultInstance());
      assertEquals(SummaryResponse.getDefaultInstance(), summary(sfo));
      assertEquals("airports/SFO", sfo.toString());
      assertEquals(new AirportsReference(engine, "SFO"), sfo);
      assertNotEquals(new AirportsReference(engine, "JFK"), sfo);
    }
  }

  @Test
  void stateIsThereAfterARestart() {
    try (Engine engine = Engine.open(folder, Airports.class)) {
      AirportsReference sfo = new AirportsReference(engine, "SFO");
      for (int i = 0; i < 10; i++) {
        sfo.landed(landed("f" + i, i));
      }
      new AirportsReference(engine, "cleared").landed(landed("f", 1));
      new AirportsReference(engine, "cleared").clear(ClearRequest.getDefaultInstance());
    }
    try (Engine engine = Engine.open(folder, Airports.class)) {
      assertEquals(4.5, summary(new AirportsReference(engine, "SFO")).getMeanDelay());
      assertEquals(
          9, new AirportsReference(engine, "SFO").late(LateRequest.getDefaultInstance()).size());
      assertEquals(0, summary(new AirportsReference(engine, "cleared")).getFlights());
    }
  }

  @Test
  void aTurnThatFailsPutsTheStateBackAndLeavesTheObject() {
    try (Engine engine = Engine.inMemory(Airports.class)) {
      AirportsReference sfo = new AirportsReference(engine, "SFO");
      sfo.landed(landed("good", 5));
      HandlerFailedException failed =
          assertThrows(
              HandlerFailedException.class, () -> sfo.landed(landed("bad", Airports.FATAL)));
      assertEquals("IllegalArgumentException: never landed", failed.getMessage());
      assertEquals(1, summary(sfo).getFlights());
      assertThrows(
          HandlerFailedException.class,
          () -> sfo.upload(List.of(landed("x", 1), landed("bad", Airports.FATAL))));
      assertEquals(1, summary(sfo).getFlights());
      sfo.note(NoteRequest.newBuilder().setText("turns").build()).join();
      assertEquals("turns (4)", summary(sfo).getNote());
    }
  }

  @Test
  void aTellInsideAHandlerLeavesWithItsTurn() {
    try (Engine engine = Engine.inMemory(Airports.class)) {
      AirportsReference sfo = new AirportsReference(engine, "SFO");
      AirportsReference oak = new AirportsReference(engine, "OAK");
      sfo.landed(landed(Airports.DIVERTED, 7));
      while (summary(oak).getFlights() == 0) {
        Thread.onSpinWait();
      }
      assertEquals("again", oak.late(LateRequest.getDefaultInstance()).get(0).getNumber());
    }
  }

  @Test
  void aReferenceCompletesTheKeyAndRefusesAnother() {
    try (Engine engine = Engine.inMemory(Airports.class)) {
      AirportsReference sfo = new AirportsReference(engine, "SFO");
      LandedRequest open = landed("open", 1);
      assertEquals(1, sfo.landed(open).getFlights());
      assertEquals("", open.getAirport());
      assertEquals(2, sfo.landed(landed("SFO", "named", 1)).getFlights());
      InvalidArgumentException refused =
          assertThrows(InvalidArgumentException.class, () -> sfo.landed(landed("JFK", "other", 1)));
      assertTrue(refused.getMessage().contains("JFK"), refused.getMessage());
      assertThrows(
          InvalidArgumentException.class,
          () -> sfo.upload(List.of(landed("SFO", "a", 1), landed("JFK", "b", 1))));
      assertThrows(InvalidArgumentException.class, () -> sfo.upload(List.of()));
      assertThrows(InvalidArgumentException.class, () -> new AirportsReference(engine, ""));
      CompletionException later =
          assertThrows(
              CompletionException.class, () -> sfo.landedAsync(landed("JFK", "other", 1)).join());
      assertInstanceOf(InvalidArgumentException.class, later.getCause());
      assertEquals(2, summary(sfo).getFlights());
    }
  }

  @Test
  void aClientGoesWhereTheRequestSays() {
    try (Engine engine = Engine.inMemory(Airports.class)) {
      AirportsClient airports = new AirportsClient(engine);
      airports.landed(landed("SFO", "a", 1));
      airports.landedAsync(landed("JFK", "b", 1)).join();
      airports.upload(List.of(landed("JFK", "c", 1), landed("d", 1)));
      airports.note(NoteRequest.newBuilder().setAirport("JFK").setText("n").build()).join();
      assertEquals(1, summary(airports.actor("SFO")).getFlights());
      assertEquals(3, summary(airports.actor("JFK")).getFlights());
      assertThrows(InvalidArgumentException.class, () -> airports.landed(landed("nobody", 1)));
      assertThrows(InvalidArgumentException.class, () -> airports.upload(List.of()));
      assertThrows(
          InvalidArgumentException.class,
          () -> airports.upload(List.of(landed("SFO", "a", 1), landed("JFK", "b", 1))));
    }
  }

  @Test
  void marksAndDeadlinesWorkAsForOtherReferences() {
    try (Engine engine = Engine.open(folder, Airports.class)) {
      AirportsReference sfo = new AirportsReference(engine, "SFO");
      assertEquals(1, sfo.withProducer("file", 1).landed(landed("a", 1)).getFlights());
      assertEquals(1, sfo.withProducer("file", 1).landed(landed("a", 1)).getFlights());
      assertEquals(2, sfo.withIdempotencyKey("k").landed(landed("b", 1)).getFlights());
      assertEquals(2, sfo.withIdempotencyKey("k").landed(landed("b", 1)).getFlights());
      assertEquals(3, sfo.withDeadline(Duration.ofSeconds(5)).landed(landed("c", 1)).getFlights());
    }
  }

  @Test
  void byNameMessagesAndRawBytesGoToo() {
    try (Engine engine = Engine.inMemory(Airports.class)) {
      Reference<?> sfo = engine.actor("airports", "SFO");
      LandedRequest request = landed("SFO", "a", 1);
      assertEquals(1, sfo.call("landed", LandedResponse.class, request).getFlights());
      byte[] raw = sfo.call("landed", byte[].class, request.toByteArray());
      assertEquals(8, raw[0]); // field 1, a number
      assertEquals(2, raw[1]);
      InvalidPayloadException broken =
          assertThrows(
              InvalidPayloadException.class,
              () -> sfo.call("landed", byte[].class, new byte[] {10, 9, 1}));
      assertTrue(broken.getMessage().contains("flights.v1.LandedRequest"), broken.getMessage());
      assertThrows(
          InvalidPayloadException.class,
          () -> sfo.call("upload", byte[].class, new byte[] {9, 0, 0, 0, 1}));
      assertThrows(
          InvalidPayloadException.class,
          () -> sfo.call("landed", LandedResponse.class, SummaryRequest.getDefaultInstance()));
      assertEquals(2, summary(new AirportsReference(engine, "SFO")).getFlights());
    }
  }

  @Test
  void aKindThatIsNotRegisteredIsNamed() {
    try (Engine engine = Engine.open(Options.inMemory(), List.of())) {
      UnknownKindException refused =
          assertThrows(UnknownKindException.class, () -> new AirportsReference(engine, "SFO"));
      assertTrue(refused.getMessage().contains("airports"));
      AirportsClient airports = new AirportsClient(engine);
      assertThrows(UnknownKindException.class, () -> airports.landed(landed("SFO", "a", 1)));
    }
  }
}
