// The open asks of one engine, by the number that crosses the boundary.
package dev.everact;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Slots with generations, in stripes so that threads seldom meet: a number is {@code generation <<
 * 32 | slot << 4 | stripe}, and a late reply for a number that was used before finds nothing.
 */
final class PendingTable {
  private static final int STRIPE_BITS = 4;
  private static final int STRIPES = 1 << STRIPE_BITS;

  private final Stripe[] stripes = new Stripe[STRIPES];

  PendingTable() {
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new Stripe();
    }
  }

  /** A number for an ask, never 0. */
  long add(Pending pending) {
    long thread = Thread.currentThread().getId();
    int stripe = (int) (thread * 0x9E3779B97F4A7C15L >>> 64 - STRIPE_BITS);
    return stripes[stripe].add(pending) | stripe;
  }

  /** The ask with this number while it is open. */
  Pending get(long id) {
    return stripes[(int) id & STRIPES - 1].get(id);
  }

  /** Takes the ask out; null when it is no longer there. */
  Pending remove(long id) {
    return stripes[(int) id & STRIPES - 1].remove(id);
  }

  /** Takes all of them out. */
  List<Pending> clear() {
    List<Pending> all = new ArrayList<>();
    for (Stripe stripe : stripes) {
      stripe.clear(all);
    }
    return all;
  }

  private static final class Stripe {
    private Pending[] slots = new Pending[16];
    private int[] generations = new int[16];
    private int[] free = new int[16];
    private int freeCount;
    private int used;

    synchronized long add(Pending pending) {
      int slot = freeCount > 0 ? free[--freeCount] : used++;
      if (slot == slots.length) {
        slots = Arrays.copyOf(slots, slot * 2);
        generations = Arrays.copyOf(generations, slot * 2);
        free = Arrays.copyOf(free, slot * 2);
      }
      slots[slot] = pending;
      int generation = generations[slot] + 1;
      generations[slot] = generation == 0 ? 1 : generation;
      return (long) generations[slot] << 32 | Integer.toUnsignedLong(slot << STRIPE_BITS);
    }

    private int slot(long id) {
      int slot = (int) id >>> STRIPE_BITS;
      return slot < used && generations[slot] == (int) (id >>> 32) ? slot : -1;
    }

    synchronized Pending get(long id) {
      int slot = slot(id);
      return slot < 0 ? null : slots[slot];
    }

    synchronized Pending remove(long id) {
      int slot = slot(id);
      Pending pending = slot < 0 ? null : slots[slot];
      if (pending != null) {
        slots[slot] = null;
        free[freeCount++] = slot;
      }
      return pending;
    }

    synchronized void clear(List<Pending> into) {
      for (int slot = 0; slot < used; slot++) {
        if (slots[slot] != null) {
          into.add(slots[slot]);
          slots[slot] = null;
          free[freeCount++] = slot;
        }
      }
    }
  }
}
