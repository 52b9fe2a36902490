// The turns that nobody waits for any more, until they end.
package dev.everact;

import java.util.LinkedHashSet;
import java.util.Set;

/** A bounded set: when more turns are cancelled and never end, the oldest are forgotten. */
final class CancelledTurns {
  private final int most;
  private final Set<Long> turns = new LinkedHashSet<>();

  /** Lets the usual case, none, pass without a lock. */
  private volatile boolean any;

  CancelledTurns(int most) {
    this.most = most;
  }

  synchronized void add(long turn) {
    turns.add(turn);
    if (turns.size() > most) {
      turns.remove(turns.iterator().next());
    }
    any = true;
  }

  boolean contains(long turn) {
    if (!any) {
      return false;
    }
    synchronized (this) {
      return turns.contains(turn);
    }
  }

  void remove(long turn) {
    if (any) {
      synchronized (this) {
        turns.remove(turn);
        any = !turns.isEmpty();
      }
    }
  }
}
