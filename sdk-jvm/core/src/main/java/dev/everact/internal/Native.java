// The core's calls as bindings/jvm exports them; docs/reference/boundary.md says what each does.
package dev.everact.internal;

import java.nio.ByteBuffer;

/**
 * The native side. Memory is passed by address: every buffer comes from {@link #allocate} and has
 * one owner ({@link Port}) that keeps it alive for the length of a call.
 */
public final class Native {
  static {
    Library.load();
  }

  private Native() {}

  /**
   * The version of the calls below; {@link Layout#ABI_VERSION} where library and SDK belong
   * together.
   */
  public static native int abiVersion();

  /** Address of a fresh zeroed buffer; 0 when there is no memory. */
  static native long allocate(int bytes);

  /** Gives back what {@link #allocate} gave, exactly once. */
  static native void release(long address, int bytes);

  /** A view of a buffer; not to be used after its {@link #release}. */
  static native ByteBuffer view(long address, int bytes);

  static native long open(long config, int configBytes, long out, int outBytes);

  static native long exchange(
      long engine,
      long commands,
      int commandsBytes,
      long out,
      int outBytes,
      int turnsMax,
      int flags);

  static native long poll(long engine, long out, int outBytes, int timeoutMs);

  static native long blob(long engine, long id, long out, int outBytes);

  static native long describe(long engine, long topic, int topicBytes, long out, int outBytes);

  static native long stackNext(long engine, int timeoutMs, long out, int outBytes);

  static native long stackTell(long engine, long question, long stack, int stackBytes);

  static native long backup(long engine, long path, int pathBytes, long out, int outBytes);

  static native long restore(long paths, int fromBytes, int pathsBytes, long out, int outBytes);

  static native long close(long engine, int deadlineMs);

  static native long free(long engine);

  static native long provokePanic(long out, int outBytes);
}
