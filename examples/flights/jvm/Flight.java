// The flight records of a file, and an independent group-by over them.
package flights;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One record, with the file and the row that it came from. */
record Flight(String producer, long sequence, String origin, Airport.Departure departure) {
  /** A row of a file. */
  record Row(String date, long delay, long distance, String origin, String destination) {}

  /** All records of the files, in order. */
  static List<Flight> read(List<Path> files) throws IOException {
    JsonMapper json = JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();
    List<Flight> flights = new ArrayList<>();
    for (Path file : files) {
      String producer = file.getFileName().toString();
      long sequence = 0;
      for (Row row : json.readValue(file.toFile(), Row[].class)) {
        Airport.Departure departure = new Airport.Departure(row.destination, row.delay, row.distance, row.date);
        flights.add(new Flight(producer, ++sequence, row.origin, departure));
      }
    }
    return flights;
  }

  /** The same totals without any actor. */
  static Map<String, Airport.Report> groupBy(List<Flight> flights) {
    Map<String, Airport.Report> totals = new HashMap<>();
    for (Flight flight : flights) {
      long delay = flight.departure.delay();
      long distance = flight.departure.distance();
      totals.merge(flight.origin, new Airport.Report(1, 0, delay, distance, Math.max(0, delay)), Flight::sum);
      totals.merge(
          flight.departure.destination(),
          new Airport.Report(0, 1, delay, distance, Math.max(0, delay)),
          Flight::sum);
    }
    return totals;
  }

  private static Airport.Report sum(Airport.Report one, Airport.Report other) {
    return new Airport.Report(
        one.departures() + other.departures(),
        one.arrivals() + other.arrivals(),
        one.delaySum() + other.delaySum(),
        one.distanceSum() + other.distanceSum(),
        Math.max(one.worstDelay(), other.worstDelay()));
  }
}
