// The people who use the telephone: every few milliseconds one of them lifts a handset.
package switchboard;

import dev.everact.ProcessKind;
import dev.everact.ProcessRef;

/** Places so many calls, and is done. */
final class Traffic {
  private static final long PAUSE_MS = 8;

  /** How much they talk. */
  record Day(long seed, int calls, int lines) {}

  /** It is told nothing. */
  record Nothing() {}

  static final ProcessKind<Nothing, Day> TRAFFIC =
      ProcessKind.receiving(
          "traffic",
          Nothing.class,
          Day.class,
          (context, day) -> {
            Dice dice = new Dice(day.seed);
            ProcessRef<Exchange> exchange =
                context.whereis("exchange").orElseThrow().cast(Exchange.class);
            for (int placed = 0; placed < day.calls; placed++) {
              exchange.call(Exchange::place, plan(dice, day.lines));
              Thread.sleep(PAUSE_MS);
            }
          });

  private Traffic() {}

  /** One in twelve forgets to dial, one in eight is not at home. */
  private static Call.Plan plan(Dice dice, int lines) {
    int caller = dice.roll(lines);
    String callee = "%02d".formatted(dice.roll(lines));
    String dials = dice.roll(12) > 0 ? callee : "";
    int answerMs = dice.roll(8) > 0 ? 2 + dice.roll(15) : 0;
    return new Call.Plan(caller, dials, answerMs, 10 + dice.roll(50));
  }
}
