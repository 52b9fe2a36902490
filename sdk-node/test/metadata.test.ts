/**
 * What travels beside messages and replies.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  Actor,
  type Context,
  Engine,
  handler,
  HandlerFailed,
  InvalidArgument,
  type Metadata,
  TooLarge,
} from 'everact';

import { decodeMetadata } from '../src/metadata.js';
import { emptyFolder, inMemory } from './actors.js';

/** Sends back what came, each name with `re-` before it. */
class Mirror extends Actor {
  static override handlers = {
    look: handler(),
    lookLater: handler(),
    raw: handler({ message: 'bytes', reply: 'bytes' }),
    fail: handler(),
    pass: handler(),
    send: handler(),
  };
  looks = 0;

  look(message: string | undefined, context: Context): string {
    this.looks += 1;
    for (const [name, value] of Object.entries(context.metadata)) {
      context.replyMetadata[`re-${name}`] = value;
    }
    return `${message ?? ''} ${Object.keys(context.metadata).join(' ')}`.trim();
  }

  async lookLater(message: string | undefined, context: Context): Promise<string> {
    await Promise.resolve();
    return this.look(message, context);
  }

  raw(message: Uint8Array, context: Context): Uint8Array {
    this.look('', context);
    return message;
  }

  fail(_message: undefined, context: Context): void {
    this.look('', context);
    throw new Error('boom');
  }

  pass(key: string, context: Context): Promise<string> {
    return context.actor(Mirror, key).look('passed', { metadata: context.metadata });
  }

  send(value: unknown, context: Context): void {
    context.replyMetadata['x-sent'] = value as string;
  }
}

/** The reply and what came beside it. */
async function both<T>(ask: (options: { onMetadata: (metadata: Metadata) => void }) => Promise<T>) {
  let metadata: Metadata | undefined;
  const reply = await ask({ onMetadata: (given) => (metadata = given) });
  return [reply, metadata] as const;
}

const BYTES = Uint8Array.from([0, 255, 7]);

test('what goes with a message is in the context, and what the handler adds comes with the reply', async () => {
  await using engine = await inMemory([Mirror]);
  const mirror = engine.actor(Mirror, 'm');
  const metadata = { 'x-trace': 'Zürich', 'x-trace-bin': BYTES, 'x-empty': '' };
  const expected = { 're-x-trace': 'Zürich', 're-x-trace-bin': BYTES, 're-x-empty': '' };
  const seen = 'hi x-trace x-trace-bin x-empty';
  assert.deepEqual(await both((options) => mirror.look('hi', { metadata, ...options })), [seen, expected]);
  assert.deepEqual(await both((options) => mirror.lookLater('hi', { metadata, ...options })), [
    seen,
    expected,
  ]);
  assert.deepEqual(await both((options) => mirror.raw(BYTES, { metadata, ...options })), [BYTES, expected]);
  assert.deepEqual(await both((options) => mirror.ask('look', 'hi', { metadata, ...options })), [
    seen,
    expected,
  ]);
  assert.equal(await mirror.look('hi', { metadata }), seen, 'nobody needs to listen');
});

test('it also goes with a reply that waits for its commit, and with long payloads', async () => {
  await using engine = await Engine.open(emptyFolder(), { actors: [Mirror] });
  const mirror = engine.actor(Mirror, 'm');
  const long = 'x'.repeat(200_000);
  const metadata = { 'x-a': 'a'.repeat(30_000), 'x-b': 'b'.repeat(30_000) };
  const [reply, came] = await both((options) => mirror.look(long, { metadata, ...options }));
  assert.equal(reply, `${long} x-a x-b`);
  assert.deepEqual(came, { 're-x-a': metadata['x-a'], 're-x-b': metadata['x-b'] });
});

test('without any there is none, and nobody is called', async () => {
  await using engine = await inMemory([Mirror]);
  const mirror = engine.actor(Mirror, 'm');
  assert.deepEqual(await both((options) => mirror.look('hi', options)), ['hi', undefined]);
  assert.deepEqual(await both((options) => mirror.look('hi', { metadata: {}, ...options })), [
    'hi',
    undefined,
  ]);
});

test('a turn that fails sends nothing beside its failure', async () => {
  await using engine = await inMemory([Mirror]);
  let called = false;
  const options = {
    metadata: { 'x-a': 'a' },
    onMetadata: () => {
      called = true;
    },
  };
  await assert.rejects(engine.actor(Mirror, 'm').fail(undefined, options), HandlerFailed);
  assert.equal(called, false);
});

test('it belongs to the call: what the handler asks itself goes with its own', async () => {
  await using engine = await inMemory([Mirror]);
  assert.equal(await engine.actor(Mirror, 'a').pass('b', { metadata: { 'x-a': 'a' } }), 'passed x-a');
  assert.equal(await engine.actor(Mirror, 'a').pass('b'), 'passed');
});

test('a listener that throws fails its ask alone', async () => {
  await using engine = await inMemory([Mirror]);
  const mirror = engine.actor(Mirror, 'm');
  const options = {
    metadata: { 'x-a': 'a' },
    onMetadata: () => {
      throw new RangeError('listener');
    },
  };
  const other = mirror.look('hi', { metadata: { 'x-b': 'b' } });
  await assert.rejects(mirror.look('hi', options), RangeError);
  assert.equal(await other, 'hi x-b');
});

test('names and values that cannot be sent are InvalidArgument, too many bytes TooLarge', async () => {
  await using engine = await inMemory([Mirror]);
  const mirror = engine.actor(Mirror, 'm');
  const wrong: unknown[] = [
    { 'X-A': 'a' },
    { '': 'a' },
    { ä: 'a' },
    { a: 5 },
    { a: BYTES },
    { 'a-bin': 'a' },
  ];
  for (const metadata of wrong as Metadata[]) {
    await assert.rejects(mirror.look('', { metadata }), InvalidArgument, JSON.stringify(metadata));
  }
  await assert.rejects(mirror.look('', { metadata: { a: 'a'.repeat(65_536) } }), TooLarge);
  await assert.rejects(mirror.send(5), {
    name: 'HandlerFailed',
    message: /InvalidArgument: Metadata "x-sent"/,
  });
  await assert.rejects(mirror.send('a'.repeat(65_536)), { name: 'HandlerFailed', message: /TooLarge/ });
  assert.equal(await mirror.look('still here'), 'still here');
});

test('what the handler sees cannot be changed, and texts of one name are joined', () => {
  const block = Buffer.from([2, 0, 1, 0, 1, 0, 0, 0, 97, 49, 1, 0, 1, 0, 0, 0, 97, 50]);
  const metadata = decodeMetadata(block, 0);
  assert.deepEqual(metadata, { a: '1, 2' });
  assert.ok(Object.isFrozen(metadata));
});
