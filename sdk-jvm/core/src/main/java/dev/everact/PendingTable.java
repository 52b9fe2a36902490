// The open asks of one engine, by the number that crosses the boundary.
package dev.everact;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Slots with generations, in stripes so that threads seldom meet: a number is {@code generation <<
 * 32 | slot << 4 | stripe}, and a late reply for a number that was used before finds nothing.
 * Looking an ask up takes no lock: it holds its number, which tells whether the slot is still its
 * own.
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
    return stripes[stripe].add(pending, stripe);
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
    private volatile AtomicReferenceArray<Pending> slots = new AtomicReferenceArray<>(16);
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

    synchronized long add(Pending pending, int stripe) {
      if (freeCount == 0 && used == generations.length) {
        grow(used * 2);
      }
      int slot = freeCount > 0 ? free[--freeCount] : used++;
      int generation = generations[slot];
      generations[slot] = generation == GENERATION_MAX ? 1 : generation + 1;
      pending.id =
          (long) generations[slot] << 32 | Integer.toUnsignedLong(slot << STRIPE_BITS | stripe);
      slots.setRelease(slot, pending);
      return pending.id;
    }

    private void grow(int room) {
      AtomicReferenceArray<Pending> larger = new AtomicReferenceArray<>(room);
      for (int slot = 0; slot < generations.length; slot++) {
        larger.setPlain(slot, slots.getPlain(slot));
      }
      int[] grown = Arrays.copyOf(generations, room);
      Arrays.fill(grown, generations.length, room, youngest);
      free = Arrays.copyOf(free, room);
      generations = grown;
      slots = larger;
    }

    /**
     * The ask in the number's slot. Where the slots are just being replaced by more, it may be one
     * that was removed a moment ago: no caller can tell that from being called a moment earlier.
     */
    Pending get(long id) {
      AtomicReferenceArray<Pending> all = slots;
      int slot = (int) id >>> STRIPE_BITS;
      Pending found = slot < all.length() ? all.getAcquire(slot) : null;
      return found != null && found.id == id ? found : null;
    }

    synchronized Pending remove(long id) {
      Pending found = get(id);
      if (found != null) {
        free((int) id >>> STRIPE_BITS);
      }
      return found;
    }

    private void free(int slot) {
      slots.setRelease(slot, null);
      free[freeCount++] = slot;
    }

    synchronized void clear(List<Pending> into) {
      for (int slot = 0; slot < used; slot++) {
        Pending found = slots.getPlain(slot);
        if (found != null) {
          into.add(found);
          free(slot);
        }
      }
    }
  }
}
