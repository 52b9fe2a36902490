/**
 * The quick way of states and numbers is the thorough one: what it takes is what the other would have taken, to the byte.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { Actor } from '../src/actor.js';
import { type Payload } from '../src/codec.js';
import { type Written } from '../src/internal/parts.js';
import { ScalarState } from '../src/internal/scalars.js';
import { writeNumber } from '../src/internal/text.js';
import { StateShape, type StateTypes } from '../src/state.js';

class Account extends Actor {
  static override state: StateTypes = { cents: 'integer', limit: 'number?', owner: 'string' };
  cents = 0;
  limit: unknown = undefined;
  owner = '';
  open: unknown = true;
  'näme "quoted"': unknown = null;
}

const SHAPE = new StateShape(Account, 'account');

/** What is stored, as text. */
function textOf(payload: Payload | Written): string {
  if (typeof payload === 'string') {
    return payload;
  }
  assert.ok(payload instanceof ScalarState);
  const bytes = Buffer.alloc(payload.bytesMax + 1);
  const written = payload.write(bytes, 1);
  return bytes.toString('utf8', 1, 1 + written);
}

function outcome(work: () => string): string {
  try {
    return work();
  } catch (error) {
    return String(error);
  }
}

const texts = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('"\\\n\u0001', 'é'.repeat(30)));
const anything = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(-0, 2 ** 31 - 1, 2 ** 31, 2 ** 53, -(2 ** 53), 1e21, NaN, null, undefined, true, false),
  fc.bigInt(),
  texts,
  fc.constant('\ud800'),
  fc.array(fc.integer(), { maxLength: 2 }),
);
const mostly = (fitting: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 6, arbitrary: fitting }, { weight: 1, arbitrary: anything });

const changes = fc.record(
  {
    cents: mostly(fc.maxSafeInteger()),
    limit: mostly(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(undefined))),
    owner: mostly(texts),
    open: mostly(fc.oneof(fc.boolean(), fc.integer(), texts)),
    'näme "quoted"': mostly(fc.constant(null)),
  },
  { requiredKeys: [] },
);

test('a state of scalars is taken, refused and stored as by the check of any state', () => {
  let quick = 0;
  fc.assert(
    fc.property(changes, (assigned) => {
      const [one, other] = [SHAPE.make(), SHAPE.make()];
      const before = SHAPE.capture(one);
      Object.assign(one, structuredClone(assigned));
      Object.assign(other, structuredClone(assigned));
      const found = outcome(() => {
        const after = SHAPE.captureAfter(one, before);
        quick += after instanceof ScalarState ? 1 : 0;
        return textOf(SHAPE.encode(one, after));
      });
      const expected = outcome(() => textOf(SHAPE.encode(other, SHAPE.capture(other))));
      assert.equal(found, expected);
      assert.deepEqual(one, other);
    }),
    { numRuns: 3000 },
  );
  assert.ok(quick > 100);
});

test('what was stored beside the declared fields stands behind them', () => {
  const object = SHAPE.make();
  const before = SHAPE.load(object, '{"cents":1,"older":"é","list":[1]}');
  Object.assign(object, { cents: 2 });
  const after = SHAPE.captureAfter(object, before);
  assert.ok(after instanceof ScalarState);
  assert.equal(
    textOf(after),
    '{"cents":2,"owner":"","open":true,"näme \\"quoted\\"":null,"older":"é","list":[1]}',
  );
});

test('numbers are written as JSON writes them', () => {
  const bytes = Buffer.alloc(32);
  fc.assert(
    fc.property(
      fc.oneof(fc.nat(), fc.integer(), fc.maxSafeInteger(), fc.double({ noNaN: true })),
      (value) => {
        if (Number.isFinite(value)) {
          assert.equal(bytes.toString('utf8', 3, 3 + writeNumber(bytes, value, 3)), JSON.stringify(value));
        }
      },
    ),
    { numRuns: 3000 },
  );
  for (const value of [0, -0, 9, 10, 99, 100, 999_999_999, 1_000_000_000, 2 ** 31 - 1, 2 ** 31, 2 ** 32]) {
    assert.equal(bytes.toString('utf8', 3, 3 + writeNumber(bytes, value, 3)), JSON.stringify(value));
  }
});
