/**
 * The actor: an airport that counts what lands there, on the base class that the generator wrote.
 */

import { setTimeout as wait } from 'node:timers/promises';

import { create } from '@bufbuild/protobuf';
import { type Context } from 'everact/proto';

import {
  AirportStateSchema,
  type Flight,
  type LandedRequest,
  type LateRequest,
  type NoteRequest,
} from './gen/flights/v1/airports_pb.js';
import { AirportClosedError, AirportsActor } from './gen/flights/v1/airports_everact.js';

/** Where the count stands. */
interface Count {
  flights: bigint;
  meanDelay: number;
}

/** One airport. Its state is the message `AirportState`; a turn that fails leaves it as it was. */
export class Airports extends AirportsActor {
  async landed({ airport, flight }: LandedRequest, context: Context): Promise<Count> {
    const delay = flight?.delay ?? 0;
    this.state.flights += 1n;
    this.state.minutesLate += BigInt(Math.max(delay, 0));
    if (flight !== undefined && delay > 0) {
      this.state.late.push(flight);
    }
    if (flight?.number === 'bad') {
      throw new RangeError('no such flight');
    }
    if (flight?.number === 'closed') {
      throw new AirportClosedError('closed for the night', {
        airport,
        minutes: 2n ** 53n + 1n,
        waiting: this.state.late.slice(0, 1),
      });
    }
    if (flight?.number === 'slow') {
      await wait(5_000, undefined, { signal: context.signal });
    }
    const { trace } = context.metadata;
    if (trace !== undefined) {
      context.replyMetadata.trace = `${String(trace)}!`;
    }
    return this.#count();
  }

  summary(): Count & { note: string } {
    return { ...this.#count(), note: this.state.note };
  }

  late({ delayMin }: LateRequest): Flight[] {
    return this.state.late.filter(({ delay }) => delay >= delayMin);
  }

  async upload(requests: readonly LandedRequest[], context: Context): Promise<Count> {
    for (const request of requests) {
      await this.landed(request, context);
    }
    return this.#count();
  }

  async *follow(request: LandedRequest, context: Context): AsyncGenerator<Count> {
    yield await this.landed(request, context);
  }

  clear(): void {
    this.state = create(AirportStateSchema);
  }

  note({ text }: NoteRequest): void {
    this.state.note = text;
  }

  #count(): Count {
    const { flights, minutesLate } = this.state;
    return { flights, meanDelay: flights === 0n ? 0 : Number(minutesLate) / Number(flights) };
  }
}
