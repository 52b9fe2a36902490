// A pair of native buffers with one holder at a time: commands go in, events come out.
package dev.everact.internal;

import dev.everact.errors.Errors;
import dev.everact.errors.EveractException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Where a thread exchanges commands for events. A thread takes one ({@link #take}), composes in
 * {@link #commands}, calls, reads {@link #events} and gives it back ({@link #give}) before it runs
 * anybody's code; so there are about as many as processors, however many threads there are.
 */
public final class Port {
  private static final int COMMANDS_BYTES = 64 * 1024;
  private static final int COMMANDS_BYTES_KEPT = 1024 * 1024;
  private static final int SLOTS =
      Math.max(8, Integer.highestOneBit(Runtime.getRuntime().availableProcessors()) * 4);

  /** Spreads neighbouring slots over cache lines. */
  private static final int SPREAD = 16;

  private static final AtomicReferenceArray<Port> FREE = new AtomicReferenceArray<>(SLOTS * SPREAD);

  /** The commands of the next {@link #exchange}. */
  public final Bytes commands = new Bytes(4 * 1024);

  /**
   * How many bytes of events the last call brought, until they are read: set before anything else
   * can fail, so that no event is lost with a thread that ran out of stack or memory.
   */
  public int unread;

  /** For lists of ports whose events are still to be read. */
  public Port next;

  /** The events of the last call. */
  public byte[] events = new byte[4 * 1024];

  private long inAddress;
  private int inBytes;
  private ByteBuffer in;
  private final long outAddress;
  private ByteBuffer out;

  private Port() {
    outAddress = allocated(Layout.OUT_BYTES_MIN);
    out = Native.view(outAddress, Layout.OUT_BYTES_MIN);
    resize(COMMANDS_BYTES);
  }

  /** Native memory, to be given back with {@link Native#release}. */
  static long allocated(int bytes) {
    long address = Native.allocate(bytes);
    if (address == 0) {
      throw new OutOfMemoryError("no native memory for " + bytes + " bytes");
    }
    return address;
  }

  private void resize(int bytes) {
    long fresh = allocated(bytes);
    Native.release(inAddress, inBytes);
    inAddress = fresh;
    inBytes = bytes;
    in = Native.view(fresh, bytes);
  }

  /** A port for this thread alone, until it is given back. */
  public static Port take() {
    int start = slot();
    for (int i = 0; i < SLOTS; i++) {
      int at = ((start + i) % SLOTS) * SPREAD;
      if (FREE.getPlain(at) != null) {
        Port port = FREE.getAndSet(at, null);
        if (port != null) {
          return port;
        }
      }
    }
    return new Port();
  }

  /** Gives a port back; the caller forgets it. */
  public static void give(Port port) {
    port.shrink();
    int start = slot();
    for (int i = 0; i < SLOTS; i++) {
      int at = ((start + i) % SLOTS) * SPREAD;
      if (FREE.getPlain(at) == null && FREE.compareAndSet(at, null, port)) {
        return;
      }
    }
    port.release();
  }

  private static int slot() {
    long id = Thread.currentThread().getId();
    return (int) ((id * 0x9E3779B97F4A7C15L) >>> 40) % SLOTS;
  }

  /** One large message must not keep its room for ever. */
  private void shrink() {
    commands.length = 0;
    if (commands.array.length > COMMANDS_BYTES_KEPT) {
      commands.array = new byte[COMMANDS_BYTES];
    }
    if (inBytes > COMMANDS_BYTES_KEPT) {
      resize(COMMANDS_BYTES);
    }
  }

  private void release() {
    Native.release(inAddress, inBytes);
    Native.release(outAddress, Layout.OUT_BYTES_MIN);
    in = null;
    out = null;
    inAddress = 0;
    inBytes = 0;
  }

  /**
   * Opens an engine.
   *
   * @return the engine's handle
   * @throws EveractException what the core answered
   */
  public long open(byte[] config) {
    commands.length = 0;
    commands.write(config);
    int bytes = commands.length;
    fetched(Native.open(lend(), bytes, outAddress, Layout.OUT_BYTES_MIN), 8);
    return Bytes.i64(events, 0);
  }

  /**
   * Hands the commands in and fetches the events that they cause.
   *
   * @return how many bytes of {@link #events} count
   * @throws EveractException when the core could take none of them
   */
  public int exchange(long engine, int turnsMax, int flags) {
    int bytes = commands.length;
    long address = lend();
    long result =
        Native.exchange(engine, address, bytes, outAddress, Layout.OUT_BYTES_MIN, turnsMax, flags);
    unread = (int) Math.max(0, result);
    return fetched(result, result);
  }

  /** The events of the last call once more, where reading them failed. */
  public int again() {
    return fetched(unread, unread);
  }

  /** Events of the lane's queue, as {@link #exchange}; waits for the first at most so long. */
  public int poll(long engine, int timeoutMs) {
    long result = Native.poll(engine, outAddress, Layout.OUT_BYTES_MIN, timeoutMs);
    unread = (int) Math.max(0, result);
    return fetched(result, result);
  }

  /** Moves a blob out of the core. */
  public static byte[] blob(long engine, long id, long length) {
    int bytes = Math.toIntExact(length);
    long address = allocated(bytes);
    try {
      long result = Native.blob(engine, id, address, bytes);
      if (result < 0) {
        throw Errors.fromCode((int) -result, "the core no longer holds this payload");
      }
      byte[] blob = new byte[bytes];
      ByteBuffer view = Native.view(address, bytes);
      view.get(0, blob);
      Reference.reachabilityFence(view);
      return blob;
    } finally {
      Native.release(address, bytes);
    }
  }

  /** JSON about a topic, of any size. */
  public static byte[] describe(long engine, String topic) {
    byte[] text = topic.getBytes(StandardCharsets.UTF_8);
    Port port = take();
    try {
      port.commands.write(text);
      long result =
          Native.describe(engine, port.lend(), text.length, port.outAddress, Layout.OUT_BYTES_MIN);
      if (result > Layout.OUT_BYTES_MIN) {
        return port.describeLong(engine, text, result);
      }
      int bytes = port.fetched(result, result);
      return Arrays.copyOf(port.events, bytes);
    } finally {
      give(port);
    }
  }

  /** Once more, into memory of the size that was said. */
  private byte[] describeLong(long engine, byte[] topic, long size) {
    int bytes = Math.toIntExact(size);
    long address = allocated(bytes);
    try {
      commands.write(topic);
      long result = Native.describe(engine, lend(), topic.length, address, bytes);
      if (result < 0 || result > bytes) {
        throw Errors.fromCode((int) Math.max(-result, 0), "the description changed meanwhile");
      }
      byte[] described = new byte[(int) result];
      ByteBuffer view = Native.view(address, bytes);
      view.get(0, described);
      Reference.reachabilityFence(view);
      return described;
    } finally {
      Native.release(address, bytes);
    }
  }

  /** Copies the engine's data into a folder while it runs. */
  public static void backup(long engine, String path) {
    Port port = take();
    try {
      port.commands.write(path.getBytes(StandardCharsets.UTF_8));
      int pathBytes = port.commands.length;
      port.fetched(
          Native.backup(engine, port.lend(), pathBytes, port.outAddress, Layout.OUT_BYTES_MIN), 0);
    } finally {
      give(port);
    }
  }

  /** Makes a data folder from a backup. */
  public static void restore(String from, String into) {
    Port port = take();
    try {
      port.commands.write(from.getBytes(StandardCharsets.UTF_8));
      int fromBytes = port.commands.length;
      port.commands.write(into.getBytes(StandardCharsets.UTF_8));
      int bytes = port.commands.length;
      port.fetched(
          Native.restore(port.lend(), fromBytes, bytes, port.outAddress, Layout.OUT_BYTES_MIN), 0);
    } finally {
      give(port);
    }
  }

  /** Begins to close; CLOSED comes as an event. */
  public static void close(long engine, int deadlineMs) {
    long result = Native.close(engine, deadlineMs);
    if (result < 0) {
      throw Errors.fromCode((int) -result, "the engine cannot be closed");
    }
  }

  /** Frees an engine after CLOSED. */
  public static void free(long engine) {
    Native.free(engine);
  }

  /** A test hook: the core panics on purpose and answers so. */
  public void provokePanic() {
    fetched(Native.provokePanic(outAddress, Layout.OUT_BYTES_MIN), 0);
  }

  /** The commands' address in native memory; they are copied there and count as sent. */
  private long lend() {
    int bytes = commands.length;
    if (bytes > inBytes) {
      resize(bytes + (bytes >> 1));
    }
    in.put(0, commands.array, 0, bytes);
    commands.length = 0;
    return inAddress;
  }

  /**
   * Copies the answer out of native memory; a negative result is thrown with the text that came
   * along.
   */
  private int fetched(long result, long count) {
    if (result < 0) {
      throw failure((int) -result);
    }
    int bytes = (int) count;
    if (bytes > events.length) {
      events = new byte[Math.min(Layout.OUT_BYTES_MIN, Math.max(bytes, events.length * 2))];
    }
    out.get(0, events, 0, bytes);
    Reference.reachabilityFence(in);
    return bytes;
  }

  private EveractException failure(int code) {
    byte[] head = new byte[Layout.FAILURE_FIXED_BYTES];
    out.get(0, head);
    if (Bytes.u16(head, Layout.TYPE_AT) != Layout.FAILURE_TYPE) {
      return Errors.fromCode(code, "the core gave no reason");
    }
    int textBytes = Bytes.i32(head, Layout.FAILURE_TEXT_BYTES_AT);
    byte[] text = new byte[Math.max(0, Math.min(textBytes, Layout.OUT_BYTES_MIN - head.length))];
    out.get(head.length, text);
    out.putShort(Layout.TYPE_AT, (short) 0);
    return Errors.fromCode(code, new String(text, StandardCharsets.UTF_8));
  }
}
