/**
 * What is acknowledged can be read back, equal: by the next turn and after a restart alike; everything else is refused.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  Actor,
  type ActorClass,
  type Context,
  Engine,
  field,
  handler,
  InvalidState,
  type Notice,
  StateMismatch,
} from 'everact';
import * as fc from 'fast-check';

import { parseExact, stringifyExact } from '../src/internal/exact.js';
import { emptyFolder } from './actors.js';

/** What the next assignment puts into `free`. */
let assigned: unknown = null;

class Box extends Actor {
  static override handlers = {
    assign: handler(),
    grow: handler(),
    boom: handler(),
    look: handler({ readOnly: true }),
    revision: handler({ readOnly: true }),
    touch: handler(),
  };
  free: unknown = 'open';
  assign(): void {
    this.free = assigned;
  }
  grow(): void {
    (this.free as unknown[][])[0]?.push(1);
  }
  boom(): void {
    throw new Error('boom');
  }
  look(): void {
    seen = this.free;
  }
  revision(_message: undefined, context: Context): number {
    return context.revision;
  }
  touch(): void {
    // Changes nothing.
  }
}
let seen: unknown;

async function looks(engine: Engine): Promise<unknown> {
  await engine.actor(Box, 'a').look();
  return seen;
}

/** Assigns a value; what the next turn, a turn after a failure and one after a restart see must be the same. */
async function assertKept(value: unknown, expected = value): Promise<void> {
  const folder = emptyFolder();
  const engine = await Engine.open(folder, { actors: [Box] });
  assigned = value;
  await engine.actor(Box, 'a').assign();
  assert.deepStrictEqual(await looks(engine), expected);
  await assert.rejects(engine.actor(Box, 'a').boom(), /boom/);
  assert.deepStrictEqual(await looks(engine), expected);
  await engine.close();
  await using again = await Engine.open(folder, { actors: [Box] });
  assert.deepStrictEqual(await looks(again), expected);
}

test('what JSON holds comes back as it was', async () => {
  for (const value of [
    0,
    1.5,
    -7,
    1e300,
    2 ** 60,
    '',
    'ü\n"\\ud800',
    null,
    true,
    [],
    {},
    2n ** 60n,
    -(10n ** 30n),
  ]) {
    await assertKept(value);
  }
  await assertKept({
    ids: [2n ** 63n - 1n, 1],
    big: 2 ** 70,
    text: '12345678901234567890',
    __proto__x: { a: [] },
  });
  await assertKept({ a: 1, gone: undefined, zero: -0 }, { a: 1, zero: 0 });
  await assertKept(JSON.parse('{"__proto__": {"a": 1}}'));
});

test('a state that shares its parts is what a restart would read', async () => {
  const folder = emptyFolder();
  const engine = await Engine.open(folder, { actors: [Box] });
  const part: unknown[] = [];
  assigned = [part, part];
  await engine.actor(Box, 'a').assign();
  await engine.actor(Box, 'a').grow();
  assert.deepEqual(await looks(engine), [[1], []]);
  await engine.close();
});

test('what JSON cannot give back is refused with its place and its type, and nothing is committed', async () => {
  await using engine = await Engine.open(emptyFolder(), { actors: [Box] });
  const box = engine.actor(Box, 'a');
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const sparse: unknown[] = [];
  sparse[3] = 1;
  class Point {
    x = 1;
  }
  class Ids extends Array<number> {
    toJSON = (): string => 'ids';
  }
  let deep: unknown = 1;
  for (let level = 0; level < 200; level++) deep = [deep];
  const cases: [unknown, RegExp][] = [
    [undefined, /^free: undefined has no form in JSON$/],
    [NaN, /^free: NaN has no form/],
    [{ a: [1, -Infinity] }, /^free\.a\[1\]: -Infinity has no form/],
    [new Map(), /^free: a value of type Map/],
    [{ seen: new Set([1]) }, /^free\.seen: a value of type Set/],
    [new Date(), /^free: a value of type Date/],
    [Buffer.from('x'), /^free: a value of type Buffer/],
    [new Float64Array(2), /^free: a value of type Float64Array/],
    [new ArrayBuffer(2), /^free: a value of type ArrayBuffer/],
    [sparse, /^free\[0\]: undefined/],
    [/x/.exec('x'), /^free: a list with named properties/],
    [Object.assign(new Array(5000).fill(1), { total: 5000 }), /^free: a list with named properties/],
    [[Ids.of(1)], /^free\[0\]: a value of type Ids/],
    [() => 1, /^free: a function/],
    [Symbol('s'), /^free: a symbol/],
    [[new Point()], /^free\[0\]: a value of type Point/],
    [new Error('x'), /^free: a value of type Error/],
    [/x/, /^free: a value of type RegExp/],
    [Promise.resolve(1), /^free: a value of type Promise/],
    [Object(5), /^free: a value of type Number/],
    [cycle, /^free\.self.*: it is nested too deep, or holds itself/],
    [deep, /nested too deep/],
    ['a\ud800', /^free: .*lone surrogate/],
    [{ 'a\ud800': 1 }, /lone surrogate/],
    [5n, /^free: a bigint within 2\^53/],
  ];
  for (const [value, text] of cases) {
    assigned = value;
    await assert.rejects(box.assign(), (error: Error) => {
      assert.ok(error instanceof InvalidState, String(error));
      assert.match(error.message, text);
      return true;
    });
    assert.equal(await looks(engine), 'open');
  }
  assert.equal(await box.revision(), 0);
});

