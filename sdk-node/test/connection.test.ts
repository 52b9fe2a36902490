/**
 * Connections: what connecting answers, and the same actors as in the engine's own process.
 */

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';

import {
  connect,
  Engine,
  InvalidArgument,
  InvalidConfiguration,
  InvalidDeclaration,
  Unreachable,
} from 'everact';

import { Counter } from './actors.js';
import { airportsKind } from './gen/flights/v1/airports_everact.js';

/** The address of a port where nobody listens. */
async function closedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${String(port)}`;
}

test('an address where nobody listens is Unreachable, by its name', async () => {
  const address = await closedAddress();
  await assert.rejects(connect(address, { actors: [Counter], connectTimeoutMs: 200 }), (error: Error) => {
    assert.ok(error instanceof Unreachable);
    assert.ok(error.message.includes(address), error.message);
    return true;
  });
});

test('connecting leaves the event loop free', async () => {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 5);
  const options = { actors: [airportsKind, Counter], connectTimeoutMs: 300 };
  await assert.rejects(connect([await closedAddress(), await closedAddress()], options), Unreachable);
  clearInterval(timer);
  assert.ok(ticks >= 5, `the timer fired ${String(ticks)} times`);
});

test('what cannot be used is said before anybody is called', async () => {
  const actors = [Counter];
  await assert.rejects(connect('ftp://127.0.0.1:8080', { actors }), InvalidConfiguration);
  await assert.rejects(connect([], { actors }), InvalidConfiguration);
  await assert.rejects(connect(5 as never, { actors }), InvalidArgument);
  await assert.rejects(connect('http://127.0.0.1:1', { actors, shards: 2 } as never), InvalidConfiguration);
  await assert.rejects(connect('http://127.0.0.1:1', { actors: [5 as never] }), InvalidDeclaration);
  const certificateFile = '/nonexistent.pem';
  await assert.rejects(
    connect('https://127.0.0.1:1', { actors, certificateFile, keyFile: certificateFile }),
    InvalidConfiguration,
  );
});

test('what runs is seen from here and over a connection', async () => {
  await using engine = await Engine.open({
    actors: [Counter],
    listen: '127.0.0.1:0',
    gateway: { control: true },
  });
  await using connection = await connect(`http://${String(engine.address)}`, { actors: [Counter] });
  await engine.actor(Counter, 'c').add(1);
  for (const where of [engine, connection]) {
    const { top } = await where.describe('top', { by: 'turns' });
    assert.equal((top as { key: string }[])[0]?.key, 'c');
    await assert.rejects(where.describe('tops'), InvalidArgument);
  }
});
