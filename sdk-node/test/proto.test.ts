/**
 * Actors generated from a .proto: what their handlers take and give, and what becomes of their state.
 */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { create, createFileRegistry, fromBinary, isMessage } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type * as everact from 'everact';
import {
  type ActorClass,
  Engine,
  HandlerFailed,
  InvalidDeclaration,
  InvalidPayload,
  ReadOnlyViolation,
  UnknownKind,
} from 'everact';
import * as proto from 'everact/proto';

import { connectionKinds, kindSettings } from '../src/internal/declared.js';
import { emptyFolder, Scratch } from './actors.js';
import { Airports } from './airports.js';
import {
  Airports as AirportsService,
  type LandedRequest,
  LandedResponseSchema,
} from './gen/flights/v1/airports_pb.js';
import { AirportsClient, airportsKind, AirportsReference } from './gen/flights/v1/airports_everact.js';
import { type GateState, GateStateSchema } from './gen/flights/v1/keys_pb.js';

type Run = (this: Airports, request: never, context: proto.Context) => unknown;

/** Airports with some methods of their own, as a program without types could write them. */
function variant(methods: Partial<Record<keyof typeof NAMES, Run>>): ActorClass {
  class Variant extends Airports {}
  Object.assign(Variant.prototype, methods);
  return Variant;
}

function inMemory(actor: ActorClass = Airports): Promise<Engine> {
  return Engine.open({ data: null, actors: [actor] });
}

test('a handler with one reply takes a message and gives an initializer', async () => {
  await using engine = await inMemory();
  const airport = new AirportsReference(engine, 'SFO');
  const reply = await airport.landed({ flight: { number: 'LH 454', delay: 12 } });
  assert.ok(isMessage(reply, LandedResponseSchema));
  assert.deepEqual(reply, create(LandedResponseSchema, { flights: 1n, meanDelay: 12 }));
  assert.equal((await airport.landed({ flight: { number: 'LH 455', delay: -3 } })).meanDelay, 6);
});

test('a list of replies comes from a generator, an asynchronous one, a list or a promise of one', async () => {
  const flightsOf = (replies: readonly { flights: bigint }[]): bigint[] =>
    replies.map(({ flights }) => flights);
  {
    await using engine = await inMemory();
    const airport = new AirportsReference(engine, 'SFO');
    assert.deepEqual(flightsOf(await airport.follow({ flight: { number: 'a', delay: 3 } })), [0n, 1n]);
    await airport.landed({ flight: { number: 'b', delay: 9 } });
    const late = await airport.late({ delayMin: 5 });
    assert.deepEqual(
      late.map(({ number }) => number),
      ['b'],
    );
  }
  const lists = variant({
    late: () => [],
    follow: () => Promise.resolve([{ flights: 1n }, create(LandedResponseSchema, { flights: 2n })]),
  });
  await using engine = await inMemory(lists);
  const airport = new AirportsReference(engine, 'SFO');
  assert.deepEqual(await airport.late({}), []);
  assert.deepEqual(flightsOf(await airport.follow({})), [1n, 2n]);
});

test('a list of requests is one turn: all of them count or none', async () => {
  await using engine = await inMemory();
  const airport = new AirportsReference(engine, 'SFO');
  const flights = [1, 2, 3].map((delay) => ({ flight: { number: 'x', delay } }));
  assert.equal((await airport.upload(flights)).flights, 3n);
  await assert.rejects(airport.upload([...flights, { flight: { delay: 1000 } }]), HandlerFailed);
  assert.equal((await airport.summary({})).flights, 3n);
});

test('google.protobuf.Empty is nothing, and a method that only tells needs no reply', async () => {
  await using engine = await inMemory();
  const airport = new AirportsReference(engine, 'SFO');
  await airport.note({ text: 'closed' });
  assert.equal((await airport.summary({})).note, 'closed');
  const replies: unknown[] = await Promise.all([airport.clear({})]);
  assert.deepEqual(replies, [undefined]);
  assert.equal((await airport.summary({})).note, '');
});

test('a tell of any method is counted though nobody waits', async () => {
  await using engine = await inMemory();
  const airport = new AirportsReference(engine, 'SFO');
  await airport.tellLanded({});
  await airport.tellUpload([{}, {}]);
  await airport.tellFollow({});
  assert.equal((await airport.summary({})).flights, 4n);
  await airport.tellClear({});
  assert.equal((await airport.summary({})).flights, 0n);
});

test('the state survives the engine, other fields do not', async () => {
  const data = emptyFolder();
  {
    await using engine = await Engine.open(data, { actors: [Airports] });
    await new AirportsReference(engine, 'SFO').landed({ flight: { number: 'LH 454', delay: 12 } });
  }
  await using engine = await Engine.open(data, { actors: [Airports] });
  const airport = new AirportsReference(engine, 'SFO');
  let turns: unknown;
  const summary = await airport.summary(
    {},
    {
      onMetadata: (metadata) => {
        turns = metadata['x-turns'];
      },
    },
  );
  assert.deepEqual([summary.flights, summary.meanDelay, turns], [1n, 12, '0']);
  assert.deepEqual(
    (await airport.late({})).map(({ number, delay }) => [number, delay]),
    [['LH 454', 12]],
  );
});

