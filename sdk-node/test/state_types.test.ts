/**
 * Declared types of state fields: each keeps its values through JSON, and refuses what is none of them.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Actor, Engine, handler, InvalidState, mapOf, oneOf, setOf } from 'everact';
import { z } from 'zod';

import { emptyFolder } from './actors.js';

let assigned: unknown;
let seen: unknown;

class Typed extends Actor {
  static override handlers = { set: handler(), look: handler({ readOnly: true }) };
  static override state = {
    count: 'int64',
    title: 'string',
    tags: ['string'],
    when: 'timestamp',
    photo: 'bytes',
    note: 'string?',
    home: { street: 'string', since: 'timestamp' },
    seen: setOf('string'),
    scores: mapOf('int64'),
    byNumber: mapOf('string', 'int64'),
    color: oneOf('red', 'green'),
    size: z.number().int().max(10),
    opened: z.codec(z.iso.datetime(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString(),
    }),
  } as const;
  count = 0n;
  title = '';
  tags: string[] = [];
  when = new Date(0);
  photo = new Uint8Array();
  note: string | null = null;
  home = { street: '', since: new Date(0) };
  seen = new Set<string>();
  scores = new Map<string, bigint>();
  byNumber = new Map<bigint, string>();
  color = 'red';
  size = 1;
  opened = new Date(0);
  set(): void {
    Object.assign(this, assigned);
  }
  look(): void {
    seen = structuredClone(Object.fromEntries(Object.entries(this)));
  }
}

test('declared types keep what JSON has no form of, and refuse everything else', async () => {
  const folder = emptyFolder();
  const engine = await Engine.open(folder, { actors: [Typed] });
  const typed = engine.actor(Typed, 'a');
  const good = {
    count: 2n ** 63n - 1n,
    title: 'ok',
    tags: ['a'],
    when: new Date('2026-01-02T03:04:05.678Z'),
    photo: Uint8Array.of(0, 255),
    note: 'n',
    home: { street: 'x', since: new Date(5) },
    seen: new Set(['a', 'b']),
    scores: new Map([['a', 5n]]),
    byNumber: new Map([[7n, 'seven']]),
    color: 'green',
    size: 7,
    opened: new Date(1_000),
  };
  assigned = good;
  await typed.set();
  await typed.look();
  assert.deepEqual(seen, good);
  for (const [change, text] of [
    [{ count: 2n ** 63n }, /^count: .* does not fit int64/],
    [{ count: 2.5 }, /^count: 2\.5 of type number does not fit int64/],
    [{ title: undefined }, /^title: nothing does not fit string/],
    [{ tags: ['a', 7] }, /^tags\[1\]: 7 of type number does not fit string/],
    [{ when: new Date(NaN) }, /^when: .* does not fit timestamp/],
    [{ photo: 'x' }, /^photo: .* does not fit bytes/],
    [{ home: { street: 1, since: new Date() } }, /^home\.street: 1 of type number/],
    [{ seen: new Set([1]) }, /^seen\[0\]: 1 of type number/],
    [{ scores: new Map([['a', 1]]) }, /^scores\.a: 1 of type number/],
    [{ byNumber: new Map([[{}, 'x']]) }, /^byNumber: .*key/],
    [{ color: 'blue' }, /^color: .*red, green/],
    [{ size: 11 }, /^size: /],
    [{ opened: new Date(NaN) }, /^opened: /],
  ] as const) {
    assigned = change;
    await assert.rejects(typed.set(), (error: Error) => {
      assert.ok(error instanceof InvalidState, String(error));
      assert.match(error.message, text);
      return true;
    });
    await typed.look();
    assert.deepEqual(seen, good);
  }
  await engine.close();
  await using again = await Engine.open(folder, { actors: [Typed] });
  await again.actor(Typed, 'a').look();
  assert.deepEqual(seen, good);
});

test('a declared number that is a negative zero is zero in memory as in storage', async () => {
  await using engine = await Engine.open({ data: null, actors: [Typed] });
  const typed = engine.actor(Typed, 'a');
  assigned = { size: -0 };
  await typed.set();
  await typed.look();
  assert.ok(Object.is((seen as Typed).size, 0));
});
