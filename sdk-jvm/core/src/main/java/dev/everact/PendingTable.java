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

  /** Numbers are positive, so generations have 31 bits; then they begin again with 1. */
  private static final int GENERATION_MAX = Integer.MAX_VALUE;

  private final Stripe[] stripes = new Stripe[STRIPES];

  PendingTable() {
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new Stripe();
    }
  }

  /** Ages all slots, as many asks would: for tests of what happens near the largest generation. */
  void age(int generation) {
    for (Stripe stripe : stripes) {
      stripe.age(generation);
    }
  }

  /** A number for an ask, 1 to 2^63 - 1. */
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

    /** The generation before a slot's first. */
    private int youngest;

    synchronized void age(int generation) {
      Arrays.fill(generations, generation);
      youngest = generation;
    }

    synchronized long add(Pending pending) {
      int slot = freeCount > 0 ? free[--freeCount] : used++;
      if (slot == slots.length) {
        slots = Arrays.copyOf(slots, slot * 2);
        generations = Arrays.copyOf(generations, slot * 2);
        Arrays.fill(generations, slot, slot * 2, youngest);
        free = Arrays.copyOf(free, slot * 2);
      }
      slots[slot] = pending;
      int generation = generations[slot];
      generations[slot] = generation == GENERATION_MAX ? 1 : generation + 1;
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