test('whatever JSON values are assigned, memory and storage agree', async () => {
  const folder = emptyFolder();
  let engine = await Engine.open(folder, { actors: [Box] });
  const kept = new Map<string, unknown>();
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (value) => {
      assigned = value;
      const key = `k${String(number++)}`;
      const isDone = await engine
        .actor('box', key)
        .ask('assign')
        .then(
          () => true,
          (error: unknown) => {
            assert.ok(error instanceof InvalidState);
            return false;
          },
        );
      if (isDone) {
        await engine.actor('box', key).ask('look');
        kept.set(key, structuredClone(seen));
      }
    }),
    { numRuns: 200 },
  );
  await engine.close();
  engine = await Engine.open(folder, { actors: [Box] });
  for (const [key, value] of kept) {
    await engine.actor('box', key).ask('look');
    assert.deepStrictEqual(seen, value);
  }
  await engine.close();
});

test('exact JSON is JSON, with whole numbers of any length', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.bigInt(), (value, big) => {
      const text = stringifyExact(value);
      assert.deepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      const back = parseExact(`{"big":${String(big)},"value":${text}}`) as { big: unknown; value: unknown };
      assert.equal(BigInt(back.big as number), big);
      assert.deepStrictEqual(back.value, JSON.parse(text));
    }),
  );
  assert.deepEqual(parseExact('["1843726481923674113",1843726481923674113,18437264819236741.5,1e400]'), [
    '1843726481923674113',
    1843726481923674113n,
    Number('18437264819236741.5'),
    Infinity,
  ]);
  assert.throws(() => parseExact('[1843726481923674113,]'), SyntaxError);
});

class Elsewhere extends Actor {
  static override options = { name: 'account' };
  static override handlers = { fill: handler() };
  static override state = { id: 'bigint' } as const;
  id = 0n;
  name = '';
  fill(): void {
    this.id = 1843726481923674113n;
    this.name = 'other';
  }
}

class Account extends Actor {
  static override handlers = { touch: handler(), look: handler({ readOnly: true }) };
  id = 0;
  name = '';
  touch(): void {
    this.name = 'x';
  }
  look(): unknown[] {
    return [this.id, this.name];
  }
}

test('a long integer of another language survives a turn that changes other fields', async () => {
  const folder = emptyFolder();
  const first = await Engine.open(folder, { actors: [Elsewhere] });
  await first.actor(Elsewhere, 'a').fill();
  await first.close();
  for (let run = 0; run < 2; run++) {
    await using engine = await Engine.open(folder, { actors: [Account] });
    await engine.actor(Account, 'a').touch();
    assert.deepEqual(await engine.actor(Account, 'a').look(), [1843726481923674113n, 'x']);
  }
});

class Old extends Actor {
  static override options = { name: 'shop' };
  static override handlers = { fill: handler(), shown: handler({ readOnly: true }) };
  cents = 0;
  legacy = '';
  note = '';
  fill(): void {
    this.cents = 5;
    this.legacy = 'kept';
    this.note = 'gone?';
  }
  shown(): unknown[] {
    return [this.cents, this.legacy, this.note];
  }
}

class Renamed extends Actor {
  static override options = { name: 'shop' };
  static override handlers = {
    add: handler(),
    look: handler({ readOnly: true }),
    revision: handler({ readOnly: true }),
    touch: handler(),
  };
  static override state = { amount: field('integer', { was: 'cents' }) };
  amount = 0;
  extra = 'new';
  add(amount: number): number {
    return (this.amount += amount);
  }
  look(): unknown[] {
    return [this.amount, this.extra];
  }
  revision(_message: undefined, context: Context): number {
    return context.revision;
  }
  touch(): void {
    // Changes nothing.
  }
}

