/**
 * The actor of docs/reference/contract.md, as a user writes it.
 */

import { create } from '@bufbuild/protobuf';
import { type Context } from 'everact/proto';

import {
  AirportStateSchema,
  type Flight,
  type LandedRequest,
  type LateRequest,
  type NoteRequest,
  type SummaryRequest,
} from './gen/flights/v1/airports_pb.js';
import { AirportClosedError, AirportsActor, AirportsReference } from './gen/flights/v1/airports_everact.js';

/** An airport. Delays of 1,000 minutes and more are an error, after the count has been changed. */
export class Airports extends AirportsActor {
  /** No state: it lives as long as the activation. */
  turns = 0;

  landed(request: LandedRequest): { flights: bigint; meanDelay: number } {
    this.turns += 1;
    this.#count(request);
    if (request.flight?.number === 'closed') {
      const { airport } = request;
      throw new AirportClosedError('closed for the night', {
        airport,
        minutes: 2n ** 53n + 1n,
        waiting: this.state.late,
      });
    }
    return this.#reply();
  }

  summary(_request: SummaryRequest, context: Context): { flights: bigint; meanDelay: number; note: string } {
    const { note } = this.state;
    context.replyMetadata['x-turns'] = String(this.turns);
    return { ...this.#reply(), note };
  }

  *late(request: LateRequest): Iterable<Flight> {
    yield* this.state.late.filter((flight) => flight.delay >= request.delayMin);
  }

  async upload(requests: readonly LandedRequest[]): Promise<{ flights: bigint; meanDelay: number }> {
    for (const request of requests) {
      await Promise.resolve();
      this.#count(request);
    }
    return this.#reply();
  }

  async *follow(request: LandedRequest): AsyncGenerator<{ flights: bigint }> {
    yield { flights: this.state.flights };
    await Promise.resolve();
    this.#count(request);
    yield { flights: this.state.flights };
  }

  clear(): void {
    this.state = create(AirportStateSchema);
  }

  /** A note "LAX: text" goes on to that airport, "LAX? text" asks it for its summary first. */
  async note(request: NoteRequest, context: Context): Promise<void> {
    this.state.note = request.text;
    const [, code, mark, text] = /^([A-Z]{3})([:?]) (.*)$/.exec(request.text) ?? [];
    if (code !== undefined && text !== undefined) {
      const other = new AirportsReference(context, code);
      if (mark === '?') {
        this.state.note = `${code} has ${String((await other.summary({})).flights)}`;
      }
      await other.note({ text });
    }
  }

  #count({ flight }: LandedRequest): void {
    const delay = flight?.delay ?? 0;
    this.state.flights += 1n;
    this.state.minutesLate += BigInt(Math.max(delay, 0));
    if (flight !== undefined && delay > 0) {
      this.state.late.push(flight);
    }
    if (delay >= 1000) {
      throw new RangeError('too late');
    }
  }

  #reply(): { flights: bigint; meanDelay: number } {
    const { flights, minutesLate } = this.state;
    return { flights, meanDelay: flights === 0n ? 0 : Number(minutesLate) / Number(flights) };
  }
}
