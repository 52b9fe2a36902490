// A telephone exchange that is shot at while it works, and loses nothing but the calls that were hit.
package switchboard;

import dev.everact.Engine;
import dev.everact.EventManagerRef;
import dev.everact.Options;
import dev.everact.ProcessRef;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** Runs the tree until all calls are over. */
final class Main {
  private static final int LINES = 40;

  private Main() {}

  public static void main(String[] args) throws InterruptedException {
    Map<String, String> given = new HashMap<>(Map.of("--seed", "1", "--calls", "300"));
    for (int at = 0; at + 1 < args.length; at += 2) given.put(args[at], args[at + 1]);
    long seed = Long.parseLong(given.get("--seed"));
    int calls = Integer.parseInt(given.get("--calls"));
    Summary summary = run(new Traffic.Day(seed, calls, LINES), given.get("--listen"));
    System.out.println(summary);
    System.exit(summary.addsUp() ? 0 : 1);
  }

  private static Summary run(Traffic.Day day, String listen) throws InterruptedException {
    Options options = Options.inMemory();
    if (listen != null) {
      options.listen(listen).gateway(Map.of("control", true)); // so that everact may look inside
    }
    try (Engine engine = Engine.open(options, Tree.kinds())) {
      engine.run(Tree.of(day));
      named(engine, "traffic").ended().join();
      ProcessRef<Chaos.Stop> chaos = named(engine, "chaos").cast(Chaos.CHAOS);
      Chaos.Kills kills = chaos.call(new Chaos.Stop(), Chaos.Kills.class);
      ProcessRef<Exchange> exchange = named(engine, "exchange").cast(Exchange.class);
      Exchange.Tally tally = exchange.call(Exchange::drained);
      Summary summary = lookAround(engine, day, tally, kills);
      for (int looks = 0; looks < 100 && !summary.addsUp(); looks++) {
        Thread.sleep(50); // a line that was killed last may still be on its way back
        summary = lookAround(engine, day, tally, kills);
      }
      return summary;
    }
  }

  /** Asks all the others what they know. */
  private static Summary lookAround(
      Engine engine, Traffic.Day day, Exchange.Tally tally, Chaos.Kills kills) {
    EventManagerRef events = Billing.events(engine);
    int bills = events.call("billing", null, Integer.class).join();
    int starts = events.call("monitor", null, Integer.class).join();
    long idle =
        IntStream.range(0, day.lines())
            .mapToObj(number -> engine.whereis(Line.name(number)))
            .filter(line -> line.isPresent() && line.get().cast(Line.class).call(Line::isIdle))
            .count();
    long left = Exchange.supervisorOfCalls(engine).count().join().active();
    return new Summary(day, tally, kills, bills, starts, (int) idle, left);
  }

  /** The process of a name, which the tree keeps alive. */
  private static ProcessRef<?> named(Engine engine, String name) {
    return engine.whereis(name).orElseThrow();
  }
}
