// The story as a browser can play it: gRPC-Web by Connect's client and HTTP by fetch, both from another origin than the server's.
// Lines go to the page and, at the end, to whoever served it.

import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { Airports } from './flights/v1/airports_pb.js';

const server = new URLSearchParams(location.search).get('server');
const key = 'browser';
const airports = createClient(Airports, createGrpcWebTransport({ baseUrl: server }));
const lines = [];

function tell(line) {
  lines.push(JSON.stringify(line));
  document.getElementById('lines').textContent = lines.join('\n');
}

const landed = (number, delay, options, airport = key) =>
  airports.landed({ airport, flight: { number, delay } }, options);
const counted = ({ flights, meanDelay }) => ({ flights: Number(flights), mean_delay: meanDelay });

async function summary() {
  const { note, ...rest } = await airports.summary({ airport: key });
  return { ...counted(rest), note };
}

async function fault(call) {
  try {
    await call;
    return { error: 'none' };
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    return {
      code: Code[error.code],
      holds: error.rawMessage.includes('no such flight'),
      details: error.details.length,
    };
  }
}

async function overGrpcWeb() {
  tell({ step: 'landed', ...counted(await landed('LH 454', 12)) });
  tell({ step: 'again', ...counted(await landed('LH 455', 0)) });
  await landed('UA 1', 30);
  const numbers = [];
  for await (const flight of airports.late({ airport: key, delayMin: 10 })) numbers.push(flight.number);
  tell({ step: 'late', numbers });
  await airports.note({ airport: key, text: 'fog ☁' });
  tell({ step: 'note', ...(await summary()) });
  const once = { headers: { 'idempotency-key': 'once-browser' } };
  const twice = [await landed('BA 1', 14, once), await landed('BA 1', 14, once)];
  tell({ step: 'once', flights: twice.map((reply) => Number(reply.flights)) });
  let trace = null;
  await landed('BA 2', 4, {
    headers: { trace: 'abc' },
    onHeader: (headers) => (trace = headers.get('trace')),
  });
  tell({ step: 'metadata', trace });
  tell({ step: 'bad', ...(await fault(landed('bad', 99))) });
  tell({ step: 'rolled_back', ...(await summary()) });
  // Who sees first that it is late, the page or the server, is open; the code is the same.
  const { code } = await fault(landed('slow', 1, { timeoutMs: 300 }, `${key}-slow`));
  tell({ step: 'slow', code });
}

async function overHttp() {
  const post = (body) =>
    fetch(`${server}/flights.v1.Airports/Landed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const good = await post({ airport: key, flight: { number: 'AF 1', delay: 0 } });
  tell({ step: 'http', status: good.status, reply: await good.json() });
  const bad = await post({ airport: key, flight: { number: 'bad' } });
  tell({ step: 'http_bad', status: bad.status, reason: (await bad.json()).details[0].reason });
  const unknown = await post({ airport: key, gate: 1 });
  tell({ step: 'http_unknown', status: unknown.status });
}

try {
  await overGrpcWeb();
  await overHttp();
} catch (error) {
  tell({ step: 'broken', error: String(error) });
}
await fetch('/done', { method: 'POST', body: lines.join('\n') });
