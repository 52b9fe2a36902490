// Two tables of the driver's process, outside all actors: gates that handlers wait at, notes that they leave.
package conformance;

import dev.everact.Context;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;

/** Gates and notes, shared by all engines of the driver. */
final class Tables {
  private static final Map<String, Gate> GATES = new HashMap<>();
  private static final Map<String, Integer> NOTES = new HashMap<>();

  private Tables() {}

  /** A gate: shut at first mention. */
  static final class Gate {
    boolean open;
    int inside;
    int peak;
  }

  static synchronized Gate gate(String name) {
    return GATES.computeIfAbsent(name, ignored -> new Gate());
  }

  static void open(String name) {
    Gate gate = gate(name);
    synchronized (gate) {
      gate.open = true;
      gate.notifyAll();
    }
  }

  static void shut(String name) {
    Gate gate = gate(name);
    synchronized (gate) {
      gate.open = false;
      gate.peak = 0;
    }
  }

  /** Waits until so many stand at the gate. */
  static void await(String name, int count) throws InterruptedException {
    Gate gate = gate(name);
    synchronized (gate) {
      while (gate.inside < count) {
        gate.wait();
      }
    }
  }

  static int peak(String name) {
    Gate gate = gate(name);
    synchronized (gate) {
      return gate.peak;
    }
  }

  /** Passes the gate; gives up when nobody waits for the turn any more. */
  static void pass(String name, Context context) throws InterruptedException {
    Gate gate = gate(name);
    synchronized (gate) {
      gate.inside++;
      gate.peak = Math.max(gate.peak, gate.inside);
      gate.notifyAll();
      try {
        while (!gate.open) {
          if (context.isCancelled()) {
            throw new CancellationException("the turn was cancelled at the gate");
          }
          gate.wait(2);
        }
      } finally {
        gate.inside--;
      }
    }
  }

  /** Whether a switch is on: its gate, looked at without waiting. */
  static boolean isOn(String name) {
    Gate gate = gate(name);
    synchronized (gate) {
      return gate.open;
    }
  }

  /** Passes the gate, on a thread that is no turn's. */
  static void pass(String name) throws InterruptedException {
    Gate gate = gate(name);
    synchronized (gate) {
      gate.inside++;
      gate.peak = Math.max(gate.peak, gate.inside);
      gate.notifyAll();
      try {
        while (!gate.open) {
          gate.wait();
        }
      } finally {
        gate.inside--;
      }
    }
  }

  static synchronized void note(String text) {
    NOTES.merge(text, 1, Integer::sum);
  }

  static synchronized int notes(String text) {
    return NOTES.getOrDefault(text, 0);
  }
}
