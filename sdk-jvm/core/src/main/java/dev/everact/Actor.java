// The base of every actor: what a class must extend to be a kind.
package dev.everact;

/**
 * A durable actor: one instance for each key, made at the first message, with one turn at a time.
 *
 * <p>State is the class's instance fields, whatever their visibility, except {@code static} and
 * {@code transient} ones. A turn that throws puts them back to what they were; a turn that ends
 * well has them stored before anybody sees its reply.
 *
 * <pre>{@code
 * public class Airport extends Actor {
 *   int flights;
 *   long minutesLate;
 *
 *   @Handler
 *   public double landed(int delay) {
 *     flights++;
 *     minutesLate += Math.max(delay, 0);
 *     return (double) minutesLate / flights;
 *   }
 * }
 * }</pre>
 *
 * <p>The class needs a constructor without parameters; it runs at every activation, so effects do
 * not belong there.
 */
public abstract non-sealed class Actor extends Resident {
  /** For subclasses; fields get their defaults here. */
  protected Actor() {}

  /**
   * Called in a turn of its own before the actor leaves memory. May change state.
   *
   * @param context what the turn may use
   * @throws Exception what it throws discards the turn; the actor leaves all the same
   */
  protected void passivating(Context context) throws Exception {}
}
