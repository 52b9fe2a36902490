// One thread's time at the lane: it polls, runs turns and settles futures, until it stands and
// another takes over.
package dev.everact;

import dev.everact.errors.ClosedException;
import dev.everact.internal.Port;
import java.util.ArrayDeque;

/**
 * The lock guards what an heir takes over: the work that is ready and the commands that are not yet
 * handed in. Events are read only between pieces of work, when nobody can take over.
 */
final class Shift implements Runnable, Host.Arrivals {
  private static final ThreadLocal<Shift> CURRENT = new ThreadLocal<>();

  /** Turns that one exchange may hand out in place of a poll. */
  private static final int TURNS_MAX = 256;

  /** Commands are handed in at the latest when they are so long. */
  private static final int COMMANDS_BYTES_MAX = 64 * 1024;

  private static final int COMMANDS_MAX = 512;

  /**
   * Pieces of work between two polls, where the answers to its own commands bring the next ones.
   */
  private static final int PIECES_UNPOLLED_MAX = 16;

  /**
   * Pieces of work between two polls where what is ready never runs out: actors that never run dry
   * fill it each time that commands are handed in for want of room.
   */
  private static final int PIECES_UNREFILLED_MAX = 64;

  private static final int POLL_MS = 1000;

  final Lane lane;
  final Host host;
  Thread thread;
  private final Port port;
  private final ArrayDeque<Object> ready;
  private int commands;
  private boolean revoked;

  /** What is being run; null between pieces of work. */
  private Object work;

  /** Rises with each piece of work, for the watch. */
  private long pieces;

  private long piecesSeen;
  private long piecesPolled;

  /** Set by each look of the watch, so that slow pieces keep what waits in the lane no longer. */
  private volatile boolean pollDue;

  private int ticks;

  Shift(Host host, Lane lane) {
    this(host, lane, Port.take(), new ArrayDeque<>());
  }

  private Shift(Host host, Lane lane, Port port, ArrayDeque<Object> ready) {
    this.host = host;
    this.lane = lane;
    this.port = port;
    this.ready = ready;
  }

  /** The shift of this thread; null on threads that are not the lane's. */
  static Shift current() {
    return Thread.currentThread().getClass() == Thread.class ? CURRENT.get() : null;
  }

  @Override
  public void run() {
    CURRENT.set(this);
    try {
      Object piece = next(null);
      while (true) {
        if (piece != null) {
          perform(piece);
        } else if (!refill()) {
          end();
          Port.give(port);
          return;
        }
        piece = next(piece);
        if (piece == this) {
          return;
        }
      }
    } catch (ClosedException e) {
      end();
      Log.get().log(System.Logger.Level.DEBUG, "a lane ends with its engine: {0}", e.getMessage());
    } catch (Throwable e) {
      leave();
      Log.get().log(System.Logger.Level.ERROR, "a lane's thread failed; another takes over", e);
    } finally {
      CURRENT.remove();
    }
  }

  /**
   * The engine has ended. Turns that are ready do not begin; those whose outcome has come already
   * learn it, for nobody else knows of them.
   */
  private void end() {
    synchronized (this) {
      if (revoked) {
        return;
      }
      revoked = true;
      work = null;
    }
    for (Object piece = ready.poll(); piece != null; piece = ready.poll()) {
      if (piece instanceof AskFuture.Ask) {
        perform(piece);
      }
    }
  }

  private static void perform(Object piece) {
    if (piece instanceof Turn turn) {
      turn.run();
    } else {
      ((AskFuture.Ask) piece).settle();
    }
    // What a piece of work leaves behind is not for the next one.
    Thread.interrupted();
  }

  /**
   * Takes note of what was done and picks what is next; null when nothing is ready, itself when the
   * shift was taken over.
   */
  private Object next(Object done) {
    synchronized (this) {
      if (!revoked) {
        if (done instanceof Turn turn) {
          if (port.commands.spare() < Turn.LAST_RESORT_BYTES) {
            exchange();
          }
          turn.complete(port.commands);
          commands++;
        }
        if (commands >= COMMANDS_MAX || port.commands.length >= COMMANDS_BYTES_MAX) {
          exchange();
        }
        if (pieces - piecesPolled >= PIECES_UNREFILLED_MAX) {
          poll(0);
        }
        work = ready.poll();
        pieces++;
        return work;
      }
    }
    if (done instanceof Turn turn) {
      host.completeElsewhere(turn);
    }
    return this;
  }

  /** Hands in what is composed and takes what the core has; false when the engine has closed. */
  private boolean refill() {
    boolean more = exchange();
    if (lane.isStopped()) {
      return false;
    }
    if (!more || pollDue || pieces - piecesPolled >= PIECES_UNPOLLED_MAX) {
      poll(more ? 0 : POLL_MS);
    }
    lane.stir();
    return true;
  }

  /** Takes what waits in the core's queue. */
  private void poll(int ms) {
    pollDue = false;
    take(host.read(port, port.poll(host.engine, ms), this));
    piecesPolled = pieces;
  }

  /** True when the answer brought work. */
  private boolean exchange() {
    if (port.commands.length == 0) {
      return false;
    }
    commands = 0;
    take(host.read(port, port.exchange(host.engine, TURNS_MAX, 0), this));
    return !ready.isEmpty();
  }

  private void take(Turn first) {
    for (Turn turn = first; turn != null; turn = turn.next) {
      if (turn.pool() != null || turn.handler != null && turn.handler.expectsToStand()) {
        host.threads.run(turn);
      } else {
        ready.add(turn);
      }
    }
  }

  @Override
  public void settled(AskFuture.Ask ask) {
    ready.add(ask);
  }

  /** Adds a command behind those of this shift; false when it was taken over. */
  synchronized boolean append(Host.Composer composer) {
    if (revoked) {
      return false;
    }
    composer.write(port.commands);
    if (++commands >= COMMANDS_MAX || port.commands.length >= COMMANDS_BYTES_MAX) {
      exchange();
    }
    return true;
  }

  synchronized void flush() {
    if (!revoked) {
      exchange();
    }
  }

  /** For how many looks of the watch the same piece of work has run; -1 between pieces. */
  synchronized int ticksInOnePiece() {
    pollDue = true;
    if (work == null || pieces != piecesSeen) {
      piecesSeen = pieces;
      ticks = 0;
      return work == null ? -1 : 0;
    }
    return ++ticks;
  }

  /**
   * After a fault of ours or without memory: a new thread goes on with what is left, the commands
   * included; the turn at hand is ended by the rescue.
   */
  private void leave() {
    Shift heir = null;
    synchronized (this) {
      if (!revoked) {
        revoked = true;
        if (work instanceof Turn turn) {
          host.rescue.add(turn);
        }
        if (port.unread > 0) {
          host.rescue.add(port);
          heir = new Shift(host, lane, Port.take(), ready);
        } else {
          heir = new Shift(host, lane, port, ready);
          heir.commands = commands;
        }
      }
    }
    if (heir != null) {
      lane.replace(this, heir);
    }
  }

  /** Leaves all but the work at hand to a new thread. */
  void handOver(boolean stands) {
    Shift heir;
    synchronized (this) {
      if (revoked || work == null) {
        return;
      }
      if (stands && work instanceof Turn turn && turn.handler != null) {
        turn.handler.stood();
      }
      revoked = true;
      heir = new Shift(host, lane, port, ready);
      heir.commands = commands;
    }
    lane.replace(this, heir);
  }
}
