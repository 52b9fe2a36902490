/**
 * grpc ADDRESS KEY: the story, told with grpc-js and what its own proto-loader makes of the same file.
 */

import { once } from 'node:events';

import { credentials, Metadata, type requestCallback, type ServiceError } from '@grpc/grpc-js';

import { flights } from './contract.js';
import { type AirportsClient } from './gen/official/flights/v1/Airports.js';
import { type Flight__Output as Flight } from './gen/official/flights/v1/Flight.js';
import { type LandedRequest } from './gen/official/flights/v1/LandedRequest.js';
import { type LandedResponse__Output as Landed } from './gen/official/flights/v1/LandedResponse.js';
import { type SummaryResponse__Output as Summary } from './gen/official/flights/v1/SummaryResponse.js';
import { count, say } from './line.js';
import { reasonOf } from './reason.js';

const [address = '', airport = ''] = process.argv.slice(2);

/** A flight that landed here. */
function landing(number: string, delay: number): LandedRequest {
  return { airport, flight: { number, delay } };
}

/** The reply of a call, which is given the callback that it ends with. */
function replyOf<Reply>(call: (done: requestCallback<Reply>) => void): Promise<Reply> {
  return new Promise((resolve, reject) => {
    call((error, reply) => {
      if (reply === undefined) {
        reject(error ?? new Error('neither an error nor a reply'));
      } else {
        resolve(reply);
      }
    });
  });
}

/** Every sort of method: one message or many, one reply or many or none. */
async function countFlights(client: AirportsClient): Promise<void> {
  say('landed', count(await replyOf<Landed>((done) => client.landed(landing('LH 454', 12), done))));
  say('again', count(await replyOf<Landed>((done) => client.landed(landing('LH 455', 0), done))));
  const uploaded = await replyOf<Landed>((done) => {
    const call = client.upload(done);
    call.write(landing('UA 1', 30));
    call.write(landing('UA 2', 18));
    call.end();
  });
  say('upload', count(uploaded));
  const followed = await follow(client, [landing('AF 1', 0), landing('AF 2', 30)]);
  say('follow', {
    flights: followed.map(({ flights }) => flights),
    mean_delays: followed.map(({ meanDelay }) => meanDelay),
  });
  const late = (await client.late({ airport, delayMin: 20 }).toArray()) as Flight[];
  say('late', { numbers: late.map(({ number }) => number) });
  await replyOf((done) => client.note({ airport, text: 'fog ☁' }, done));
  const summary = await summarize(client);
  say('note', { ...count(summary), note: summary.note });
}

/** One call for all of them; each reply is awaited before the next message is sent. */
async function follow(client: AirportsClient, landings: LandedRequest[]): Promise<Landed[]> {
  const call = client.follow();
  const replies: Landed[] = [];
  for (const request of landings) {
    call.write(request);
    const [reply] = (await once(call, 'data')) as [Landed];
    replies.push(reply);
  }
  call.end();
  await once(call, 'end');
  return replies;
}

function summarize(client: AirportsClient): Promise<Summary> {
  return replyOf((done) => client.summary({ airport }, done));
}

/** What travels beside a message: an idempotency key, metadata. */
async function sendBeside(client: AirportsClient): Promise<void> {
  const mark = new Metadata();
  mark.set('idempotency-key', `once-${airport}`);
  const first = await replyOf<Landed>((done) => client.landed(landing('BA 1', 15), mark, done));
  const second = await replyOf<Landed>((done) => client.landed(landing('BA 1', 15), mark, done));
  say('once', { flights: [first.flights, second.flights] });
  const trace = new Metadata();
  trace.set('trace', 'abc');
  let headers = new Metadata();
  const traced = await replyOf<Landed>((done) => {
    client.landed(landing('BA 2', 15), trace, done).on('metadata', (metadata) => (headers = metadata));
  });
  say('metadata', { flights: traced.flights, trace: headers.get('trace')[0] });
}

/** What goes wrong, and that it leaves nothing behind. */
async function fail(client: AirportsClient): Promise<void> {
  const bad = await failure((done) => client.landed(landing('bad', 99), done));
  say('bad', { error: reasonOf(bad), holds: bad.details.includes('no such flight') });
  say('rolled_back', count(await summarize(client)));
  const slow = { airport: `${airport}-slow`, flight: { number: 'slow', delay: 1 } };
  const late = await failure((done) => client.landed(slow, { deadline: Date.now() + 300 }, done));
  say('slow', { error: reasonOf(late) });
  say('no_key', { error: reasonOf(await failure((done) => client.landed({}, done))) });
}

/** The error that a call ends with. */
function failure(call: (done: requestCallback<Landed>) => void): Promise<ServiceError> {
  return new Promise((resolve, reject) => {
    call((error, reply) => {
      if (error === null) {
        reject(new Error('this should have failed', { cause: reply }));
      } else {
        resolve(error);
      }
    });
  });
}

const client = new flights.v1.Airports(new URL(address).host, credentials.createInsecure());
await countFlights(client);
await sendBeside(client);
await fail(client);
await replyOf((done) => client.clear({ airport }, done));
const cleared = await summarize(client);
say('clear', { flights: cleared.flights, note: cleared.note });
client.close();
