// A line: one telephone at the end of a wire. It is idle, or it is in one call.
package switchboard;

import dev.everact.Context;
import dev.everact.Down;
import dev.everact.Handler;
import dev.everact.HandlerProcess;
import dev.everact.ProcessRef;
import java.time.Duration;
import java.util.Map;

/** Watches the call that it is in. However that ends, the line is idle afterwards. */
class Line extends HandlerProcess {
  int number;
  transient ProcessRef<Call> call;

  /** Rings a line: for which call, and after how long somebody picks up (0: nobody is at home). */
  record Ringing(ProcessRef<Call> call, int answerMs) {}

  /** The name under which a line is found. */
  static String name(int number) {
    return "line %02d".formatted(number);
  }

  /** A line that was killed begins anew: idle, and in no call. */
  @Override
  protected void activated(Context context) {
    Billing.events(context).notify(Map.of("event", "line up", "line", number));
  }

  /** The handset is lifted: a dial tone, unless the line is in a call. */
  @Handler
  void seize(ProcessRef<Call> by, Context context) {
    if (takes(by, context)) {
      by.tell(Call::tone);
    } else {
      by.tell(Call::engaged);
    }
  }

  /** Somebody calls. */
  @Handler
  void ring(Ringing ringing, Context context) {
    if (!takes(ringing.call, context)) {
      ringing.call.tell(Call::engaged);
    } else if (ringing.answerMs > 0) {
      ringing.call.after(Duration.ofMillis(ringing.answerMs)).tell(Call::answered);
    }
  }

  /** Whether it is in no call. */
  @Handler
  boolean isIdle() {
    return call == null;
  }

  /** The call has ended, or was killed. */
  @Override
  protected void onDown(Down down, Context context) {
    call = null;
  }

  private boolean takes(ProcessRef<Call> by, Context context) {
    if (call != null) return false;
    call = by;
    context.monitor(by);
    return true;
  }
}
