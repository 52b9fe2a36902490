// The first child of each supervisor: it says that the supervisor begins, and is gone.
package oracle;

import dev.everact.Context;
import dev.everact.ExitReason;
import dev.everact.HandlerProcess;

/** The core runs supervisors, so none of our code runs when one begins, but that of its children. */
final class Announcer extends HandlerProcess {
  String supervisor = "";

  /** The name under which a supervisor is found. */
  static String registered(String supervisor) {
    return "supervisor " + supervisor;
  }

  @Override
  protected void activated(Context context) {
    World world = World.here();
    context.whereis(registered(supervisor)).ifPresent(found -> world.enter(supervisor, found));
    world.write("tree", "start " + supervisor);
    throw context.exit(ExitReason.NORMAL);
  }
}
