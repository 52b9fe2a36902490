// The activations of one engine, found by the slot in their ids.
package dev.everact;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** From an activation's id ({@code shard << 56 | generation << 32 | slot}) to the activation. */
final class ActivationTable {
  private static final int GENERATION_BITS = 24;
  private static final int GENERATION_AT = 32;
  private static final int CHUNK_BITS = 10;
  private static final int CHUNK = 1 << CHUNK_BITS;

  private final Shard[] shards = new Shard[256];

  ActivationTable() {
    for (int i = 0; i < shards.length; i++) {
      shards[i] = new Shard();
    }
  }

  /** Takes an activation in whose first turn has come, unless it has been forgotten already. */
  void put(Activation activation) {
    shard(activation.id).put((int) activation.id, activation);
  }

  /**
   * The activation with this id; null where it is forgotten. Its first turn overlaps with no other,
   * so whoever has a later one finds it here.
   */
  Activation get(long id) {
    Activation found = shard(id).get((int) id);
    return found != null && found.id == id ? found : null;
  }

  /**
   * The activation of an actor, or of a process with its number as the key; null where there is
   * none. It looks at every slot.
   */
  Activation find(String kind, String key) {
    for (Shard shard : shards) {
      for (AtomicReferenceArray<Activation> chunk : shard.chunks) {
        for (int slot = 0; chunk != null && slot < CHUNK; slot++) {
          Activation found = chunk.getAcquire(slot);
          if (found != null && found.kind.name.equals(kind) && found.isCalled(key)) {
            return found;
          }
        }
      }
    }
    return null;
  }

  /** How many there are: for tests, it looks at every slot. */
  int count() {
    int count = 0;
    for (Shard shard : shards) {
      count += shard.count();
    }
    return count;
  }

  /**
   * Forgets an activation; a later one in the same slot stays. Its first turn may still be on its
   * way, on another thread, where a process is killed at once.
   */
  void remove(long id) {
    shard(id).remove((int) id, id);
  }

  /** Whether the activation of {@code id} began after that of {@code other}, in the same slot. */
  private static boolean isLater(long id, long other) {
    int ahead = (int) (id >>> GENERATION_AT) - (int) (other >>> GENERATION_AT);
    return ahead << Integer.SIZE - GENERATION_BITS > 0;
  }

  private Shard shard(long id) {
    return shards[(int) (id >>> 56)];
  }

  /** Slots of one shard in chunks that never move. */
  private static final class Shard {
    @SuppressWarnings({"unchecked", "rawtypes"})
    private volatile AtomicReferenceArray<Activation>[] chunks = new AtomicReferenceArray[0];

    /** Those that were forgotten before their first turn came in. */
    private final Set<Long> gone = new HashSet<>();

    Activation get(int slot) {
      AtomicReferenceArray<Activation>[] all = chunks;
      int chunk = slot >>> CHUNK_BITS;
      AtomicReferenceArray<Activation> in = chunk < all.length ? all[chunk] : null;
      return in == null ? null : in.getAcquire(slot & CHUNK - 1);
    }

    synchronized void put(int slot, Activation activation) {
      Activation there = get(slot);
      boolean isGone = !gone.isEmpty() && gone.remove(activation.id);
      if (!isGone && (there == null || isLater(activation.id, there.id))) {
        chunk(slot >>> CHUNK_BITS).setRelease(slot & CHUNK - 1, activation);
      }
    }

    synchronized void remove(int slot, long id) {
      Activation there = get(slot);
      if (there != null && there.id == id) {
        chunk(slot >>> CHUNK_BITS).setRelease(slot & CHUNK - 1, null);
      } else if (there == null || isLater(id, there.id)) {
        gone.add(id);
      }
    }

    synchronized int count() {
      int count = gone.size();
      for (AtomicReferenceArray<Activation> chunk : chunks) {
        for (int slot = 0; chunk != null && slot < CHUNK; slot++) {
          count += chunk.getAcquire(slot) == null ? 0 : 1;
        }
      }
      return count;
    }

    private AtomicReferenceArray<Activation> chunk(int index) {
      AtomicReferenceArray<Activation>[] all = chunks;
      AtomicReferenceArray<Activation> in = index < all.length ? all[index] : null;
      return in != null ? in : grow(index);
    }

    private synchronized AtomicReferenceArray<Activation> grow(int index) {
      AtomicReferenceArray<Activation>[] all = chunks;
      if (index >= all.length) {
        all = Arrays.copyOf(all, index + 1);
      } else if (all[index] != null) {
        return all[index];
      } else {
        all = all.clone();
      }
      all[index] = new AtomicReferenceArray<>(CHUNK);
      chunks = all;
      return all[index];
    }
  }
}
