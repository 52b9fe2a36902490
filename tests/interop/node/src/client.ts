/**
 * client ADDRESS KEY: the story, told with the typed references over a connection.
 */

import { connect, type Connection, type Metadata, EveractError } from 'everact';

import {
  AirportClosedError,
  AirportsClient,
  airportsKind,
  AirportsReference,
} from './gen/flights/v1/airports_everact.js';
import { count, say } from './line.js';

/** Every sort of method: one message or many, one reply or many or none. */
async function countFlights(airport: AirportsReference): Promise<void> {
  say('landed', count(await airport.landed({ flight: { number: 'LH 454', delay: 12 } })));
  say('again', count(await airport.landed({ flight: { number: 'LH 455', delay: 0 } })));
  const uploaded = [{ flight: { number: 'UA 1', delay: 30 } }, { flight: { number: 'UA 2', delay: 18 } }];
  say('upload', count(await airport.upload(uploaded)));
  const followed = [
    ...(await airport.follow({ flight: { number: 'AF 1', delay: 0 } })),
    ...(await airport.follow({ flight: { number: 'AF 2', delay: 30 } })),
  ];
  say('follow', {
    flights: followed.map(({ flights }) => flights),
    mean_delays: followed.map(({ meanDelay }) => meanDelay),
  });
  say('late', { numbers: (await airport.late({ delayMin: 20 })).map(({ number }) => number) });
  await airport.note({ text: 'fog ☁' });
  const summary = await airport.summary({});
  say('note', { ...count(summary), note: summary.note });
}

/** What travels beside a message: an idempotency key, metadata. */
async function sendBeside(airport: AirportsReference, key: string): Promise<void> {
  const once = { idempotencyKey: `once-${key}` };
  const first = await airport.landed({ flight: { number: 'BA 1', delay: 15 } }, once);
  const second = await airport.landed({ flight: { number: 'BA 1', delay: 15 } }, once);
  say('once', { flights: [first.flights, second.flights] });
  let answered: Metadata = {};
  const traced = await airport.landed(
    { flight: { number: 'BA 2', delay: 15 } },
    { metadata: { trace: 'abc' }, onMetadata: (metadata) => (answered = metadata) },
  );
  say('metadata', { flights: traced.flights, trace: answered.trace });
}

/** What goes wrong, and that it leaves nothing behind. */
async function fail(connection: Connection, airport: AirportsReference, key: string): Promise<void> {
  const bad = await failure(airport.landed({ flight: { number: 'bad', delay: 99 } }));
  say('bad', { error: bad.name, holds: bad.message.includes('no such flight') });
  const closed = await failure(airport.landed({ flight: { number: 'closed', delay: 99 } }));
  if (!(closed instanceof AirportClosedError)) {
    throw closed;
  }
  const { minutes, waiting } = closed.detail;
  say('closed', {
    error: closed.type,
    minutes: String(minutes),
    waiting: waiting.map(({ number }) => number),
  });
  say('rolled_back', count(await airport.summary({})));
  const airports = new AirportsClient(connection);
  const slow = airports
    .actor(`${key}-slow`)
    .landed({ flight: { number: 'slow', delay: 1 } }, { deadlineMs: 300 });
  say('slow', { error: (await failure(slow)).name });
  say('no_key', { error: (await failure(airports.landed({}))).name });
}

/** The error that an ask ends with. */
async function failure(asked: Promise<unknown>): Promise<EveractError> {
  const [result] = await Promise.allSettled([asked]);
  if (result.status === 'rejected' && result.reason instanceof EveractError) {
    return result.reason;
  }
  throw new Error('this should have failed', { cause: result });
}

const [address = '', key = ''] = process.argv.slice(2);
await using connection = await connect(address, { actors: [airportsKind] });
const airport = new AirportsReference(connection, key);
await countFlights(airport);
await sendBeside(airport, key);
await fail(connection, airport, key);
await airport.clear({});
const { flights, note } = await airport.summary({});
say('clear', { flights, note });
