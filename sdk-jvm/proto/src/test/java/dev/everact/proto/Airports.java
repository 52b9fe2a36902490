// What a user writes for the example: the service's methods, on a state that is a message.
package dev.everact.proto;

import com.example.flights.v1.AirportClosed;
import com.example.flights.v1.AirportClosedException;
import com.example.flights.v1.AirportState;
import com.example.flights.v1.AirportsActor;
import com.example.flights.v1.AirportsReference;
import com.example.flights.v1.ClearRequest;
import com.example.flights.v1.Flight;
import com.example.flights.v1.LandedRequest;
import com.example.flights.v1.LandedResponse;
import com.example.flights.v1.LateRequest;
import com.example.flights.v1.NoteRequest;
import com.example.flights.v1.SummaryRequest;
import com.example.flights.v1.SummaryResponse;
import dev.everact.Context;
import java.util.List;

/** Airports of the example. A delay of {@link #FATAL} fails, after the state was changed. */
public class Airports extends AirportsActor {
  static final int FATAL = -1;
  static final String DIVERTED = "diverted";
  static final String CLOSED = "closed";

  /** No state: lives as long as the activation. */
  private int turns;

  @Override
  public LandedResponse landed(LandedRequest request, Context context) {
    turns++;
    Flight flight = request.getFlight();
    AirportState.Builder next =
        getState().toBuilder()
            .setFlights(getState().getFlights() + 1)
            .setMinutesLate(getState().getMinutesLate() + Math.max(flight.getDelay(), 0));
    if (flight.getDelay() > 0) {
      next.addLate(flight);
    }
    setState(next.build());
    if (flight.getDelay() == FATAL) {
      throw new IllegalArgumentException("never landed");
    }
    if (flight.getNumber().equals(CLOSED)) {
      throw new AirportClosedException(
          "closed for the night",
          AirportClosed.newBuilder()
              .setAirport(request.getAirport())
              .setMinutes((1L << 53) + 1)
              .addAllWaiting(next.getLateList())
              .build());
    }
    if (flight.getNumber().equals(DIVERTED)) {
      LandedRequest elsewhere =
          request.toBuilder()
              .clearAirport()
              .setFlight(flight.toBuilder().setNumber("again"))
              .build();
      new AirportsReference(context, "OAK").tellLanded(elsewhere);
    }
    return LandedResponse.newBuilder().setFlights(next.getFlights()).setMeanDelay(mean()).build();
  }

  private double mean() {
    return getState().getFlights() == 0
        ? 0
        : (double) getState().getMinutesLate() / getState().getFlights();
  }

  @Override
  public SummaryResponse summary(SummaryRequest request, Context context) {
    return SummaryResponse.newBuilder()
        .setFlights(getState().getFlights())
        .setMeanDelay(mean())
        .setNote(getState().getNote())
        .build();
  }

  @Override
  public List<Flight> late(LateRequest request, Context context) {
    return getState().getLateList().stream()
        .filter(flight -> flight.getDelay() >= request.getDelayMin())
        .toList();
  }

  @Override
  public LandedResponse upload(List<LandedRequest> requests, Context context) {
    LandedResponse last = null;
    for (LandedRequest request : requests) {
      last = landed(request, context);
    }
    return last;
  }

  @Override
  public List<LandedResponse> follow(LandedRequest request, Context context) {
    return List.of(landed(request, context));
  }

  @Override
  public void clear(ClearRequest request, Context context) {
    setState(AirportState.getDefaultInstance());
  }

  @Override
  public void note(NoteRequest request, Context context) {
    setState(getState().toBuilder().setNote(request.getText() + " (" + turns + ")").build());
  }
}
