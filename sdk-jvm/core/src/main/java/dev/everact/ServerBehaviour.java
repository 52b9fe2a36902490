// What the SDK runs of a server.
package dev.everact;

import dev.everact.internal.Layout;
import java.util.Map;

/** The behaviour of servers. */
final class ServerBehaviour extends Behaviour {
  @Override
  void configure(Map<String, Object> kind) {
    kind.put("behaviour", "server");
    kind.put("activated", true);
  }

  @Override
  Wishes wishes(TurnContext context) {
    return new ServerTurn(context);
  }

  @Override
  boolean hook(Turn turn, Object resident, byte[] payload) throws Throwable {
    Server server = (Server) resident;
    switch (turn.hook) {
      case Layout.HANDLER_TIMEOUT -> server.onTimeout(turn.context());
      case Layout.HANDLER_CONTINUE -> server.onContinue(Notes.value(payload), turn.context());
      case Layout.HANDLER_EXIT -> exit(turn, server, payload);
      default -> {
        return false;
      }
    }
    return true;
  }

  @Override
  void terminate(Turn turn, Object resident, ExitReason reason) throws Throwable {
    ((Server) resident).terminate(reason, turn.context());
  }
}
