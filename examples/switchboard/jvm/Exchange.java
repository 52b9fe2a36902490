// The exchange: puts calls through, watches each of them, and keeps the tally.
package switchboard;

import dev.everact.Asker;
import dev.everact.Context;
import dev.everact.Down;
import dev.everact.ExitReason;
import dev.everact.Handler;
import dev.everact.ProcessRef;
import dev.everact.ProcessScope;
import dev.everact.Server;
import dev.everact.Spawn;
import dev.everact.SupervisorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Has no part in a conversation, so nothing that happens to a call can harm it. */
class Exchange extends Server {
  int begun;
  int completed;
  int busy;
  int givenUp;
  int killed;
  int lineLost;
  transient List<Asker> waiting = new ArrayList<>();

  /** How the calls have ended so far. */
  record Tally(int begun, int completed, int busy, int givenUp, int killed, int lineLost) {
    /** Calls that are under way. */
    int open() {
      return begun - completed - busy - givenUp - killed - lineLost;
    }
  }

  /** Starts a call, and watches it before it begins. */
  @Handler
  void place(Call.Plan plan, Context context) {
    Spawn<Call> begins = Spawn.of(Call.class, call -> call.plan = plan);
    ProcessRef<Call> call = supervisorOfCalls(context).startChild(begins).join().orElseThrow();
    begun++;
    context.monitor(call);
    call.tell(Call::lift);
    plan.dials().chars().forEach(digit -> call.tell(Call::digit, String.valueOf((char) digit)));
  }

  /** A call has ended. Its reason says how, whatever became of it. */
  @Override
  protected void onDown(Down down, Context context) {
    if (down.reason() instanceof ExitReason.Shutdown end && end.detail() instanceof Map<?, ?> said) {
      switch ((String) said.get("outcome")) {
        case "completed" -> {
          completed++;
          Billing.events(context)
              .notify(Map.of("event", "completed", "talk_ms", said.get("talk_ms")));
        }
        case "busy" -> busy++;
        default -> givenUp++;
      }
    } else if (down.reason().equals(Call.LINE_LOST)) {
      lineLost++;
    } else {
      killed++;
    }
    tellWhoWaits();
  }

  /** The tally, once no call is under way. */
  @Handler
  Tally drained(Context context) {
    waiting.add(context.defer());
    tellWhoWaits();
    return tally(); // nobody gets it
  }

  private void tellWhoWaits() {
    if (tally().open() > 0) return;
    waiting.forEach(who -> who.reply(tally()));
    waiting.clear();
  }

  private Tally tally() {
    return new Tally(begun, completed, busy, givenUp, killed, lineLost);
  }

  /** Where calls are started, and listed. */
  static SupervisorRef supervisorOfCalls(ProcessScope where) {
    return (SupervisorRef) where.whereis("calls").orElseThrow();
  }
}
