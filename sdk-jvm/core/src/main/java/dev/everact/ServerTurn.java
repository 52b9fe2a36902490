// What a server's callback may want.
package dev.everact;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * What a callback of a {@link Server} wants once it has returned: at most one of an idle time-out,
 * to continue, and to hibernate. The last one counts; a callback that wants none of them waits for
 * the next message.
 */
public final class ServerTurn extends Wishes {
  private Map<String, Object> wanted = Map.of();

  ServerTurn(TurnContext context) {
    super(context);
  }

  private void want(String what, Object value) {
    context.checkRunning("wants something");
    Map<String, Object> one = new HashMap<>();
    one.put(what, value);
    wanted = one;
  }

  /**
   * Has {@link Server#onTimeout} called if no message comes for so long. Zero is behind what waits
   * in the mailbox now.
   *
   * @param time to the millisecond; null for never
   */
  public void idleTimeout(Duration time) {
    want("timeout", milliseconds(time));
  }

  /** Waits for the next message with as little memory as possible. */
  public void hibernate() {
    want("hibernate", true);
  }

  /**
   * Has {@link Server#onContinue} called before any message.
   *
   * @param value what it gets: any value that has a form in JSON
   */
  public void continueWith(Object value) {
    want("continue", json("what a server continues with", value));
  }

  /**
   * Answers now whoever asked, before the callback ends or the server does; what the handler
   * returns is not sent.
   *
   * @param value the reply; null for none
   */
  public void reply(Object value) {
    context.defer().reply(value);
  }

  @Override
  Map<String, Object> written() {
    return wanted;
  }
}
