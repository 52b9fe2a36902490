// A caller that does not wait: the reply as a future.
package dev.everact;

import dev.everact.errors.CancelledException;
import dev.everact.errors.EveractException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** The future of an ask; cancelling it cancels the ask. */
final class AskFuture<R> extends CompletableFuture<R> {
  private final Host host;
  private final Ask ask;
  private volatile boolean cancelling;

  AskFuture(Host host, Outgoing outgoing, Consumer<Metadata> metadataTo) {
    this.host = host;
    this.ask = new Ask(host, outgoing, metadataTo, this);
  }

  Ask ask() {
    return ask;
  }

  /** The open ask behind the future. */
  static final class Ask extends Pending {
    private final AskFuture<?> future;

    /** Set by the thread that reads the outcome, read by the one that settles. */
    private volatile boolean arrived;

    Ask(Host host, Outgoing outgoing, Consumer<Metadata> metadataTo, AskFuture<?> future) {
      super(host, outgoing.handler, outgoing.reply, metadataTo);
      this.future = future;
    }

    @Override
    void arrived() {
      arrived = true;
    }

    /** Whether somebody's code waits for the outcome and would run while it is settled. */
    boolean hasFollowers() {
      return future.getNumberOfDependents() > 0;
    }

    /** Completes the future, and so runs the code that waits for it. */
    void settle() {
      if (!arrived) {
        throw new IllegalStateException("an ask was settled before its outcome came");
      }
      try {
        future.settle();
      } catch (Throwable e) {
        future.completeExceptionally(e);
      }
    }
  }

  @SuppressWarnings("unchecked") // The codec was chosen with R.
  private void settle() {
    EveractException failure = ask.failure();
    ask.answered = null;
    if (cancelling && failure instanceof CancelledException) {
      super.cancel(true);
    } else if (failure == null) {
      succeed((R) ask.value());
    } else {
      completeExceptionally(failure);
    }
  }

  /** Whatever the receiver of the metadata throws, checked or not, fails the future. */
  private void succeed(R value) {
    try {
      ask.deliverMetadata();
    } catch (Throwable e) {
      completeExceptionally(e);
      return;
    }
    complete(value);
  }

  /**
   * The core learns it first: once anybody sees the future cancelled, a message still in the
   * mailbox is not handled.
   */
  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    if (!isDone()) {
      cancelling = true;
      host.cancel(ask.id);
      super.cancel(mayInterruptIfRunning);
    }
    return isCancelled();
  }

  @Override
  public R join() {
    boolean stands = standing();
    try {
      return super.join();
    } finally {
      Pools.standing(stands ? -1 : 0);
    }
  }

  @Override
  public R get() throws InterruptedException, ExecutionException {
    boolean stands = standing();
    try {
      return super.get();
    } finally {
      Pools.standing(stands ? -1 : 0);
    }
  }

  @Override
  public R get(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    boolean stands = standing();
    try {
      return super.get(timeout, unit);
    } finally {
      Pools.standing(stands ? -1 : 0);
    }
  }

  /** A thread of the lane that waits would wait for itself, and a full pool too. */
  private boolean standing() {
    if (isDone()) {
      return false;
    }
    host.lane.standing();
    Pools.standing(1);
    return true;
  }
}
