/**
 * Turns in a row on the event loop before timers and sockets get their chance (the setting `callerRunsMax`).
 *
 * The lane counts them, since it knows when the loop goes round. Where the core counts, the turns beyond its limit take the way
 * through its queue, with a wake-up and a copy of their messages.
 */

/** Calls into the core in a row, for asks that lead to no turn. */
const EXCHANGES_MAX = 1024;
/** The limit unless the user says otherwise. */
export const TURNS_MAX = 256;
/** The core's own counter never gets so far. */
const UNLIMITED = 2 ** 32 - 1;

/** What one lane does in a row. */
export class Row {
  readonly #turnsMax: number;
  #turns = 0;
  #exchanges = 0;

  /** @param turnsMax - the call that reaches it is the row's last. */
  constructor(turnsMax: number) {
    this.#turnsMax = Math.max(1, turnsMax);
  }

  /** Whether another call into the core may follow at once. */
  get mayGoOn(): boolean {
    return this.#turns < this.#turnsMax && this.#exchanges < EXCHANGES_MAX;
  }

  /** The loop has gone round. */
  begin(): void {
    this.#turns = 0;
    this.#exchanges = 0;
  }

  /** A call into the core brought so many turns. */
  add(turns: number): void {
    this.#turns += turns;
    this.#exchanges += 1;
  }
}

/**
 * Takes the limit out of an engine's settings, or the environment that fills them. What is none is left there: the core names it
 * in its error.
 */
export function takeTurnsMax(settings: Record<string, unknown>): number {
  const limit = settings.caller_runs_max === undefined ? fromEnvironment() : settings.caller_runs_max;
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 0 || limit > UNLIMITED) {
    return TURNS_MAX;
  }
  settings.caller_runs_max = UNLIMITED;
  return limit;
}

function fromEnvironment(): number | undefined {
  const text = process.env.EVERACT_CALLER_RUNS_MAX;
  if (text === undefined) {
    return TURNS_MAX;
  }
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
