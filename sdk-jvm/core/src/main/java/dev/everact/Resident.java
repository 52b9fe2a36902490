// What actors and processes have in common for those who write them: their hooks.
package dev.everact;

/**
 * The base of {@link Actor} and {@link HandlerProcess}: an object with one turn at a time. Its
 * hooks are turns of their own.
 */
public abstract sealed class Resident permits Actor, HandlerProcess {
  Resident() {}

  /**
   * Called before the first message: of an actor after it came into memory, of a process after it
   * was spawned, which a supervisor counts as started when this has succeeded. May change state.
   *
   * @param context what the turn may use
   * @throws Exception what it throws fails the messages that wait for the activation, and ends a
   *     process
   */
  protected void activated(Context context) throws Exception {}

  /**
   * Called when somebody that this one is linked to has ended, or asks it to end, while it traps
   * exits ({@link Context#trapExits}).
   *
   * @param exit who and why
   * @param context what the turn may use
   * @throws Exception what it throws ends a process
   */
  protected void onExit(Exit exit, Context context) throws Exception {}

  /**
   * Called when somebody that this one watches has ended ({@link Context#monitor}).
   *
   * @param down who and why
   * @param context what the turn may use
   * @throws Exception what it throws ends a process
   */
  protected void onDown(Down down, Context context) throws Exception {}

  /**
   * Called when a process has joined or left a group that this one watches ({@link
   * Context#monitorGroup}).
   *
   * @param change who and which group
   * @param context what the turn may use
   * @throws Exception what it throws ends a process
   */
  protected void onGroup(GroupChange change, Context context) throws Exception {}

  /**
   * Called when a handler has left an event manager to which this one has added it supervised
   * ({@link EventManagerRef#addSupervised}).
   *
   * @param gone which and why
   * @param context what the turn may use
   * @throws Exception what it throws ends a process
   */
  protected void onHandlerGone(HandlerGone gone, Context context) throws Exception {}

  /** Whether a class is one of the bases, at which declarations end. */
  static boolean isBase(Class<?> type) {
    return type == Actor.class
        || type == HandlerProcess.class
        || type == Resident.class
        || type == EventHandler.class;
  }
}
