// The messages that a process' function was handed and has not taken.
package dev.everact;

import dev.everact.errors.ClosedException;
import dev.everact.internal.Layout;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * Messages come by the page, on whatever threads read the events: they wait here until the page is
 * whole, in order. The function's own thread moves them into its list, which nobody else touches;
 * those that it passes over stay there.
 *
 * <p>The function asks for a page when none is on its way; one answer comes: a page, a time-out, or
 * the end.
 */
final class Inbox {
  private static final int FOR_EVER = -1;

  private final Host host;
  private final long turn;

  /** The list of those that are held; the function's own. */
  private Received first;

  private Received last;
  private int held;

  /** Those of them that tell of an end, which is looked for by its watch. */
  private final Set<Received> downs = new LinkedHashSet<>();

  /**
   * What has come of the page that is on its way: in order, and what came too early. Under the
   * lock, as all below.
   */
  private final ArrayDeque<Received> page = new ArrayDeque<>();

  private PriorityQueue<Received> early;
  private long newest;

  /** Whether a page, a time-out or the end will come. */
  private boolean asked;

  private boolean whole;
  private boolean timedOut;
  private boolean ended;

  /** The function's thread while it runs. */
  private Thread thread;

  Inbox(Host host, long turn) {
    this.host = host;
    this.turn = turn;
  }

  /** The function begins on this thread. */
  synchronized void begin() {
    if (ended) {
      throw new ProcessEnded();
    }
    thread = Thread.currentThread();
  }

  /** The function is done with its thread, which does not end with it. */
  synchronized void finish() {
    thread = null;
    Thread.interrupted();
  }

  /** Whether this thread is the function's: nobody else may touch the list. */
  synchronized boolean isHere() {
    return thread == Thread.currentThread();
  }

  /** A message that was handed over. */
  synchronized void arrives(Received message) {
    if (message.number > 0 && message.number <= newest) {
      return;
    }
    if (message.number > newest + 1) {
      if (early == null) {
        early = new PriorityQueue<>((one, other) -> Long.compare(one.number, other.number));
      }
      early.add(message);
      return;
    }
    take(message);
    while (early != null && !early.isEmpty() && early.peek().number == newest + 1) {
      take(early.poll());
    }
  }

  private void take(Received message) {
    newest = Math.max(newest, message.number);
    page.add(message);
    if (message.follow == 0) {
      whole = true;
      LockSupport.unpark(thread);
    }
  }

  synchronized void timesOut() {
    timedOut = true;
    LockSupport.unpark(thread);
  }

  /** The process has ended: its function stops where it waits, for this or anything else. */
  synchronized void end() {
    if (!ended) {
      ended = true;
      if (thread != null) {
        thread.interrupt();
      }
    }
  }

  /** The first message that is held; null for none. */
  Received first() {
    return first;
  }

  /** Those that are held and tell of an end. */
  Iterable<Received> downs() {
    return downs;
  }

  /** Takes a message out of the list. */
  void remove(Received message) {
    if (message.isDown()) {
      downs.remove(message);
    }
    if (message.before == null) {
      first = message.next;
    } else {
      message.before.next = message.next;
    }
    if (message.next == null) {
      last = message.before;
    } else {
      message.next.before = message.before;
    }
    held--;
  }

  /**
   * Waits for messages and adds them to the list.
   *
   * @param nanos how long at most; negative for ever
   * @return the first of them; null when the time has passed
   */
  Received await(long nanos) {
    boolean interrupted = false;
    try {
      while (true) {
        boolean asks;
        synchronized (this) {
          if (ended) {
            throw new ProcessEnded();
          }
          if (whole) {
            return moved();
          }
          if (timedOut) {
            asked = false;
            timedOut = false;
            return null;
          }
          asks = !asked;
          asked = true;
        }
        if (asks) {
          ask(nanos);
        } else {
          LockSupport.park(this);
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Received moved() {
    Received from = page.peek();
    for (Received message = page.poll(); message != null; message = page.poll()) {
      message.before = last;
      if (last == null) {
        first = message;
      } else {
        last.next = message;
      }
      last = message;
      held++;
      if (message.isDown()) {
        downs.add(message);
      }
    }
    whole = false;
    asked = false;
    return from;
  }

  private void ask(long nanos) {
    long ms = nanos < 0 ? FOR_EVER : Math.min((nanos + 999_999) / 1_000_000, 0xFFFFFFFEL);
    try {
      host.exchange(
          commands -> {
            int at = commands.begin(Layout.RECEIVE_TYPE, Layout.RECEIVE_FIXED_BYTES, 0, turn);
            commands.setI32(at + Layout.RECEIVE_TIMEOUT_MS_AT, (int) ms);
            commands.setI32(at + Layout.RECEIVE_HELD_AT, held);
            commands.end(at);
          });
    } catch (ClosedException e) {
      throw (ProcessEnded) new ProcessEnded().initCause(e);
    }
  }
}
