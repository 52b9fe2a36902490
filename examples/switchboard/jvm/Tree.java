// The tree: what is started, in which order, and what begins anew together.
package switchboard;

import dev.everact.Child;
import dev.everact.Kinds;
import dev.everact.Restart;
import dev.everact.Spawn;
import dev.everact.Strategy;
import dev.everact.Supervisor;
import java.time.Duration;
import java.util.stream.IntStream;

/** All that there is, from the root. */
final class Tree {
  private Tree() {}

  static Kinds kinds() {
    return Kinds.of(Billing.Clerk.class, Line.class, Call.class, Exchange.class)
        .with(Billing.EVENTS)
        .with(Chaos.CHAOS)
        .with(Traffic.TRAFFIC);
  }

  /** Each child needs those before it, and none of those after it: rest for one. */
  static Supervisor of(Traffic.Day day) {
    Chaos.Storm storm = new Chaos.Storm(day.seed(), day.lines());
    return Supervisor.of(
        Strategy.REST_FOR_ONE,
        Child.of(Spawn.of(Billing.EVENTS).named("events")),
        Child.of(Spawn.of(Billing.Clerk.class).named("clerk")),
        Child.of(lines(day.lines())),
        Child.of(
            Supervisor.of(Strategy.DYNAMIC, Child.of(Call.class).restart(Restart.TEMPORARY))
                .named("calls")),
        Child.of(Spawn.of(Exchange.class).named("exchange")),
        Child.of(Spawn.of(Chaos.CHAOS, storm).named("chaos")).restart(Restart.TRANSIENT),
        Child.of(Spawn.of(Traffic.TRAFFIC, day).named("traffic")).restart(Restart.TRANSIENT));
  }

  /**
   * Lines do not know one another. Chaos kills more of them in a second than OTP's one in five: it is
   * meant to.
   */
  private static Supervisor lines(int count) {
    Child[] each = IntStream.range(0, count).mapToObj(Tree::line).toArray(Child[]::new);
    return Supervisor.of(Strategy.ONE_FOR_ONE, each)
        .named("lines")
        .intensity(1000, Duration.ofSeconds(1));
  }

  private static Child line(int number) {
    String name = Line.name(number);
    return Child.of(Spawn.of(Line.class, line -> line.number = number).named(name)).id(name);
  }
}
