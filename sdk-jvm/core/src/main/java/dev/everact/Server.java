// The base of servers: processes that idle, continue and tidy up.
package dev.everact;

/**
 * A process whose general part the core runs, as OTP's {@code gen_server}. Its handlers say what
 * they want by {@link Context#server}: an idle time-out, to continue before any other message, to
 * hibernate.
 *
 * <pre>{@code
 * class Session extends Server {
 *   String user = "";
 *
 *   @Override
 *   protected void activated(Context context) {
 *     context.server().continueWith("load");
 *   }
 *
 *   @Override
 *   protected void onContinue(Object value, Context context) {
 *     context.server().idleTimeout(Duration.ofMinutes(5));
 *   }
 *
 *   @Override
 *   protected void onTimeout(Context context) {
 *     throw context.exit(ExitReason.SHUTDOWN);
 *   }
 * }
 * }</pre>
 */
public abstract class Server extends HandlerProcess {
  /** For subclasses; fields get their defaults here. */
  protected Server() {}

  /**
   * Called when no message has come for as long as the last callback wanted to wait.
   *
   * @param context what the turn may use
   * @throws Exception what it throws ends the server
   */
  protected void onTimeout(Context context) throws Exception {}

  /**
   * Called before any other message, where the last callback wanted to continue.
   *
   * @param value what it gave, as texts, numbers, booleans, lists and maps
   * @param context what the turn may use
   * @throws Exception what it throws ends the server
   */
  protected void onContinue(Object value, Context context) throws Exception {}

  /**
   * Called before the server ends: by itself, by an error, by {@link ProcessRef#stop}, or by its
   * parent's exit if it traps exits. A kill leaves no time for it.
   *
   * @param reason why it ends
   * @param context what the turn may use
   * @throws Exception what it throws is the reason of its end
   */
  protected void terminate(ExitReason reason, Context context) throws Exception {}
}
