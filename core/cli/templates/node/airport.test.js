import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Engine } from 'reenact';

import { Airport } from '../src/airport.js';

test('flights are counted', async () => {
  const engine = await Engine.open({ data: null, actors: [Airport] });
  const airport = engine.actor(Airport, 'SFO');
  assert.equal(await airport.landed(12), 12);
  assert.equal(await airport.landed(-3), 6);
  assert.equal(await airport.count(), 2);
  await engine.close();
});
