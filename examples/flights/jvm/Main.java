// The flights job (examples/flights/README.md): --data FOLDER FILE...
package flights;

import dev.everact.Engine;
import dev.everact.Producer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** Sends all records, waits for the arrivals, compares with the group-by. */
public final class Main {
  private static final int IN_FLIGHT_MAX = 1000;
  private static final long ARRIVALS_WAIT_MS = 60_000;
  private static final long ARRIVALS_PAUSE_MS = 20;
  private static final int BUSIEST = 10;
  private static final String ROW = "%-8s%12s%12s%12s%14s%8s  %s%n";

  private Main() {}

  /**
   * Runs the job.
   *
   * @param arguments {@code --data FOLDER FILE...}
   * @throws IOException when a file cannot be read
   * @throws InterruptedException never
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length < 3 || !arguments[0].equals("--data")) {
      System.err.println("usage: run.sh --data FOLDER FILE...");
      System.exit(2);
    }
    List<Flight> flights = Flight.read(Stream.of(arguments).skip(2).map(Path::of).toList());
    Map<String, Airport.Report> totals = Flight.groupBy(flights);
    Map<String, Airport.Report> reports;
    long sent = 0;
    long known = 0;
    double seconds;
    try (Engine engine = Engine.open(Path.of(arguments[1]), Airport.class)) {
      Progress progress = new Progress(flights.size());
      long begin = System.nanoTime();
      for (Map.Entry<String, List<Flight>> file : byFile(flights).entrySet()) {
        Producer.Ingested done = ingest(engine, file.getKey(), file.getValue(), progress);
        sent += done.applied();
        known += done.alreadyApplied();
      }
      reports = awaitReports(engine, totals.keySet().stream().sorted().toList());
      seconds = (System.nanoTime() - begin) / 1e9;
    }
    long differing = printTable(reports, totals);
    String verdict = differing == 0 ? "all equal to" : differing + " differ from";
    System.out.printf("%n%d flights, %d airports: %s the group-by%n", flights.size(), totals.size(), verdict);
    System.out.printf(
        Locale.ROOT,
        "jvm: %d sent, %d known, %.2f s, %d flights/s%n",
        sent,
        known,
        seconds,
        (long) (flights.size() / seconds));
    System.exit(differing == 0 ? 0 : 1);
  }

  /** A file's records are one producer's; each is applied once, however often the job is run. */
  private static Producer.Ingested ingest(
      Engine engine, String file, List<Flight> flights, Progress progress) {
    Producer producer = engine.producer(file).inFlight(IN_FLIGHT_MAX);
    // What an earlier run has had applied is not sent again.
    progress.begin((int) producer.newest().orElse(0));
    return producer.ingest(
        flights,
        (flight, once) ->
            once.to(engine.actor(Airport.class, flight.origin()))
                .ask(Airport::departed, flight.departure())
                .whenComplete((nothing, thrown) -> progress.step()));
  }

  private static Map<String, List<Flight>> byFile(List<Flight> flights) {
    Map<String, List<Flight>> files = new LinkedHashMap<>();
    flights.forEach(
        flight -> files.computeIfAbsent(flight.producer(), file -> new ArrayList<>()).add(flight));
    return files;
  }

  /** What all airports report once every departure has arrived. */
  private static Map<String, Airport.Report> awaitReports(Engine engine, List<String> codes)
      throws InterruptedException {
    long giveUp = System.nanoTime() + ARRIVALS_WAIT_MS * 1_000_000;
    while (true) {
      List<CompletableFuture<Airport.Report>> asked = new ArrayList<>();
      for (String code : codes) {
        asked.add(engine.actor(Airport.class, code).ask(Airport::report));
      }
      Map<String, Airport.Report> reports = new TreeMap<>();
      for (int i = 0; i < asked.size(); i++) {
        reports.put(codes.get(i), asked.get(i).join());
      }
      if (sum(reports, Airport.Report::arrivals) == sum(reports, Airport.Report::departures)) {
        return reports;
      }
      if (System.nanoTime() > giveUp) {
        throw new IllegalStateException("the arrivals do not come");
      }
      Thread.sleep(ARRIVALS_PAUSE_MS);
    }
  }

  private static long sum(Map<String, Airport.Report> reports, ToLongFunction<Airport.Report> of) {
    return reports.values().stream().mapToLong(of).sum();
  }

  /** Prints the busiest airports; the result is how many of all airports differ from the group-by. */
  private static long printTable(Map<String, Airport.Report> reports, Map<String, Airport.Report> totals) {
    System.out.printf(ROW, "airport", "departures", "arrivals", "delay sum", "distance sum", "worst", "group-by");
    Comparator<Map.Entry<String, Airport.Report>> busiest =
        Comparator.comparingLong(entry -> -entry.getValue().departures() - entry.getValue().arrivals());
    reports.entrySet().stream()
        .sorted(busiest.thenComparing(Map.Entry::getKey))
        .limit(BUSIEST)
        .forEach(
            entry -> {
              Airport.Report report = entry.getValue();
              String remark = report.equals(totals.get(entry.getKey())) ? "equal" : "differs";
              System.out.printf(
                  ROW,
                  entry.getKey(),
                  report.departures(),
                  report.arrivals(),
                  report.delaySum(),
                  report.distanceSum(),
                  report.worstDelay(),
                  remark);
            });
    return reports.entrySet().stream()
        .filter(entry -> !entry.getValue().equals(totals.get(entry.getKey())))
        .count();
  }
}
