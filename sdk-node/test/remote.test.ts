/**
 * Over the wire: the same actors through a connection to another process as in one's own.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import { test } from 'node:test';

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  Cancelled,
  Closed,
  connect,
  ConnectionLost,
  DeadlineExceeded,
  Engine,
  HandlerFailed,
  InvalidArgument,
  InvalidConfiguration,
  InvalidPayload,
  type Metadata,
  TooLarge,
  Unauthenticated,
  UnknownKind,
} from 'everact';

import { Counter, Scratch } from './actors.js';
import { Airports } from './airports.js';
import { LandedRequestSchema, LandedResponseSchema } from './gen/flights/v1/airports_pb.js';
import {
  AirportsActor,
  AirportsClient,
  airportsKind,
  AirportsReference,
} from './gen/flights/v1/airports_everact.js';
import { Server } from './process.js';
import { Waiter } from './waiter.js';

const ACTORS = [Counter, AirportsActor, Waiter];

/** The engine that most tests talk to. */
const server = await Server.start();

test('classes and names, asks and tells are as in the process of the engine', async () => {
  await using engine = await connect(server.url, { actors: ACTORS });
  const counter = engine.actor(Counter, 'a');
  assert.equal(await counter.add(2), 2);
  await counter.tell('add', 3);
  assert.equal(await engine.actor('counter', 'a').ask('get'), 5);
  assert.deepEqual(await Promise.all([1, 2, 3].map((amount) => counter.add(amount))), [6, 8, 11]);
});

test('errors are those of the engine', async () => {
  await using engine = await connect(server.url, { actors: [...ACTORS, Scratch] });
  const counter = engine.actor(Counter, 'errors');
  await assert.rejects(counter.addThenFail(1), (error: Error) => {
    assert.ok(error instanceof HandlerFailed);
    assert.equal(error.message, 'RangeError: boom');
    return true;
  });
  await assert.rejects(counter.add('many' as never), InvalidPayload);
  await assert.rejects(engine.actor(Scratch, 'a').get(), UnknownKind);
  assert.throws(() => engine.actor('nobody', 'a'), UnknownKind);
  await assert.rejects(engine.actor('waiter', 'a').ask('wait', 'x'.repeat(20_000_000)), TooLarge);
  assert.equal(await counter.get(), 0);
});

test('an idempotency key and a producer are recognized', async () => {
  await using engine = await connect(server.url, { actors: ACTORS });
  const counter = engine.actor(Counter, 'marks');
  assert.equal(await counter.add(2, { idempotencyKey: 'k' }), 2);
  assert.equal(await counter.add(2, { idempotencyKey: 'k' }), 2);
  assert.equal(await counter.add(2, { producer: 'p', sequence: 5 }), 4);
  await assert.rejects(counter.add(2, { producer: 'p', sequence: 4 }), { name: 'AlreadyApplied' });
  assert.equal(await counter.get(), 4);
});

test('metadata goes both ways', async () => {
  await using engine = await connect(server.url, { actors: ACTORS });
  let came: Metadata = {};
  const facts = await engine.actor(Waiter, 'a').facts(undefined, {
    metadata: { 'x-a': 'ä', 'x-a-bin': Uint8Array.from([0, 255]) },
    onMetadata: (metadata) => {
      came = metadata;
    },
  });
  assert.deepEqual(facts, { deadline: true, metadata: ['x-a', 'x-a-bin'] });
  assert.deepEqual(came, { 'x-pid': String(server.process.pid) });
});

test('generated actors need their declaration only', async () => {
  await using engine = await connect([server.url], { actors: [airportsKind] });
  const airport = new AirportsReference(engine, 'SFO');
  assert.equal((await airport.landed({ flight: { number: 'LH 454', delay: 12 } })).meanDelay, 12);
  assert.equal((await airport.upload([{}, {}])).flights, 3n);
  assert.deepEqual(
    (await airport.follow({})).map(({ flights }) => flights),
    [3n, 4n],
  );
  const airports = new AirportsClient(engine);
  await airports.note({ airport: 'SFO', text: 'LAX: far away' });
  assert.equal((await airports.summary({ airport: 'SFO' })).note, 'LAX: far away');
  await airport.clear({});
  assert.equal((await airport.summary({})).flights, 0n);
  await assert.rejects(airport.landed({ airport: 'LAX' }), InvalidArgument);
  await assert.rejects(airport.landed({ flight: { delay: 1000 } }), HandlerFailed);
  const raw = engine.actor('airports', 'SFO');
  await assert.rejects(raw.ask('landed', Uint8Array.from([0xff])), InvalidPayload);
});

