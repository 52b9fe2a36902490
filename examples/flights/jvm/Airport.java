// The actor of an airport: what left, what arrived, how late.
package flights;

import dev.everact.Actor;
import dev.everact.Context;
import dev.everact.Handler;

/** One durable actor per airport; a departure tells the destination of the arrival. */
class Airport extends Actor {
  long departures;
  long arrivals;
  long delaySum;
  long distanceSum;
  long worstDelay;

  record Departure(String destination, long delay, long distance, String date) {}

  record Arrival(long delay, long distance) {}

  record Report(long departures, long arrivals, long delaySum, long distanceSum, long worstDelay) {}

  @Handler
  void departed(Departure flight, Context context) {
    departures++;
    count(flight.delay, flight.distance);
    Arrival arrival = new Arrival(flight.delay, flight.distance);
    context.tell(context.actor(Airport.class, flight.destination), Airport::arrived, arrival);
  }

  @Handler
  void arrived(Arrival flight) {
    arrivals++;
    count(flight.delay, flight.distance);
  }

  private void count(long delay, long distance) {
    delaySum += delay;
    distanceSum += distance;
    worstDelay = Math.max(worstDelay, delay);
  }

  @Handler(readOnly = true)
  Report report() {
    return new Report(departures, arrivals, delaySum, distanceSum, worstDelay);
  }
}
