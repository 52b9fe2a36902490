/** Gates and notes: what the scenarios see and steer of running handlers, outside all actors. */

import { setTimeout as sleep } from 'node:timers/promises';

const gates = new Map();
const notes = new Map();

class Gate {
  isOpen = false;
  inside = 0;
  peak = 0;
  /** Called when the gate opens or somebody arrives. */
  waiters = new Set();

  changed() {
    for (const waiter of [...this.waiters]) waiter();
  }

  /** Resolves when the condition holds. */
  until(condition, signal) {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (signal?.aborted) reject(signal.reason);
        else if (condition()) resolve();
        else return;
        this.waiters.delete(look);
      };
      this.waiters.add(look);
      signal?.addEventListener('abort', look);
      look();
    });
  }
}

/** The gate of a name. */
export function gateOf(name) {
  let gate = gates.get(name);
  if (gate === undefined) {
    gate = new Gate();
    gates.set(name, gate);
  }
  return gate;
}

/** Whether the switch of a name is on: its gate is open. */
export function isOn(name) {
  return gateOf(name).isOpen;
}

/** Waits at a gate until it opens or nobody waits for the turn any more. */
export async function passGate(name, context) {
  const gate = gateOf(name);
  gate.inside += 1;
  gate.peak = Math.max(gate.peak, gate.inside);
  gate.changed();
  try {
    await gate.until(() => gate.isOpen, context.signal);
  } finally {
    gate.inside -= 1;
  }
}

/** Opens, shuts, waits for or reads a gate. */
export async function steerGate({ name, action, count }) {
  const gate = gateOf(name);
  switch (action) {
    case 'open':
      gate.isOpen = true;
      gate.changed();
      return undefined;
    case 'shut':
      gate.isOpen = false;
      gate.peak = 0;
      return undefined;
    case 'wait':
      return gate.until(() => gate.inside >= count);
    case 'peak':
      return gate.peak;
    default:
      throw new Error(`no such action: ${action}`);
  }
}

/** Counts a text. */
export function note(text) {
  notes.set(text, readNote(text) + 1);
}

/** How often a text was noted. */
export function readNote(text) {
  return notes.get(text) ?? 0;
}

export { sleep };