test('a closed connection answers Closed', async () => {
  const engine = await connect(server.url, { actors: ACTORS });
  await engine.close();
  await assert.rejects(engine.actor(Counter, 'a').get(), Closed);
  await engine.close();
});

test('a service is ordinary gRPC', async () => {
  const session = connectHttp2(server.url);
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/flights.v1.Airports/Landed',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const message = toBinary(LandedRequestSchema, create(LandedRequestSchema, { airport: 'GRPC' }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([head, message]));
  const trailers = once(stream, 'trailers') as Promise<[Record<string, string>]>;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
  }
  session.close();
  assert.equal((await trailers)[0]['grpc-status'], '0');
  assert.equal(fromBinary(LandedResponseSchema, Buffer.concat(chunks).subarray(5)).flights, 1n);
});

test('asks that hang end by deadline, by their signal, or with the connection', async () => {
  const server = await Server.start({}, { WAITER_HANGS: '1' });
  const engine = await connect(server.url, { actors: ACTORS });
  const waiter = engine.actor(Waiter, 'a');
  await assert.rejects(waiter.wait(undefined, { deadlineMs: 50 }), DeadlineExceeded);
  const controller = new AbortController();
  const asked = waiter.wait(undefined, { signal: controller.signal });
  setTimeout(() => {
    controller.abort();
  }, 20);
  await assert.rejects(asked, Cancelled);
  const open = assert.rejects(waiter.wait(), Closed);
  await engine.close({ deadlineMs: 50 });
  await open;
});

test('what was open when the engine died is lost, or comes again where that is safe', async () => {
  const first = await Server.start({}, { WAITER_HANGS: '1' });
  await using engine = await connect(first.url, { actors: ACTORS, retryFirstMs: 10, retryMostMs: 50 });
  const waiter = engine.actor(Waiter, 'a');
  const lost = assert.rejects(waiter.wait(), ConnectionLost);
  const again = waiter.waitAgain();
  assert.equal((await engine.actor(Waiter, 'b').facts()).deadline, true, 'what was sent before is there');
  await first.kill();
  await lost;
  await Server.start({ listen: first.address });
  assert.equal(await again, 'done');
  assert.equal(await waiter.wait(), 'done');
});

test('addresses of different engines are refused: an actor would have two lives', async () => {
  const servers = await Promise.all([Server.start(), Server.start()]);
  await assert.rejects(
    connect(
      servers.map(({ url }) => url),
      { actors: ACTORS },
    ),
    (error: Error) => {
      assert.ok(error instanceof InvalidConfiguration);
      assert.match(error.message, /different engines/);
      return true;
    },
  );
});

test('a token is asked for', async () => {
  const tokens = [{ name: 'test', token: 'a-long-enough-secret' }];
  const server = await Server.start({ gateway: { serve: 'all', auth: { tokens } } });
  await assert.rejects(connect(server.url, { actors: ACTORS }), Unauthenticated);
  await assert.rejects(connect(server.url, { actors: ACTORS, token: 'another' }), Unauthenticated);
  await using engine = await connect(server.url, { actors: ACTORS, token: 'a-long-enough-secret' });
  assert.equal(await engine.actor(Counter, 'a').add(1), 1);
});

test('an engine says where it listens, and one process may be both sides', async () => {
  const actors = [Counter, Airports];
  const gateway = { serve: 'all' } as const;
  await using engine = await Engine.open({ data: null, actors, listen: '127.0.0.1:0', gateway });
  assert.match(engine.address ?? '', /^127\.0\.0\.1:[1-9]\d*$/);
  await using connection = await connect(`http://${engine.address ?? ''}`, { actors: [Counter] });
  assert.equal(await connection.actor(Counter, 'a').add(1), 1);
  assert.equal(await engine.actor(Counter, 'a').get(), 1);
  await using silent = await Engine.open({ data: null, actors: [Counter] });
  assert.equal(silent.address, undefined);
});

test('settings of the gateway that cannot be used are InvalidConfiguration', async () => {
  const open = (settings: object): Promise<Engine> =>
    Engine.open({ data: null, actors: [Counter], ...settings });
  const listen = '127.0.0.1:0';
  await assert.rejects(open({ listen: 'nowhere' }), InvalidConfiguration);
  await assert.rejects(open({ listen, gateway: { colour: 'red' } }), { message: /colour/ });
  await assert.rejects(open({ listen, gateway: { limits: { streamsMax: 0 } } }), { message: /streams_max/ });
  await assert.rejects(open({ listen, gateway: { tls: { certificate: '/no.pem', key: '/no.pem' } } }), {
    message: /no\.pem/,
  });
});
