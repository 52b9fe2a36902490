/**
 * Errors that a .proto declares: the class with its message at the caller, in this process, over a connection, over HTTP.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { create } from '@bufbuild/protobuf';
import { ApplicationError, connect, Engine } from 'everact';
import { type Scope } from 'everact/proto';

import { Airports } from './airports.js';
import { AirportClosedSchema } from './gen/flights/v1/airports_pb.js';
import { AirportClosedError, airportsKind, AirportsReference } from './gen/flights/v1/airports_everact.js';

/** What is refused there; the turn's change is discarded. */
async function refused(scope: Scope): Promise<AirportClosedError> {
  const airport = new AirportsReference(scope, 'SFO');
  await airport.landed({ flight: { number: 'F7', delay: 7 } });
  const thrown = await airport.landed({ flight: { number: 'closed' } }).catch((error: unknown) => error);
  assert.ok(thrown instanceof AirportClosedError, String(thrown));
  assert.equal((await airport.summary({})).flights, 1n);
  return thrown;
}

const CLOSED = create(AirportClosedSchema, {
  airport: 'SFO',
  minutes: 2n ** 53n + 1n,
  waiting: [{ number: 'F7', delay: 7 }],
});

test('a declared error arrives as its class with its message', async () => {
  await using engine = await Engine.open({ data: null, actors: [Airports] });
  const error = await refused(engine);
  assert.deepEqual(error.detail, CLOSED);
  assert.equal(error.message, 'closed for the night');
  assert.deepEqual([error.type, error.status, error.grpc], ['airport_closed', 422, 'FAILED_PRECONDITION']);
  assert.deepEqual(error.details.minutes, String(2n ** 53n + 1n));
  assert.ok(error instanceof ApplicationError);
});

test('a declared error goes over a connection, and is a problem over HTTP', async () => {
  await using engine = await Engine.open({ data: null, actors: [Airports], listen: '127.0.0.1:0' });
  const address = `http://${String(engine.address)}`;
  await using there = await connect(address, { actors: [airportsKind] });
  assert.deepEqual((await refused(there)).detail, CLOSED);
  const response = await fetch(`${address}/flights.v1.Airports/Landed`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ airport: 'LAX', flight: { number: 'closed' } }),
  });
  const problem = (await response.json()) as Record<string, unknown>;
  assert.deepEqual([response.status, problem.type, problem.airport], [422, 'airport_closed', 'LAX']);
});
