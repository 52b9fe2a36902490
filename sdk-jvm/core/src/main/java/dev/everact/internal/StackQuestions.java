// The core's questions about handlers that run: which stack somebody wants.
package dev.everact.internal;

import dev.everact.errors.Errors;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** For one thread that does nothing else: it waits for a question and tells the answer. */
public final class StackQuestions implements AutoCloseable {
  /** Question, activation and turn. */
  private static final int BYTES = 3 * Long.BYTES;

  private final long engine;
  private final long address = Port.allocated(BYTES);
  private final ByteBuffer words = Native.view(address, BYTES).order(ByteOrder.LITTLE_ENDIAN);

  /** Questions of an engine. */
  public StackQuestions(long engine) {
    this.engine = engine;
  }

  /**
   * Waits for a question.
   *
   * @return false where none came in time
   * @throws dev.everact.errors.ClosedException where none will come any more
   */
  public boolean next(int timeoutMs) {
    long result = Native.stackNext(engine, timeoutMs, address, BYTES);
    if (result < 0) {
      throw Errors.fromCode((int) -result, "nobody asks for stacks any more");
    }
    return result == BYTES;
  }

  /** Whose stack is wanted: the activation's id. */
  public long activation() {
    return words.getLong(Long.BYTES);
  }

  /** Answers the question that came last; nothing where there is no stack. */
  public void tell(String stack) {
    byte[] text = stack.getBytes(StandardCharsets.UTF_8);
    int bytes = Math.max(1, text.length);
    long room = Port.allocated(bytes);
    try {
      ByteBuffer view = Native.view(room, bytes);
      view.put(0, text);
      Native.stackTell(engine, words.getLong(0), room, text.length);
      Reference.reachabilityFence(view);
    } finally {
      Native.release(room, bytes);
    }
  }

  @Override
  public void close() {
    Native.release(address, BYTES);
  }
}
