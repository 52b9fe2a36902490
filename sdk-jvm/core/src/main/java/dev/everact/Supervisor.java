// A supervisor, as data.
package dev.everact;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Children and what happens when one of them ends. It is data, which the core runs: no code of the
 * program decides a restart. Immutable; unless said otherwise it ends itself with more than one
 * restart in five seconds.
 *
 * <pre>{@code
 * Supervisor root = Supervisor.of(Strategy.REST_FOR_ONE, Child.of(Database.class), Child.of(WEB, 8080))
 *     .intensity(3, Duration.ofSeconds(10));
 * SupervisorRef running = engine.run(root);
 * }</pre>
 */
public final class Supervisor {
  private static final int INTENSITY = 1;
  private static final Duration PERIOD = Duration.ofSeconds(5);

  private final Strategy strategy;
  private final List<Child> children;
  private final Options options;

  /** What else is said of it. */
  private record Options(
      int intensity, Duration period, AutoShutdown autoShutdown, Backoff backoff, String name) {}

  private Supervisor(Strategy strategy, List<Child> children, Options options) {
    this.strategy = strategy;
    this.children = children;
    this.options = options;
  }

  /**
   * A supervisor of these children, which start in this order and end in the reverse.
   *
   * @param strategy who is restarted when one ends; for {@link Strategy#DYNAMIC} there is one
   *     child, the template
   * @param children the children
   * @return a supervisor
   */
  public static Supervisor of(Strategy strategy, Child... children) {
    return of(strategy, List.of(children));
  }

  /**
   * As {@link #of(Strategy, Child...)}.
   *
   * @param strategy who is restarted when one ends
   * @param children the children
   * @return a supervisor
   */
  public static Supervisor of(Strategy strategy, List<Child> children) {
    Options options = new Options(INTENSITY, PERIOD, AutoShutdown.NEVER, null, null);
    return new Supervisor(
        Objects.requireNonNull(strategy, "strategy"), List.copyOf(children), options);
  }

  private Supervisor with(Options other) {
    return new Supervisor(strategy, children, other);
  }

  /**
   * The same with this bound: more restarts within the period end the supervisor.
   *
   * @param restarts how many
   * @param period within how long, to the millisecond
   * @return another supervisor
   */
  public Supervisor intensity(int restarts, Duration period) {
    return with(new Options(restarts, period, options.autoShutdown, options.backoff, options.name));
  }

  /**
   * The same, which ends by itself.
   *
   * @param when when
   * @return another supervisor
   */
  public Supervisor autoShutdown(AutoShutdown when) {
    return with(
        new Options(options.intensity, options.period, when, options.backoff, options.name));
  }

  /**
   * The same, which waits before it restarts.
   *
   * @param waits how long
   * @return another supervisor
   */
  public Supervisor backoff(Backoff waits) {
    return with(
        new Options(options.intensity, options.period, options.autoShutdown, waits, options.name));
  }

  /**
   * The same with a name, which it has from its beginning ({@link ProcessScope#register}).
   *
   * @param name the name
   * @return another supervisor
   */
  public Supervisor named(String name) {
    return with(
        new Options(
            options.intensity, options.period, options.autoShutdown, options.backoff, name));
  }

  /** How it is called as a child. */
  String id() {
    return options.name == null ? "supervisor" : options.name;
  }

  /** As the core reads it. */
  Map<String, Object> written(Host host) {
    Map<String, Object> written = new LinkedHashMap<>();
    written.put("strategy", strategy.name().toLowerCase(Locale.ROOT));
    written.put("intensity", options.intensity);
    written.put("period_ms", options.period.toMillis());
    written.put("auto_shutdown", options.autoShutdown.name().toLowerCase(Locale.ROOT));
    Backoff backoff = options.backoff;
    if (backoff != null) {
      Map<String, Object> waits = new LinkedHashMap<>();
      waits.put("first_ms", backoff.first().toMillis());
      waits.put("wait_ms_max", backoff.most().toMillis());
      waits.put("steady_ms", backoff.steady().toMillis());
      waits.put("jitter_percent", backoff.jitterPercent());
      written.put("backoff", waits);
    }
    if (options.name != null) {
      written.put("name", options.name);
    }
    List<Object> all = new ArrayList<>();
    for (Child child : children) {
      all.add(child.written(host));
    }
    written.put("children", all);
    return written;
  }
}
