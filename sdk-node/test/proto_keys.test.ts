/**
 * Keys of generated actors: completed by references, taken from requests by clients, of every type that a key may have.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { create } from '@bufbuild/protobuf';
import { Engine, InvalidArgument, InvalidDeclaration, InvalidPayload } from 'everact';
import * as proto from 'everact/proto';

import { Airports } from './airports.js';
import { LandedRequestSchema } from './gen/flights/v1/airports_pb.js';
import { AirportsClient, AirportsReference } from './gen/flights/v1/airports_everact.js';
import { Gates as GatesService, type GateState, GateStateSchema } from './gen/flights/v1/keys_pb.js';

const TYPES = [
  'int32',
  'int64',
  'uint32',
  'uint64',
  'sint32',
  'sint64',
  'fixed32',
  'fixed64',
  'sfixed32',
  'sfixed64',
] as const;
const SIGNED = new Set<string>(['int32', 'int64', 'sint32', 'sint64', 'sfixed32', 'sfixed64']);
const KEYED = { key: 'gate', method: 'answer' };

const gatesKind = proto.kind(GatesService, {
  name: 'gates',
  state: GateStateSchema,
  transient: true,
  handlers: {
    int32: { name: 'int32', ...KEYED },
    int64: { name: 'int64', ...KEYED },
    uint32: { name: 'uint32', ...KEYED },
    uint64: { name: 'uint64', ...KEYED },
    sint32: { name: 'sint32', ...KEYED },
    sint64: { name: 'sint64', ...KEYED },
    fixed32: { name: 'fixed32', ...KEYED },
    fixed64: { name: 'fixed64', ...KEYED },
    sfixed32: { name: 'sfixed32', ...KEYED },
    sfixed64: { name: 'sfixed64', ...KEYED },
    present: { name: 'present', ...KEYED },
    chosen: { name: 'chosen', ...KEYED },
    everywhere: { name: 'everywhere', method: 'answer' },
    double: { name: 'double', method: 'answer' },
  },
});

class Gates extends proto.Actor<GateState> {
  static override readonly kind = gatesKind;

  answer(
    request: { gate?: number | bigint; place?: { value?: unknown } },
    context: proto.Context,
  ): GateState {
    this.state.count += 1;
    this.state.key = context.key;
    this.state.seen = String(request.gate ?? request.place?.value);
    return this.state;
  }
}

let engine: Engine;

before(async () => {
  engine = await Engine.open({ data: null, actors: [Airports, Gates] });
});

after(() => engine.close());

test('a reference completes a request and leaves the caller’s own as it is', async () => {
  const request = create(LandedRequestSchema, { flight: { delay: 1 } });
  const airport = new AirportsReference(engine, 'OWN');
  assert.equal((await airport.landed(request)).flights, 1n);
  assert.equal(request.airport, '');
  assert.equal((await airport.landed({ airport: 'OWN' })).flights, 2n);
});

test('a request that names another key is InvalidArgument', async () => {
  const airport = new AirportsReference(engine, 'A');
  await assert.rejects(airport.landed({ airport: 'B' }), InvalidArgument);
  await assert.rejects(airport.upload([{}, { airport: 'B' }]), InvalidArgument);
  await assert.rejects(airport.tellLanded({ airport: 'B' }), InvalidArgument);
  assert.equal((await airport.summary({})).flights, 0n);
});

test('a client takes the key from the request, of a list from its first one', async () => {
  const airports = new AirportsClient(engine);
  await airports.landed({ airport: 'C1' });
  assert.equal((await airports.upload([{ airport: 'C1' }, {}, { airport: 'C1' }])).flights, 4n);
  assert.equal((await airports.actor('C1').summary({})).flights, 4n);
  assert.equal((await airports.summary({ airport: 'C2' })).flights, 0n);
  await assert.rejects(airports.upload([{ airport: 'C1' }, { airport: 'C2' }]), InvalidArgument);
});

test('an empty key and an empty list are InvalidArgument', async () => {
  const airports = new AirportsClient(engine);
  await assert.rejects(airports.landed({}), InvalidArgument);
  await assert.rejects(airports.note({ text: 'to whom?' }), InvalidArgument);
  await assert.rejects(airports.upload([{}]), InvalidArgument);
  await assert.rejects(airports.upload([]), InvalidArgument);
  await assert.rejects(airports.actor('A').upload([]), InvalidArgument);
  await assert.rejects(airports.actor('').landed({}), InvalidArgument);
  await assert.rejects(airports.actor('\ud800').landed({}), InvalidArgument);
  await assert.rejects(airports.upload(5 as never), InvalidPayload);
  await assert.rejects(airports.landed('A' as never), InvalidPayload);
});

for (const type of TYPES) {
  test(`a key of the type ${type} is written in decimal`, async () => {
    const is64 = type.endsWith('64');
    const numbers = SIGNED.has(type) ? [42, -7] : [42];
    const large = is64 ? 2n ** 62n + 1n : 2 ** 30 + 1;
    for (const number of [...numbers, large]) {
      const gate = is64 ? BigInt(number) : number;
      const reference = proto.reference(engine, gatesKind, gate);
      const seen = await reference.ask(type, {});
      assert.deepEqual([seen.key, seen.seen], [String(number), String(number)]);
      const { count } = await proto.client(engine, gatesKind).ask(type, { gate } as never);
      assert.equal(count, seen.count + 1);
      await assert.rejects(reference.ask(type, { gate: is64 ? 1n : 1 } as never), InvalidArgument);
    }
    assert.equal((await proto.client(engine, gatesKind).ask(type, {})).key, '0');
    for (const key of ['many', '1.5', '', '007', '99999999999999999999']) {
      await assert.rejects(proto.reference(engine, gatesKind, key).ask(type, {}), InvalidArgument, key);
    }
  });
}

test('a key that says whether it is there may be 0', async () => {
  const zero = proto.reference(engine, gatesKind, 0);
  assert.deepEqual((await zero.ask('present', {})).seen, '0');
  assert.deepEqual((await zero.ask('present', { gate: 0 })).seen, '0');
  await assert.rejects(proto.reference(engine, gatesKind, 1).ask('present', { gate: 0 }), InvalidArgument);
});

test('a key that is one of a choice takes the place of the others', async () => {
  const gate = proto.reference(engine, gatesKind, 5);
  assert.equal((await gate.ask('chosen', { place: { case: 'gate', value: 5n } })).seen, '5');
  assert.equal((await gate.ask('chosen', { place: { case: 'elsewhere', value: 'x' } })).seen, '5');
  await assert.rejects(gate.ask('chosen', { place: { case: 'gate', value: 6n } }), InvalidArgument);
});

test('a method without a key goes to the actor with the name of the kind', async () => {
  assert.equal((await proto.client(engine, gatesKind).ask('everywhere', {})).key, 'gates');
  assert.equal((await proto.reference(engine, gatesKind, 9).ask('everywhere', {})).key, '9');
});

test('a key that is no whole number is InvalidDeclaration', async () => {
  class Doubles extends Gates {
    static override readonly kind = proto.kind(GatesService, {
      name: 'doubles',
      state: GateStateSchema,
      handlers: { double: { name: 'double', ...KEYED } } as never,
    }) as never;
  }
  await assert.rejects(Engine.open({ data: null, actors: [Doubles] }), {
    name: new InvalidDeclaration('').name,
    message: /DoubleRequest.gate: a key is/,
  });
});
