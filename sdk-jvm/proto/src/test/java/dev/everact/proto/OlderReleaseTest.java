// A release that knows less of the state than what is stored: the fields that it does not know
// stay.
package dev.everact.proto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.example.flights.v1.AirportsProto;
import com.example.flights.v1.AirportsReference;
import com.example.flights.v1.LandedRequest;
import com.example.flights.v1.LandedResponse;
import com.example.flights.v1.LateRequest;
import com.example.flights.v1.NoteRequest;
import com.example.flights.v1.SummaryResponse;
import com.example.oddities.v1.OlderAirportState;
import com.example.oddities.v1.OlderFlight;
import dev.everact.Context;
import dev.everact.Engine;
import dev.everact.Reference;
import dev.everact.errors.HandlerFailedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class OlderReleaseTest {
  @TempDir Path folder;

  /** The airport of that release. */
  static class Older extends ProtoActor<OlderAirportState> {
    static final ProtoKind<Older, OlderAirportState> KIND =
        ProtoKind.of(
            "airports",
            AirportsProto.getDescriptor().findServiceByName("Airports"),
            OlderAirportState.getDefaultInstance());
    static final ProtoHandler<LandedRequest, LandedResponse> LANDED =
        KIND.unary(
            "landed",
            "airport",
            LandedRequest.getDefaultInstance(),
            LandedResponse.getDefaultInstance(),
            Older::landed);

    private int turns;

    Older() {
      super(KIND);
    }

    /**
     * Changes every field that the release knows. The reply's mean delay is the number of turns
     * since the actor came into memory.
     */
    LandedResponse landed(LandedRequest request, Context context) {
      turns++;
      OlderAirportState.Builder next = getState().toBuilder();
      next.setFlights(next.getFlights() + 1);
      for (OlderFlight.Builder late : next.getLateBuilderList()) {
        late.setNumber(late.getNumber() + "!");
      }
      setState(next.build());
      switch (request.getFlight().getNumber()) {
        case "bad" -> throw new IllegalStateException("no gate is free");
        case "last" -> context.passivate();
        default -> {}
      }
      return LandedResponse.newBuilder().setFlights(next.getFlights()).setMeanDelay(turns).build();
    }
  }

  @Test
  void fieldsThatAReleaseDoesNotKnowAreKeptThroughItsChanges() {
    try (Engine engine = Engine.open(folder, Airports.class)) {
      AirportsReference sfo = new AirportsReference(engine, "SFO");
      sfo.upload(List.of(GeneratedTest.landed("LH 454", 12), GeneratedTest.landed("UA 1", 6)));
      sfo.note(NoteRequest.newBuilder().setText("fog").build()).join();
    }
    try (Engine engine = Engine.open(folder, Older.class)) {
      Reference<?> sfo = engine.actor("airports", "SFO");
      assertThrows(HandlerFailedException.class, () -> landed(sfo, "bad"));
      List<String> counts = new ArrayList<>();
      for (String number : List.of("next", "last", "next")) {
        LandedResponse reply = landed(sfo, number);
        counts.add(reply.getFlights() + " " + reply.getMeanDelay());
      }
      assertEquals(List.of("3 2.0", "4 3.0", "5 1.0"), counts);
    }
    try (Engine engine = Engine.open(folder, Airports.class)) {
      AirportsReference sfo = new AirportsReference(engine, "SFO");
      SummaryResponse summary = GeneratedTest.summary(sfo);
      assertEquals(5, summary.getFlights());
      assertEquals(18.0 / 5, summary.getMeanDelay());
      assertEquals("fog (2)", summary.getNote());
      assertEquals(
          List.of("LH 454!!! 12", "UA 1!!! 6"),
          sfo.late(LateRequest.getDefaultInstance()).stream()
              .map(flight -> flight.getNumber() + " " + flight.getDelay())
              .toList());
    }
  }

  private static LandedResponse landed(Reference<?> airport, String number) {
    LandedRequest request = GeneratedTest.landed("SFO", number, 0);
    return airport.call("landed", LandedResponse.class, request);
  }
}
