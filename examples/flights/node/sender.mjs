/**
 * Sends every record to its origin's actor, in the order of the file, each applied once however often it is sent.
 *
 * A record that has to be asked again holds back what follows for the same airport: a producer's numbers only rise.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import { AlreadyApplied, EveractError } from 'everact';

import { Airport } from './airport.mjs';

const IN_FLIGHT_MAX = 1_000;
const RETRY_MS = 10;

export class Sender {
  /** Records applied by this run. */
  sent = 0;
  /** Records applied by an earlier run. */
  known = 0;
  #engine;
  #onDone;
  /** Code -> {actor, open: asks under way, held: records that wait to be asked again, isHeld}. */
  #airports = new Map();

  /** `onDone` is called for each record that is applied. */
  constructor(engine, onDone) {
    this.#engine = engine;
    this.#onDone = onDone;
  }

  /** Resolves when all records are applied. */
  async sendAll(records) {
    let next = 0;
    const worker = async () => {
      while (next < records.length) await this.#send(records[next++]);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, worker));
  }

  async #send(record) {
    const airport = this.#airport(record.origin);
    airport.open += 1;
    if (airport.isHeld || !(await this.#ask(airport, record))) {
      airport.isHeld = true;
      airport.held.push(record);
    }
    airport.open -= 1;
    if (airport.isHeld && airport.open === 0) await this.#sendHeld(airport);
  }

  /** Asks what was held back, one after the other, in the order of the file. */
  async #sendHeld(airport) {
    while (airport.held.length > 0) {
      airport.open += 1;
      const records = airport.held.splice(0).sort((one, other) => one.position - other.position);
      for (const record of records) {
        while (!(await this.#ask(airport, record))) await sleep(RETRY_MS);
      }
      airport.open -= 1;
    }
    airport.isHeld = false;
  }

  /** Whether the record is applied; any error that a second try cannot mend ends the job. */
  async #ask({ actor }, { destination, delay, distance, date, producer, sequence }) {
    try {
      await actor.departed({ destination, delay, distance, date }, { producer, sequence });
      this.sent += 1;
    } catch (error) {
      if (error instanceof AlreadyApplied) this.known += 1;
      else if (error instanceof EveractError && error.retryable) return false;
      else throw error;
    }
    this.#onDone();
    return true;
  }

  #airport(code) {
    let airport = this.#airports.get(code);
    if (airport === undefined) {
      airport = { actor: this.#engine.actor(Airport, code), open: 0, held: [], isHeld: false };
      this.#airports.set(code, airport);
    }
    return airport;
  }
}