test('a turn that fails leaves the state as it was, a turn that changes nothing makes no revision', async () => {
  const revisions = variant({
    summary: (_request, context) => ({ flights: BigInt(context.revision) }),
    clear() {
      this.state = { ...this.state };
    },
  });
  await using engine = await Engine.open(emptyFolder(), { actors: [revisions] });
  const airport = new AirportsReference(engine, 'SFO');
  const revision = async (): Promise<bigint> => (await airport.summary({})).flights;
  await airport.landed({});
  const first = await revision();
  const failure = { name: 'HandlerFailed', message: /RangeError: too late/ };
  await assert.rejects(airport.landed({ flight: { delay: 1000 } }), failure);
  assert.deepEqual(await airport.late({}), []);
  await airport.clear({});
  assert.equal(await revision(), first);
  assert.equal((await airport.landed({})).flights, 2n);
  assert.equal(await revision(), first + 1n);
});

test('bytes that a handler writes to in place are a change, and are put back when it fails', async () => {
  class Marked extends proto.Actor<GateState> {
    static override readonly kind = proto.kind(AirportsService, {
      name: 'marked',
      state: GateStateSchema,
      handlers: NAMES,
    });
    landed(request: LandedRequest): { flights: bigint } {
      if (this.state.mark.length === 0) {
        this.state.mark = new Uint8Array(1);
      }
      this.state.mark[0] = request.flight?.delay ?? 0;
      if (request.flight?.number === 'fail') {
        throw new Error('boom');
      }
      return this.summary();
    }
    summary(): { flights: bigint } {
      return { flights: BigInt(this.state.mark[0] ?? 0) };
    }
  }
  for (const method of ['late', 'upload', 'follow', 'clear', 'note']) {
    Object.assign(Marked.prototype, { [method]: () => undefined });
  }
  const data = emptyFolder();
  const read = async (engine: Engine): Promise<bigint> =>
    (await proto.reference(engine, Marked.kind, 'a').ask('summary', {})).flights;
  {
    await using engine = await Engine.open(data, { actors: [Marked] });
    const actor = proto.reference(engine, Marked.kind, 'a');
    await actor.ask('landed', { flight: { delay: 1 } });
    for (let time = 0; time < 2; time++) {
      await assert.rejects(actor.ask('landed', { flight: { delay: 99, number: 'fail' } }), HandlerFailed);
      assert.equal(await read(engine), 1n);
    }
    await actor.ask('landed', { flight: { delay: 7 } });
  }
  await using engine = await Engine.open(data, { actors: [Marked] });
  assert.equal(await read(engine), 7n);
});

test('what a handler gives must be its reply', async () => {
  const wrong = variant({
    landed: (request: LandedRequest) =>
      [undefined, 5, { flights: 'many' }, create(GateStateSchema)][request.flight?.delay ?? 0],
    late: () => [5],
    follow: () => 5,
  });
  await using engine = await inMemory(wrong);
  const airport = new AirportsReference(engine, 'SFO');
  for (const [delay, message] of [
    /not undefined/,
    /not number/,
    /flights/,
    /not a flights.v1.GateState/,
  ].entries()) {
    await assert.rejects(airport.landed({ flight: { delay } }), { name: 'HandlerFailed', message });
  }
  await assert.rejects(airport.late({}), { name: 'HandlerFailed', message: /not number/ });
  await assert.rejects(airport.follow({}), { name: 'HandlerFailed', message: /a list of replies/ });
});

test('a read-only handler that changes the message is refused', async () => {
  const sly = variant({
    summary() {
      this.state.flights += 1n;
      return {};
    },
  });
  await using engine = await inMemory(sly);
  await assert.rejects(new AirportsReference(engine, 'SFO').summary({}), ReadOnlyViolation);
});

test('bytes that are no request are InvalidPayload, and the handler does not run', async () => {
  await using engine = await inMemory();
  const raw = engine.actor('airports', 'SFO');
  const cases: [string, number[]][] = [
    ['landed', [0xff]],
    ['upload', []],
    ['upload', [1, 0, 0]],
    ['upload', [2, 0, 0, 0, 0]],
    ['upload', [1, 0, 0, 0, 0xff]],
  ];
  for (const [handler, bytes] of cases) {
    await assert.rejects(
      raw.ask(handler, Uint8Array.from(bytes)),
      InvalidPayload,
      `${handler} ${String(bytes)}`,
    );
  }
  assert.deepEqual(await raw.ask('landed', new Uint8Array()), Uint8Array.from([8, 1]));
});

