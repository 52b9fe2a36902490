// The base of an event manager's handlers.
package dev.everact;

import java.util.Optional;

/**
 * A handler of events: an object that is added to an {@link EventManager} and removed again while
 * that runs. Its fields are what it is added with; one that throws is removed, with a notice, and
 * its manager lives on.
 *
 * <pre>{@code
 * class Tally extends EventHandler {
 *   int limit = 100;
 *   int seen;
 *
 *   @Override
 *   protected void onEvent(Object event, Context context) {
 *     if (++seen == limit) {
 *       context.events().remove();
 *     }
 *   }
 *
 *   @Override
 *   protected Object onCall(Object query, Context context) {
 *     return seen;
 *   }
 * }
 * }</pre>
 *
 * <p>Events, queries and results are texts, numbers, booleans, lists and maps here, and any value
 * that has a form in JSON where they are given.
 */
public abstract class EventHandler {
  /** For subclasses; fields get their defaults here. */
  protected EventHandler() {}

  /**
   * Called when it comes. {@link Refuse} says that it does not want to.
   *
   * @param after what became of the handler whose place it takes; empty where it takes none's
   * @param context what the turn may use
   * @throws Exception what it throws keeps it out
   */
  protected void init(Optional<After> after, Context context) throws Exception {}

  /**
   * Called for each event.
   *
   * @param event the event
   * @param context what the turn may use
   * @throws Exception what it throws removes it
   */
  protected void onEvent(Object event, Context context) throws Exception {}

  /**
   * Called for a message that was told to the manager, and for a {@link Down} or a {@link
   * GroupChange} of what the manager watches.
   *
   * @param message the message
   * @param context what the turn may use
   * @throws Exception what it throws removes it
   */
  protected void onInfo(Object message, Context context) throws Exception {}

  /**
   * Called when this handler is called.
   *
   * @param query what is asked
   * @param context what the turn may use
   * @return the reply; null for none
   * @throws Exception what it throws removes it
   */
  protected Object onCall(Object query, Context context) throws Exception {
    return null;
  }

  /**
   * Called for an exit that was sent to the manager.
   *
   * @param exit who and why
   * @param context what the turn may use
   * @throws Exception what it throws removes it
   */
  protected void onExit(Exit exit, Context context) throws Exception {}

  /**
   * Called when it leaves.
   *
   * @param leaving why
   * @param context what the turn may use
   * @return what whoever removed it gets, or the one that takes its place; null for nothing
   * @throws Exception what it throws is told instead
   */
  protected Object terminate(Leaving leaving, Context context) throws Exception {
    return null;
  }
}
