// The three policies of a full mailbox.
package dev.everact;

/** What happens to a message that finds the mailbox full. */
public enum Overflow {
  /** It is refused with {@link dev.everact.errors.MailboxFullException}. */
  REJECT,
  /** It takes the place of the oldest waiting message, which is refused. */
  DROP_OLDEST,
  /** It waits for room. */
  WAIT
}
