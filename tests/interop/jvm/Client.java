// The story on the references and clients that protoc-gen-everact writes: client ADDRESS KEY.
package interop;

import com.example.flights.v1.AirportClosedException;
import com.example.flights.v1.AirportsActor;
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
import dev.everact.Connection;
import dev.everact.Metadata;
import dev.everact.errors.EveractException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** The reference fills its key into requests that name no airport. */
final class Client {
  private final Connection connection;
  private final String key;
  private final AirportsReference airport;

  private Client(Connection connection, String key) {
    this.connection = connection;
    this.key = key;
    this.airport = new AirportsReference(connection, key);
  }

  public static void main(String[] arguments) throws IOException {
    // Only the declaration counts here: the actors are where the engine is.
    try (Connection connection = Connection.open(arguments[0], AirportsActor.class)) {
      new Client(connection, arguments[1]).play();
    }
  }

  private void play() throws IOException {
    Lines.print("landed", counted(airport.landed(landed("LH 454", 12))));
    Lines.print("again", counted(airport.landed(landed("LH 455", 0))));
    Lines.print("upload", counted(airport.upload(List.of(landed("UA 1", 30), landed("UA 2", 18)))));
    Lines.print("follow", follow());
    Lines.print("late", late());
    Lines.print("note", note());
    Lines.print("once", once());
    Lines.print("metadata", metadata());
    Lines.print("bad", bad());
    Lines.print("closed", closed());
    SummaryResponse summary = summary();
    Lines.print(
        "rolled_back",
        Map.of("flights", summary.getFlights(), "mean_delay", summary.getMeanDelay()));
    Lines.print("slow", slow());
    Lines.print("no_key", withoutKey());
    airport.clear(ClearRequest.getDefaultInstance());
    SummaryResponse cleared = summary();
    Lines.print("clear", Map.of("flights", cleared.getFlights(), "note", cleared.getNote()));
  }

  private Map<String, ?> follow() {
    List<Long> flights = new ArrayList<>();
    List<Double> delays = new ArrayList<>();
    for (LandedRequest request : List.of(landed("AF 1", 0), landed("AF 2", 30))) {
      for (LandedResponse reply : airport.follow(request)) {
        flights.add(reply.getFlights());
        delays.add(reply.getMeanDelay());
      }
    }
    return Map.of("flights", flights, "mean_delays", delays);
  }

  private Map<String, ?> late() {
    List<Flight> late = airport.late(LateRequest.newBuilder().setDelayMin(20).build());
    return Map.of("numbers", late.stream().map(Flight::getNumber).toList());
  }

  private Map<String, ?> note() {
    airport.note(NoteRequest.newBuilder().setText("fog ☁").build()).join();
    SummaryResponse summary = summary();
    return Map.of(
        "flights", summary.getFlights(),
        "mean_delay", summary.getMeanDelay(),
        "note", summary.getNote());
  }

  private Map<String, ?> once() {
    AirportsReference marked = airport.withIdempotencyKey("once-" + key);
    LandedResponse first = marked.landed(landed("BA 1", 15));
    LandedResponse second = marked.landed(landed("BA 1", 15));
    return Map.of("flights", List.of(first.getFlights(), second.getFlights()));
  }

  private Map<String, ?> metadata() {
    AtomicReference<Metadata> came = new AtomicReference<>(Metadata.empty());
    LandedResponse reply =
        airport
            .withMetadata(Metadata.of("trace", "abc"))
            .withReplyMetadata(came::set)
            .landed(landed("BA 2", 15));
    return Map.of("flights", reply.getFlights(), "trace", came.get().text("trace").orElse(""));
  }

  private Map<String, ?> bad() {
    EveractException failure = failure(() -> airport.landed(landed("bad", 99)));
    boolean holds = failure.getMessage().contains("no such flight");
    return Map.of("error", failure.errorName(), "holds", holds);
  }

  private Map<String, ?> closed() {
    EveractException failure = failure(() -> airport.landed(landed("closed", 99)));
    AirportClosedException closed = (AirportClosedException) failure;
    List<String> waiting = closed.detail().getWaitingList().stream().map(Flight::getNumber).toList();
    String minutes = Long.toString(closed.detail().getMinutes());
    return Map.of("error", closed.type(), "minutes", minutes, "waiting", waiting);
  }

  private Map<String, ?> slow() {
    AirportsReference hurried =
        new AirportsReference(connection, key + "-slow").withDeadline(Duration.ofMillis(300));
    return Map.of("error", failure(() -> hurried.landed(landed("slow", 1))).errorName());
  }

  /** The client is for all airports and goes by what the request names. */
  private Map<String, ?> withoutKey() {
    AirportsClient airports = new AirportsClient(connection);
    return Map.of("error", failure(() -> airports.landed(landed("LH 454", 12))).errorName());
  }

  private SummaryResponse summary() {
    return airport.summary(SummaryRequest.getDefaultInstance());
  }

  private static LandedRequest landed(String number, int delay) {
    Flight flight = Flight.newBuilder().setNumber(number).setDelay(delay).build();
    return LandedRequest.newBuilder().setFlight(flight).build();
  }

  private static Map<String, ?> counted(LandedResponse reply) {
    return Map.of("flights", reply.getFlights(), "mean_delay", reply.getMeanDelay());
  }

  private static EveractException failure(Supplier<?> call) {
    try {
      call.get();
    } catch (EveractException e) {
      return e;
    }
    throw new IllegalStateException("the call should have failed");
  }
}
