// Runs the figures and prints each as a JSON line: SECONDS ROUNDS NAME'S-BEGINNING DATA.
package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Every figure with its name and unit. */
public final class Main {
  private Main() {}

  private interface Measure {
    double run(Path folder, double seconds) throws Exception;
  }

  private record Figure(String name, String unit, Measure measure) {}

  private static final List<Figure> FIGURES =
      List.of(
          new Figure("ask.transient.seq", "asks/s", Asks::transientSeq),
          new Figure("ask.transient.conc", "asks/s", Asks::transientConc),
          new Figure("ask.durable.seq", "asks/s", Asks::durableSeq),
          new Figure("ask.durable.keys", "asks/s", Asks::durableKeys),
          new Figure("ask.durable.hot", "asks/s", Asks::durableHot),
          new Figure("ask.durable.million", "asks/s", Asks::durableMillion),
          new Figure("open.empty_ms", "ms", Opening::openEmpty),
          new Figure("idle.rss_mb", "MiB", Opening::idleMemory),
          new Figure("peer.queue_thread.seq", "asks/s", Peers::queueSeq),
          new Figure("peer.queue_thread.conc", "asks/s", Peers::queueConc),
          new Figure("peer.executor.seq", "asks/s", Peers::executorSeq));

  /** Of processes, each beside the same of Pekko's actors. */
  private static final List<Figure> PROCESSES =
      List.of(
          new Figure("process.spawns_per_s", "1/s", Processes::spawns),
          new Figure("peer.pekko.process.spawns_per_s", "1/s", Pekko::spawns),
          new Figure("process.tells_per_s", "1/s", Processes::tells),
          new Figure("peer.pekko.process.tells_per_s", "1/s", Pekko::tells),
          new Figure("process.ring_hops_per_s", "1/s", Processes::ring),
          new Figure("peer.pekko.process.ring_hops_per_s", "1/s", Pekko::ring),
          new Figure("process.asks_per_s.64", "1/s", Processes::pairs),
          new Figure("peer.pekko.process.asks_per_s.64", "1/s", Pekko::pairs),
          new Figure("process.restarts_per_s", "1/s", Processes::restarts),
          new Figure("peer.pekko.process.restarts_per_s", "1/s", Pekko::restarts),
          new Figure("process.arm_ns", "ns", Processes::timers),
          new Figure("peer.pekko.process.arm_ns", "ns", Pekko::timers));

  /** What does not differ from one round to the next. */
  private static final List<Figure> ONCE =
      List.of(
          new Figure("process.live_bytes", "B", Live::ours),
          new Figure("peer.pekko.process.live_bytes", "B", Live::pekko));

  /**
   * Runs what is asked for.
   *
   * @param arguments seconds a figure, rounds, the beginning of the names, the folder for data
   * @throws Exception what a figure throws
   */
  public static void main(String[] arguments) throws Exception {
    double seconds = Double.parseDouble(arguments[0]);
    int rounds = Integer.parseInt(arguments[1]);
    for (Figure figure : FIGURES) {
      measure(figure, seconds, rounds, arguments);
    }
    for (Figure figure : PROCESSES) {
      if (figure.name.startsWith(arguments[2])) {
        // Their work has a size, not a time: the first run of it is for the JIT compiler.
        once(figure, seconds, arguments[3]);
      }
      measure(figure, seconds, rounds, arguments);
    }
    for (Figure figure : ONCE) {
      measure(figure, seconds, 1, arguments);
    }
    if ("fair".startsWith(arguments[2]) || arguments[2].startsWith("fair")) {
      sayFairness(seconds, rounds, arguments[2]);
    }
    System.exit(0);
  }

  /** Says the median of some rounds. */
  private static void measure(Figure figure, double seconds, int rounds, String[] arguments) throws Exception {
    if (figure.name.startsWith(arguments[2])) {
      double[] values = new double[rounds];
      for (int i = 0; i < rounds; i++) {
        values[i] = once(figure, seconds, arguments[3]);
      }
      Arrays.sort(values);
      say(figure.name, figure.unit, values[rounds / 2]);
    }
  }

  private static void say(String name, String unit, double value) {
    System.out.printf(
        Locale.ROOT,
        "{\"name\": \"%s\", \"language\": \"jvm\", \"value\": %.2f, \"unit\": \"%s\"}%n",
        name,
        value,
        unit);
  }

  /** Measures all figures of fairness at once and says those whose names begin so. */
  private static void sayFairness(double seconds, int rounds, String beginning) throws Exception {
    List<Map<String, Double>> runs = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      runs.add(Fairness.run(seconds));
    }
    for (String name : runs.get(0).keySet()) {
      double[] values = runs.stream().mapToDouble(run -> run.get(name)).sorted().toArray();
      if (name.startsWith(beginning)) {
        String unit = name.endsWith("_us") ? "us" : name.endsWith("per_s") ? "1/s" : "times";
        say(name, unit, values[rounds / 2]);
      }
    }
  }

  private static double once(Figure figure, double seconds, String data) throws Exception {
    Path folder =
        data.isEmpty() ? Files.createTempDirectory("everact-bench") : Files.createTempDirectory(Path.of(data), "jvm");
    try {
      return figure.measure.run(folder, seconds);
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
