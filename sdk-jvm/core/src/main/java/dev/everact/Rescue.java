// What a thread could not finish because it ran out of stack or memory: another thread does.
package dev.everact;

import dev.everact.internal.Port;

/**
 * Turns that have not been completed, and ports whose events have not been read. Adding takes no
 * memory, and done in place no stack: the lists run through the objects themselves.
 */
final class Rescue {
  private final Host host;
  private Turn turns;
  Port ports;
  volatile boolean any;

  Rescue(Host host) {
    this.host = host;
  }

  synchronized void add(Turn turn) {
    turn.next = turns;
    turns = turn;
    any = true;
  }

  synchronized void add(Port port) {
    port.next = ports;
    ports = port;
    any = true;
  }

  /** Finishes what was added; called by the lane's watch, whose own stack is short. */
  void run() {
    if (!any) {
      return;
    }
    Port port;
    Turn turn;
    synchronized (this) {
      any = false;
      port = ports;
      turn = turns;
      ports = null;
      turns = null;
    }
    while (port != null) {
      Port next = port.next;
      port.next = null;
      read(port);
      port = next;
    }
    while (turn != null) {
      Turn next = turn.next;
      turn.next = null;
      complete(turn);
      turn = next;
    }
  }

  private void read(Port port) {
    try {
      host.runAll(host.read(port, port.again(), host.threads));
      Port.give(port);
    } catch (Throwable e) {
      add(port);
    }
  }

  private void complete(Turn turn) {
    try {
      host.completeElsewhere(turn);
    } catch (Throwable e) {
      add(turn);
    }
  }
}