test('inside a handler a tell leaves with the turn, and an ask belongs to its chain', async () => {
  await using engine = await inMemory();
  const airports = new AirportsClient(engine);
  await airports.note({ airport: 'SFO', text: 'LAX: hello' });
  assert.equal((await airports.summary({ airport: 'SFO' })).note, 'LAX: hello');
  assert.equal((await airports.summary({ airport: 'LAX' })).note, 'hello');
  await airports.note({ airport: 'SFO', text: 'LAX? SFO: and back' });
  assert.equal((await airports.summary({ airport: 'SFO' })).note, 'LAX has 0');
  assert.equal((await airports.summary({ airport: 'LAX' })).note, 'SFO: and back');
  assert.equal((await airports.summary({ airport: 'SFO' })).note, 'and back');

  const circle = variant({
    landed: (_request, context) => new AirportsReference(context, 'SFO').landed({}),
  });
  await using other = await inMemory(circle);
  await assert.rejects(new AirportsReference(other, 'SFO').landed({}), {
    name: 'HandlerFailed',
    message: /^Deadlock: /,
  });
});

test('a kind that is not there is UnknownKind, one of the name that is of no such service too', async () => {
  class Namesake extends Scratch {
    static override options = { name: 'airports', transient: true };
  }
  for (const actors of [[], [Namesake]]) {
    await using engine = await Engine.open({ data: null, actors });
    await assert.rejects(new AirportsReference(engine, 'SFO').landed({}), UnknownKind);
    await assert.rejects(new AirportsClient(engine).landed({ airport: 'SFO' }), UnknownKind);
  }
});

test('a declaration that cannot be used is InvalidDeclaration when the engine opens', async () => {
  const half = variant({ summary: undefined as unknown as Run });
  await assert.rejects(Engine.open({ data: null, actors: [half] }), {
    name: 'InvalidDeclaration',
    message: /Variant has no method summary/,
  });
  class KeyLess extends Airports {
    static override readonly kind = proto.kind(AirportsService, {
      name: 'key_less',
      state: GateStateSchema,
      handlers: { ...NAMES, landed: { name: 'landed', key: 'airfield' } },
    }) as never;
  }
  await assert.rejects(Engine.open({ data: null, actors: [KeyLess] }), {
    name: 'InvalidDeclaration',
    message: /LandedRequest has no field airfield/,
  });
  class Bare extends proto.Actor {}
  await assert.rejects(Engine.open({ data: null, actors: [Bare] }), InvalidDeclaration);
});

test('the core is told codec, service and the schema, each file after what it imports', () => {
  const { kinds, descriptors } = kindSettings(connectionKinds([airportsKind])) as {
    kinds: { name: string; codec: string; service: string; idle_timeout_ms: number; handlers: object[] }[];
    descriptors: string[];
  };
  const [kind] = kinds;
  assert.deepEqual(
    [kind?.name, kind?.codec, kind?.service, kind?.idle_timeout_ms],
    ['airports', 'protobuf', 'flights.v1.Airports', 60_000],
  );
  const read = { read_only: true, reentrant: false, idempotent: false, bytes: false, internal: false };
  const doc = 'The flights that were late, one after the other.';
  assert.deepEqual(kind?.handlers[2], { name: 'late', ...read, doc });
  const files = descriptors.map((text) => fromBinary(FileDescriptorProtoSchema, Buffer.from(text, 'base64')));
  assert.deepEqual(
    files.map(({ name }) => name),
    [
      'google/protobuf/empty.proto',
      'google/protobuf/descriptor.proto',
      'google/protobuf/duration.proto',
      'everact/v1/options.proto',
      'flights/v1/airports.proto',
    ],
  );
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: files }));
  const landed = registry.getService('flights.v1.Airports')?.method.note;
  assert.ok(
    landed?.proto.options?.$unknown?.some(({ no }) => no === 58210),
    'the options are kept',
  );
});

test('the same package serves CommonJS', async () => {
  const require = createRequire(import.meta.url);
  const other = require('everact/proto') as typeof proto;
  const { Actor } = require('everact') as typeof everact;
  assert.ok(Object.create(other.Actor.prototype as object) instanceof Actor);
  await using engine = await inMemory();
  const declared = other.kind(AirportsService, { name: 'airports', state: GateStateSchema, handlers: NAMES });
  assert.equal((await other.reference(engine, declared, 'SFO').ask('landed', {})).flights, 1n);
});

/** The methods' names on the wire. */
const NAMES = {
  landed: { name: 'landed', key: 'airport' },
  summary: { name: 'summary', key: 'airport', readOnly: true },
  late: { name: 'late', key: 'airport' },
  upload: { name: 'upload', key: 'airport' },
  follow: { name: 'follow', key: 'airport' },
  clear: { name: 'clear', key: 'airport' },
  note: { name: 'note', key: 'airport' },
};
