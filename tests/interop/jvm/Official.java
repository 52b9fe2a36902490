// The story on the client that grpc-java's generator writes, with nothing of ours: official ADDRESS
// KEY.
package interop;

import com.example.flights.v1.AirportsGrpc;
import com.example.flights.v1.AirportsGrpc.AirportsBlockingV2Stub;
import com.example.flights.v1.ClearRequest;
import com.example.flights.v1.Flight;
import com.example.flights.v1.LandedRequest;
import com.example.flights.v1.LandedResponse;
import com.example.flights.v1.LateRequest;
import com.example.flights.v1.NoteRequest;
import com.example.flights.v1.SummaryRequest;
import com.example.flights.v1.SummaryResponse;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.MetadataUtils;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Every request names its airport. */
final class Official {
  private static final Metadata.Key<String> IDEMPOTENCY_KEY = text("idempotency-key");
  private static final Metadata.Key<String> TRACE = text("trace");

  private final AirportsBlockingV2Stub airports;
  private final String key;

  private Official(AirportsBlockingV2Stub airports, String key) {
    this.airports = airports;
    this.key = key;
  }

  public static void main(String[] arguments) throws Exception {
    ManagedChannel channel =
        Grpc.newChannelBuilder(
                URI.create(arguments[0]).getAuthority(), InsecureChannelCredentials.create())
            .build();
    try {
      new Official(AirportsGrpc.newBlockingV2Stub(channel), arguments[1]).play();
    } finally {
      channel.shutdownNow();
    }
  }

  private void play() throws Exception {
    Lines.print("landed", counted(airports.landed(landed("LH 454", 12))));
    Lines.print("again", counted(airports.landed(landed("LH 455", 0))));
    Lines.print("upload", upload());
    Lines.print("follow", follow());
    Lines.print("late", late());
    Lines.print("note", note());
    Lines.print("once", once());
    Lines.print("metadata", metadata());
    Lines.print("bad", bad());
    SummaryResponse summary = summary();
    Lines.print(
        "rolled_back",
        Map.of("flights", summary.getFlights(), "mean_delay", summary.getMeanDelay()));
    Lines.print("slow", slow());
    Lines.print("no_key", withoutKey());
    airports.clear(ClearRequest.newBuilder().setAirport(key).build());
    SummaryResponse cleared = summary();
    Lines.print("clear", Map.of("flights", cleared.getFlights(), "note", cleared.getNote()));
  }

  private Map<String, ?> upload() throws Exception {
    BlockingClientCall<LandedRequest, LandedResponse> call = airports.upload();
    call.write(landed("UA 1", 30));
    call.write(landed("UA 2", 18));
    call.halfClose();
    return counted(call.read());
  }

  private Map<String, ?> follow() throws Exception {
    BlockingClientCall<LandedRequest, LandedResponse> call = airports.follow();
    List<Long> flights = new ArrayList<>();
    List<Double> delays = new ArrayList<>();
    for (LandedRequest request : List.of(landed("AF 1", 0), landed("AF 2", 30))) {
      call.write(request);
      LandedResponse reply = call.read();
      flights.add(reply.getFlights());
      delays.add(reply.getMeanDelay());
    }
    call.halfClose();
    if (call.read() != null) {
      throw new IllegalStateException("the stream goes on");
    }
    return Map.of("flights", flights, "mean_delays", delays);
  }

  private Map<String, ?> late() throws Exception {
    LateRequest request = LateRequest.newBuilder().setAirport(key).setDelayMin(20).build();
    BlockingClientCall<?, Flight> call = airports.late(request);
    List<String> numbers = new ArrayList<>();
    while (call.hasNext()) {
      numbers.add(call.read().getNumber());
    }
    return Map.of("numbers", numbers);
  }

  private Map<String, ?> note() throws Exception {
    airports.note(NoteRequest.newBuilder().setAirport(key).setText("fog ☁").build());
    SummaryResponse summary = summary();
    return Map.of(
        "flights", summary.getFlights(),
        "mean_delay", summary.getMeanDelay(),
        "note", summary.getNote());
  }

  private Map<String, ?> once() throws Exception {
    AirportsBlockingV2Stub marked = withHeader(IDEMPOTENCY_KEY, "once-" + key);
    LandedResponse first = marked.landed(landed("BA 1", 15));
    LandedResponse second = marked.landed(landed("BA 1", 15));
    return Map.of("flights", List.of(first.getFlights(), second.getFlights()));
  }

  private Map<String, ?> metadata() throws Exception {
    AtomicReference<Metadata> headers = new AtomicReference<>();
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    LandedResponse reply =
        withHeader(TRACE, "abc")
            .withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
            .landed(landed("BA 2", 15));
    return Map.of("flights", reply.getFlights(), "trace", headers.get().get(TRACE));
  }

  private Map<String, ?> bad() throws Exception {
    Failure failure = Failure.of(() -> airports.landed(landed("bad", 99)));
    return Map.of("error", failure.name(), "holds", failure.text().contains("no such flight"));
  }

  private Map<String, ?> slow() throws Exception {
    LandedRequest slow = landed("slow", 1).toBuilder().setAirport(key + "-slow").build();
    Failure failure =
        Failure.of(() -> airports.withDeadlineAfter(300, TimeUnit.MILLISECONDS).landed(slow));
    return Map.of("error", failure.name());
  }

  private Map<String, ?> withoutKey() throws Exception {
    LandedRequest request = landed("LH 454", 12).toBuilder().clearAirport().build();
    return Map.of("error", Failure.of(() -> airports.landed(request)).name());
  }

  private SummaryResponse summary() throws Exception {
    return airports.summary(SummaryRequest.newBuilder().setAirport(key).build());
  }

  private LandedRequest landed(String number, int delay) {
    Flight flight = Flight.newBuilder().setNumber(number).setDelay(delay).build();
    return LandedRequest.newBuilder().setAirport(key).setFlight(flight).build();
  }

  private AirportsBlockingV2Stub withHeader(Metadata.Key<String> name, String value) {
    Metadata headers = new Metadata();
    headers.put(name, value);
    return airports.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static Metadata.Key<String> text(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  private static Map<String, ?> counted(LandedResponse reply) {
    return Map.of("flights", reply.getFlights(), "mean_delay", reply.getMeanDelay());
  }
}
