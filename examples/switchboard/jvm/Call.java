// A call: a state machine from the lifted handset to the last word.
package switchboard;

import dev.everact.Context;
import dev.everact.Down;
import dev.everact.ExitReason;
import dev.everact.Handler;
import dev.everact.Machine;
import dev.everact.OnEnter;
import dev.everact.ProcessRef;
import dev.everact.StateMachine;
import dev.everact.Timeout;
import java.time.Duration;
import java.util.Map;

/**
 * idle -> dialling -> ringing -> connected -> released, and from each of them straight to released.
 *
 * <p>How a call ends is the reason with which its process ends, so nothing can come between the two.
 */
@Machine(initial = "idle")
class Call extends StateMachine {
  private static final int DIGITS = 2;
  private static final Duration DIALLING = Duration.ofMillis(50);
  private static final Duration RINGING = Duration.ofMillis(50);

  /** Why a call ends whose line was killed. There is nothing to be saved: let it crash. */
  static final ExitReason LINE_LOST = ExitReason.custom("line lost");

  Plan plan = new Plan(0, "", 0, 0);
  String dialled = "";
  String outcome = "";

  /**
   * What the two people are going to do. Who lifts the handset and forgets why, dials nothing; where
   * nobody is at home, {@code answerMs} is 0.
   */
  record Plan(int caller, String dials, int answerMs, int talkMs) {}

  /** The caller lifts the handset, and waits for the tone. */
  @Handler(state = "idle")
  void lift(Context context) {
    line(plan.caller, context).tell(Line::seize, context.self(Call.class));
  }

  /** The line is ours. */
  @Handler(state = "idle")
  void tone(Context context) {
    context.machine().nextState("dialling");
  }

  /** Who dials before the tone loses no digit: it comes again in the next state. */
  @Handler(state = "idle", name = "digit")
  void tooEarly(String digit, Context context) {
    context.machine().postpone();
  }

  /** Nobody may hold a line for ever without dialling. */
  @OnEnter("dialling")
  void awaitDigits(String previous, Context context) {
    context.machine().stateTimeout(DIALLING, "given up");
  }

  /** The last one makes it ring. */
  @Handler(state = "dialling")
  void digit(String digit, Context context) {
    dialled += digit;
    if (dialled.length() == DIGITS) context.machine().nextState("ringing");
  }

  /** Rings the other line, for a while. */
  @OnEnter("ringing")
  void ring(String previous, Context context) {
    Line.Ringing ringing = new Line.Ringing(context.self(Call.class), plan.answerMs);
    line(Integer.parseInt(dialled), context).tell(Line::ring, ringing);
    context.machine().stateTimeout(RINGING, "given up");
  }

  /** The other one says hello. */
  @Handler(state = "ringing")
  void answered(Context context) {
    context.machine().nextState("connected");
  }

  /** A line is in another call. */
  @Handler(state = {"idle", "ringing"})
  void engaged(Context context) {
    release("busy", context);
  }

  /** They talk, until they have said it all. */
  @OnEnter("connected")
  void talk(String previous, Context context) {
    context.machine().stateTimeout(Duration.ofMillis(plan.talkMs), "completed");
  }

  /** The time of a state is over; what that means is what it was started with. */
  @Override
  protected void onTimeout(Timeout timeout, Context context) {
    release((String) timeout.content(), context);
  }

  /** Both lines see this process end, and so does the exchange, which reads the outcome. */
  @OnEnter("released")
  void hangUp(String previous, Context context) {
    throw context.exit(ExitReason.shutdown(Map.of("outcome", outcome, "talk_ms", plan.talkMs)));
  }

  /** A line was killed. */
  @Override
  protected void onDown(Down down, Context context) {
    throw context.exit(LINE_LOST);
  }

  private void release(String how, Context context) {
    outcome = how;
    context.machine().nextState("released");
  }

  /** A line that is watched from now on; one that was killed a moment ago may not be back yet. */
  private static ProcessRef<Line> line(int number, Context context) {
    ProcessRef<?> line =
        context.whereis(Line.name(number)).orElseThrow(() -> context.exit(LINE_LOST));
    context.monitor(line);
    return line.cast(Line.class);
  }
}
