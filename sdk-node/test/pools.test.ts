/**
 * Kinds whose handlers run in a pool of worker threads.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';

import { Actor, Engine, handler, InvalidConfiguration, InvalidDeclaration } from 'everact';

import { emptyFolder, inMemory } from './actors.js';
import type * as Actors from './pool_actors.js';

// By its URL, so that it stays a module of its own, as workers need it.
const actors = (await import(new URL('./pool_actors.mjs', import.meta.url).href)) as typeof Actors;
const { Canvas, Lonely, Render, TooDark } = actors;

test('a ping is answered while a pool computes', async () => {
  await using engine = await inMemory([Render, Canvas]);
  const render = engine.actor(Render, 'a');
  assert.notEqual(await render.compute(1), threadId);
  let done = false;
  const computing = render.compute(300).then(() => {
    done = true;
  });
  for (let pings = 0; pings < 10; pings++) {
    assert.equal(await engine.actor(Canvas, 'c').ping(), 1);
    await sleep(2);
  }
  assert.equal(done, false);
  await computing;
  assert.equal(await render.seen(), 2);
});

test('state, facts and tells go there and back', async () => {
  const folder = emptyFolder();
  {
    await using engine = await Engine.open(folder, { actors: [Render, Canvas] });
    const render = engine.actor(Render, 'a');
    await render.compute(1);
    let beside: unknown;
    const options = { metadata: { x: 'y' }, onMetadata: (metadata: unknown) => (beside = metadata) };
    const facts = (await render.facts(undefined, options)) as Record<string, unknown>;
    assert.deepEqual(
      { ...facts, id: '' },
      { kind: 'render', key: 'a', revision: 1, metadata: { x: 'y' }, id: '' },
    );
    assert.deepEqual({ ...(beside as object) }, { took: 'long' });
    await render.paint('wall');
    assert.equal(await engine.actor(Canvas, 'wall').add(0), 5);
  }
  await using engine = await Engine.open(folder, { actors: [Render, Canvas] });
  assert.equal(await engine.actor(Render, 'a').seen(), 2);
});

test('a turn that fails there is undone and says why', async () => {
  await using engine = await inMemory([Render, Canvas]);
  const render = engine.actor(Render, 'a');
  await render.compute(1);
  for (const [how, name, text] of [
    ['throw', 'HandlerFailed', /RangeError: out of paint/],
    ['refuse', 'TooDark', /3 lux/],
    ['ask', 'HandlerFailed', /InvalidArgument: asking add cannot be done in a pool/],
    ['spawn', 'HandlerFailed', /InvalidArgument: context\.whereis cannot be done in a pool/],
    ['state', 'InvalidState', /frames/],
    ['reply', 'HandlerFailed', /could not be cloned/],
    ['die', 'HandlerFailed', /has ended while it ran render\.fail/],
  ] as const) {
    await assert.rejects(render.fail(how), (error: Error) => {
      assert.ok(error.name === name || error instanceof TooDark, `${how}: ${error.name}: ${error.message}`);
      assert.match(error.message, text);
      return true;
    });
  }
  await assert.rejects(render.cheat(), { name: 'ReadOnlyViolation' });
  await assert.rejects(engine.actor('render', 'a').ask('compute', 'x'), { name: 'InvalidPayload' });
  assert.equal(await render.seen(), 1, 'the pool is there again');
  assert.equal(await engine.actor(Canvas, 'failed').add(0), 0, 'nothing of a failed turn is sent');
});

test('a pool has the size that the options say', async () => {
  await using engine = await inMemory([Lonely], { pools: { paint: 1 } });
  const keys = Array.from({ length: 20 }, (_, key) => String(key));
  const threads = await Promise.all(keys.map((key) => engine.actor(Lonely, key).work()));
  assert.equal(new Set(threads).size, 1);
});

test('a pool that cannot be used is refused', async () => {
  class Homeless extends Actor {
    static override options = { pool: 'cpu' };
    static override handlers = { work: handler() };
    work(): void {
      // Never runs.
    }
  }
  await assert.rejects(inMemory([Lonely]), InvalidDeclaration);
  await assert.rejects(inMemory([Homeless]), InvalidDeclaration);
  await assert.rejects(inMemory([], { pools: { paint: 0 } }), InvalidConfiguration);
});
