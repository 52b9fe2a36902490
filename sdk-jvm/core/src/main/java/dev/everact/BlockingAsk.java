// A caller that waits on its own thread.
package dev.everact;

import dev.everact.errors.EveractException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** An ask whose caller stands still until the reply is there. */
final class BlockingAsk extends Pending {
  private final Thread caller = Thread.currentThread();
  private volatile boolean done;

  BlockingAsk(Host host, HandlerEntry handler, Codec codec, Consumer<Metadata> metadataTo) {
    super(host, handler, codec, metadataTo);
  }

  @Override
  void arrived() {
    done = true;
    if (Thread.currentThread() != caller) {
      LockSupport.unpark(caller);
    }
  }

  /** Waits for the outcome: the reply, or the error thrown. */
  Object await(Host host, long id) {
    if (!done) {
      park(host, id);
    }
    EveractException failure = failure();
    if (failure != null) {
      throw failure;
    }
    deliverMetadata();
    return value();
  }

  private void park(Host host, long id) {
    host.lane.standing();
    host.threads.standing(1);
    boolean interrupted = false;
    try {
      while (!done) {
        LockSupport.park(this);
        if (!interrupted && Thread.interrupted()) {
          interrupted = true;
          host.cancel(id);
        }
      }
    } finally {
      host.threads.standing(-1);
      if (interrupted) {
        caller.interrupt();
      }
    }
  }
}
