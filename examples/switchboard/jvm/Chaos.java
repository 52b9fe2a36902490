// Chaos: kills a call or a line every few milliseconds, from a seed, and sees it die.
package switchboard;

import dev.everact.ChildInfo;
import dev.everact.ExitReason;
import dev.everact.Monitor;
import dev.everact.ProcessContext;
import dev.everact.ProcessKind;
import dev.everact.ProcessRef;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Goes on until it is stopped, and answers with what it has killed. */
final class Chaos {
  private static final Duration PAUSE = Duration.ofMillis(30);

  /** What it is let loose on. */
  record Storm(long seed, int lines) {}

  /** Asks for an end of it; answered by {@link Kills}. */
  record Stop() {}

  /** What it has killed. */
  record Kills(int calls, int lines) {}

  static final ProcessKind<Stop, Storm> CHAOS =
      ProcessKind.receiving("chaos", Stop.class, Storm.class, Chaos::run);

  private Chaos() {}

  private static void run(ProcessContext<Stop> context, Storm storm) {
    Dice dice = new Dice(storm.seed);
    int calls = 0;
    int lines = 0;
    while (context.poll(PAUSE).isEmpty()) {
      if (dice.roll(2) == 1) {
        calls += killCall(context, dice);
      } else {
        lines += kill(context, context.whereis(Line.name(dice.roll(storm.lines))));
      }
    }
    context.reply(new Kills(calls, lines));
  }

  /** Any of those that are under way. */
  private static int killCall(ProcessContext<Stop> context, Dice dice) {
    List<ChildInfo> underWay = Exchange.supervisorOfCalls(context).children().join();
    if (underWay.isEmpty()) return 0;
    return kill(context, underWay.get(dice.roll(underWay.size())).process());
  }

  /** 1 if it was the kill that ended it: a call may have ended by itself just before. */
  private static int kill(ProcessContext<Stop> context, Optional<ProcessRef<?>> victim) {
    if (victim.isEmpty()) return 0;
    Monitor end = context.monitor(victim.get());
    victim.get().kill();
    return context.receive(end).reason() instanceof ExitReason.Killed ? 1 : 0;
  }
}
