// Buffers in which turns compose their outcome, outside all locks, before it goes to the core.
package dev.everact;

import dev.everact.internal.Bytes;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** A small pool: about as many buffers as threads that compose at once. */
final class Scratch {
  private static final int BYTES = 512;
  private static final int BYTES_KEPT = 64 * 1024;
  private static final int SLOTS =
      Math.max(8, Integer.highestOneBit(Runtime.getRuntime().availableProcessors()) * 4);

  /** Spreads neighbouring slots over cache lines. */
  private static final int SPREAD = 16;

  private static final AtomicReferenceArray<Bytes> FREE =
      new AtomicReferenceArray<>(SLOTS * SPREAD);

  private Scratch() {}

  /** An empty buffer for this thread alone, until it is given back. */
  static Bytes take() {
    int start = slot();
    for (int i = 0; i < SLOTS; i++) {
      int at = ((start + i) % SLOTS) * SPREAD;
      if (FREE.getPlain(at) != null) {
        Bytes bytes = FREE.getAndSet(at, null);
        if (bytes != null) {
          return bytes;
        }
      }
    }
    return new Bytes(BYTES);
  }

  /** Gives a buffer back; the caller forgets it. */
  static void give(Bytes bytes) {
    if (bytes.array.length > BYTES_KEPT) {
      return;
    }
    bytes.length = 0;
    int start = slot();
    for (int i = 0; i < SLOTS; i++) {
      int at = ((start + i) % SLOTS) * SPREAD;
      if (FREE.getPlain(at) == null && FREE.compareAndSet(at, null, bytes)) {
        return;
      }
    }
  }

  private static int slot() {
    long id = Thread.currentThread().getId();
    return (int) ((id * 0x9E3779B97F4A7C15L) >>> 40) % SLOTS;
  }
}
