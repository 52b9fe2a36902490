// The activations of one engine, found by the slot in their ids.
package dev.everact;

import dev.everact.errors.InternalException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** From an activation's id ({@code shard << 56 | generation << 32 | slot}) to the activation. */
final class ActivationTable {
  private static final long WAIT_NANOS = 10_000_000_000L;
  private static final int CHUNK_BITS = 10;
  private static final int CHUNK = 1 << CHUNK_BITS;

  private final Shard[] shards = new Shard[256];

  ActivationTable() {
    for (int i = 0; i < shards.length; i++) {
      shards[i] = new Shard();
    }
  }

  void put(Activation activation) {
    shard(activation.id).put((int) activation.id, activation);
  }

  /** The activation with this id; null where there is none. */
  Activation get(long id) {
    Activation found = shard(id).get((int) id);
    return found != null && found.id == id ? found : null;
  }

  /**
   * The activation with this id, whose first turn may still be on its way into the table: of
   * overlapping read-only turns another thread may hold the first and be just about to put it
   * there.
   */
  Activation await(long id) {
    Activation found = get(id);
    for (long end = 0; found == null; found = get(id)) {
      long now = System.nanoTime();
      end = end == 0 ? now + WAIT_NANOS : end;
      if (now > end) {
        throw new InternalException("a turn came for an activation that never began");
      }
      Thread.yield();
    }
    return found;
  }

  /** How many there are: for tests, it looks at every slot. */
  int count() {
    int count = 0;
    for (Shard shard : shards) {
      count += shard.count();
    }
    return count;
  }

  /** Forgets an activation; a later one in the same slot stays. */
  void remove(long id) {
    Activation found = get(id);
    if (found != null) {
      shard(id).remove((int) id, found);
    }
  }

  private Shard shard(long id) {
    return shards[(int) (id >>> 56)];
  }

  /** Slots of one shard in chunks that never move. */
  private static final class Shard {
    @SuppressWarnings({"unchecked", "rawtypes"})
    private volatile AtomicReferenceArray<Activation>[] chunks = new AtomicReferenceArray[0];

    Activation get(int slot) {
      AtomicReferenceArray<Activation>[] all = chunks;
      int chunk = slot >>> CHUNK_BITS;
      AtomicReferenceArray<Activation> in = chunk < all.length ? all[chunk] : null;
      return in == null ? null : in.getAcquire(slot & CHUNK - 1);
    }

    void put(int slot, Activation activation) {
      chunk(slot >>> CHUNK_BITS).setRelease(slot & CHUNK - 1, activation);
    }

    void remove(int slot, Activation activation) {
      chunk(slot >>> CHUNK_BITS).compareAndSet(slot & CHUNK - 1, activation, null);
    }

    int count() {
      int count = 0;
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