class Retyped extends Actor {
  static override options = { name: 'shop' };
  static override handlers = { look: handler({ readOnly: true }) };
  static override state = { cents: 'string' } as const;
  cents = '';
  look(): string {
    return this.cents;
  }
}

async function filled(actors: readonly ActorClass[], notices: Notice[]): Promise<[Engine, string]> {
  const folder = emptyFolder();
  const old = await Engine.open(folder, { actors: [Old] });
  await old.actor(Old, 'a').fill();
  await old.actor(Old, 'b').fill();
  await old.close();
  return [await Engine.open(folder, { actors, onNotice: (notice) => notices.push(notice) }), folder];
}

test('a renamed field keeps its value, unknown fields are kept and reported once, nothing is written without a change', async () => {
  const notices: Notice[] = [];
  const [engine, folder] = await filled([Renamed], notices);
  const shop = engine.actor(Renamed, 'a');
  assert.deepEqual(await shop.look(), [5, 'new']);
  await shop.touch();
  assert.equal(await shop.revision(), 1);
  assert.equal(await shop.add(1), 6);
  await engine.actor(Renamed, 'b').look();
  await engine.close();
  const texts = notices.map(({ text }) => text).filter((text) => text.includes('kept'));
  assert.deepEqual(texts, ['shop: stored fields that its class does not declare are kept: `legacy`, `note`']);
  await using old = await Engine.open(folder, { actors: [Old], onNotice: () => undefined });
  assert.deepEqual(await old.actor('shop', 'a').ask('shown'), [0, 'kept', 'gone?']);
});

test('a stored field that does not fit its declaration is StateMismatch, and is left as it is', async () => {
  const [engine, folder] = await filled([Retyped], []);
  for (let time = 0; time < 2; time++) {
    await assert.rejects(engine.actor(Retyped, 'a').look(), (error: Error) => {
      assert.ok(error instanceof StateMismatch, String(error));
      assert.match(error.message, /shop\.cents: 5 of type number does not fit string/);
      return true;
    });
  }
  await engine.close();
  await using right = await Engine.open(folder, { actors: [Renamed], onNotice: () => undefined });
  assert.deepEqual(await right.actor(Renamed, 'a').look(), [5, 'new']);
});

const SHARED = { names: ['x'], at: { depth: [1] } };

class Basket extends Actor {
  static override handlers = { fill: handler(), spoil: handler(), shown: handler({ readOnly: true }) };
  names = SHARED.names;
  at = SHARED.at;
  fill(): void {
    this.names.push('mine');
    this.at.depth[0] = 9;
  }
  spoil(): void {
    this.fill();
    throw new Error('spoilt');
  }
  shown(): unknown {
    return [this.names, this.at.depth];
  }
}

/** An earlier release, without one of the fields. */
class OlderBasket extends Actor {
  static override options = { name: 'basket' };
  static override handlers = { fill: handler() };
  names: string[] = [];
  fill(): void {
    this.names.push('old');
  }
}

test("a default that all actors share is each actor's own", async () => {
  const fresh = [['x'], [1]];
  const folder = emptyFolder();
  const older = await Engine.open(folder, { actors: [OlderBasket] });
  await older.actor(OlderBasket, 'old').fill();
  await older.close();
  const engine = await Engine.open(folder, { actors: [Basket] });
  await engine.actor(Basket, 'old').fill();
  assert.deepEqual(await engine.actor(Basket, 'old').shown(), [['old', 'mine'], [9]]);
  await assert.rejects(engine.actor(Basket, 'a').spoil(), /spoilt/);
  assert.deepEqual(await engine.actor(Basket, 'b').shown(), fresh);
  await engine.actor(Basket, 'a').fill();
  assert.deepEqual(await engine.actor(Basket, 'b').shown(), fresh);
  assert.deepEqual(await engine.actor(Basket, 'c').shown(), fresh);
  assert.deepEqual(await engine.actor(Basket, 'a').shown(), [['x', 'mine'], [9]]);
  await engine.close();
  await using again = await Engine.open(folder, { actors: [Basket] });
  assert.deepEqual(await again.actor(Basket, 'a').shown(), [['x', 'mine'], [9]]);
  assert.deepEqual(await again.actor(Basket, 'd').shown(), fresh);
  assert.deepEqual(SHARED, { names: ['x'], at: { depth: [1] } });
});
