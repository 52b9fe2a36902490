/**
 * A release that knows less of a generated actor's state than what is stored: the fields that it does not know stay.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Engine, HandlerFailed } from 'everact';
import * as proto from 'everact/proto';

import { emptyFolder } from './actors.js';
import { Airports } from './airports.js';
import { Airports as AirportsService, type LandedRequest } from './gen/flights/v1/airports_pb.js';
import { AirportsReference } from './gen/flights/v1/airports_everact.js';
import { type OlderAirportState, OlderAirportStateSchema } from './gen/flights/v1/keys_pb.js';

const olderKind = proto.kind(AirportsService, {
  name: 'airports',
  state: OlderAirportStateSchema,
  handlers: {
    landed: { name: 'landed', key: 'airport' },
    summary: { name: 'summary', method: 'landed' },
    late: { name: 'late', method: 'landed' },
    upload: { name: 'upload', method: 'landed' },
    follow: { name: 'follow', method: 'landed' },
    clear: { name: 'clear', method: 'landed' },
    note: { name: 'note', method: 'landed' },
  },
});

class Older extends proto.Actor<OlderAirportState> {
  static override readonly kind = olderKind;
  turns = 0;

  /** Changes every field that the release knows. The reply's mean delay is the number of turns since the actor came into memory. */
  landed({ flight }: LandedRequest, context: proto.Context): { flights: bigint; meanDelay: number } {
    this.turns += 1;
    this.state.flights += 1n;
    for (const late of this.state.late) {
      late.number += '!';
    }
    if (flight?.number === 'bad') {
      throw new RangeError('no gate is free');
    }
    if (flight?.number === 'last') {
      context.passivate();
    }
    return { flights: this.state.flights, meanDelay: this.turns };
  }
}

test('fields that a release does not know are kept through its changes', async () => {
  const data = emptyFolder();
  {
    await using engine = await Engine.open(data, { actors: [Airports] });
    const sfo = new AirportsReference(engine, 'SFO');
    await sfo.upload([{ flight: { number: 'LH 454', delay: 12 } }, { flight: { number: 'UA 1', delay: 6 } }]);
    await sfo.note({ text: 'fog' });
  }
  {
    await using engine = await Engine.open(data, { actors: [Older] });
    const sfo = proto.reference(engine, olderKind, 'SFO');
    await assert.rejects(sfo.ask('landed', { flight: { number: 'bad' } }), HandlerFailed);
    const counts: [bigint, number][] = [];
    for (const number of ['next', 'last', 'next']) {
      const { flights, meanDelay } = await sfo.ask('landed', { flight: { number } });
      counts.push([flights, meanDelay]);
    }
    assert.deepEqual(counts, [
      [3n, 2],
      [4n, 3],
      [5n, 1],
    ]);
  }
  await using engine = await Engine.open(data, { actors: [Airports] });
  const sfo = new AirportsReference(engine, 'SFO');
  const { flights, meanDelay, note } = await sfo.summary({});
  assert.deepEqual([flights, meanDelay, note], [5n, 18 / 5, 'fog']);
  assert.deepEqual(
    (await sfo.late({})).map(({ number, delay }) => [number, delay]),
    [
      ['LH 454!!!', 12],
      ['UA 1!!!', 6],
    ],
  );
});
