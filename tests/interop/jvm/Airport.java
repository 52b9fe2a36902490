// The actor: the methods of the contract's service over the state that the contract describes.
package interop;

import com.example.flights.v1.AirportClosed;
import com.example.flights.v1.AirportClosedException;
import com.example.flights.v1.AirportState;
import com.example.flights.v1.AirportsActor;
import com.example.flights.v1.ClearRequest;
import com.example.flights.v1.Flight;
import com.example.flights.v1.LandedRequest;
import com.example.flights.v1.LandedResponse;
import com.example.flights.v1.LateRequest;
import com.example.flights.v1.NoteRequest;
import com.example.flights.v1.SummaryRequest;
import com.example.flights.v1.SummaryResponse;
import dev.everact.Context;
import dev.everact.Metadata;
import java.time.Duration;
import java.util.List;

/** What a handler sets as its state before it throws is undone. */
public final class Airport extends AirportsActor {
  private static final Duration SLOW = Duration.ofSeconds(5);
  private static final Duration LOOK = Duration.ofMillis(10);

  @Override
  public LandedResponse landed(LandedRequest request, Context context) throws InterruptedException {
    count(request.getFlight());
    switch (request.getFlight().getNumber()) {
      case "bad" -> throw new IllegalArgumentException("no such flight");
      case "closed" ->
          throw new AirportClosedException(
              "closed for the night",
              AirportClosed.newBuilder()
                  .setAirport(request.getAirport())
                  .setMinutes((1L << 53) + 1)
                  .addWaiting(getState().getLate(0))
                  .build());
      case "slow" -> linger(context);
      default -> {}
    }
    context
        .metadata()
        .text("trace")
        .ifPresent(trace -> context.replyMetadata(Metadata.of("trace", trace + "!")));
    return LandedResponse.newBuilder()
        .setFlights(getState().getFlights())
        .setMeanDelay(meanDelay())
        .build();
  }

  private void count(Flight flight) {
    AirportState.Builder next = getState().toBuilder();
    next.setFlights(next.getFlights() + 1);
    next.setMinutesLate(next.getMinutesLate() + Math.max(flight.getDelay(), 0));
    if (flight.getDelay() > 0) {
      next.addLate(flight);
    }
    setState(next.build());
  }

  /** A handler is not interrupted when nobody waits for it any more: it has to look. */
  private static void linger(Context context) throws InterruptedException {
    long end = System.nanoTime() + SLOW.toNanos();
    while (!context.isCancelled() && System.nanoTime() < end) {
      Thread.sleep(LOOK.toMillis());
    }
  }

  private double meanDelay() {
    AirportState state = getState();
    return state.getFlights() == 0 ? 0 : (double) state.getMinutesLate() / state.getFlights();
  }

  @Override
  public SummaryResponse summary(SummaryRequest request, Context context) {
    return SummaryResponse.newBuilder()
        .setFlights(getState().getFlights())
        .setMeanDelay(meanDelay())
        .setNote(getState().getNote())
        .build();
  }

  @Override
  public List<Flight> late(LateRequest request, Context context) {
    return getState().getLateList().stream()
        .filter(flight -> flight.getDelay() >= request.getDelayMin())
        .toList();
  }

  /** All requests in one turn: one that fails leaves none of them behind. */
  @Override
  public LandedResponse upload(List<LandedRequest> requests, Context context)
      throws InterruptedException {
    LandedResponse last = null;
    for (LandedRequest request : requests) {
      last = landed(request, context);
    }
    return last;
  }

  /** One request a turn, and any number of replies to it. */
  @Override
  public List<LandedResponse> follow(LandedRequest request, Context context)
      throws InterruptedException {
    return List.of(landed(request, context));
  }

  @Override
  public void clear(ClearRequest request, Context context) {
    setState(AirportState.getDefaultInstance());
  }

  @Override
  public void note(NoteRequest request, Context context) {
    setState(getState().toBuilder().setNote(request.getText()).build());
  }
}
