/**
 * Checks of types: the quick one, which names no places, and the one that does.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { formOf } from '../src/internal/forms.js';

function outcome(work: () => string): string {
  try {
    return work();
  } catch (error) {
    return String(error);
  }
}

test('the quick check of a type takes nothing that the check with places refuses', () => {
  const descriptor = {
    count: 'integer',
    share: 'number?',
    tags: ['string'],
    inner: { any: 'any', on: 'boolean?' },
  } as const;
  const plain = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.string(),
    fc.boolean(),
    fc.constantFrom(null, undefined),
  );
  const record = fc.record(
    {
      count: fc.oneof(fc.integer(), plain),
      share: plain,
      tags: fc.oneof(fc.array(fc.string()), fc.array(plain), plain),
      inner: fc.oneof(fc.record({ any: plain, on: fc.boolean() }, { requiredKeys: [] }), plain),
      more: plain,
    },
    { requiredKeys: ['count', 'tags', 'inner'] },
  );
  for (const isClosed of [true, false]) {
    const { fits, read } = formOf(descriptor, 'owner', { isClosed, takesLong: !isClosed });
    assert.ok(fits);
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(record, plain), (value) => {
        const expected = outcome(() => (read(value, '') === value ? 'it fits' : 'converted'));
        assert.equal(fits(value), expected === 'it fits', expected);
        taken += expected === 'it fits' ? 1 : 0;
      }),
      { numRuns: 1000 },
    );
    assert.ok(taken > 0);
  }
});
