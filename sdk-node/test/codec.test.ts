/**
 * Values and bytes: JSON, schemas, state, recorded randomness.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Actor, type ActorClass } from '../src/actor.js';
import { decodeJson, encodeJson } from '../src/codec.js';
import { AskTable } from '../src/internal/asks.js';
import { CommandBuffer } from '../src/internal/frame.js';
import * as layout from '../src/internal/generated/layout.js';
import { snakeCase } from '../src/internal/names.js';
import { Randomness } from '../src/internal/random.js';
import { StateShape } from '../src/state.js';

class Plain extends Actor {
  value = 0;
}

test('numbers are decoded as JSON decodes them', () => {
  for (const text of ['0', '7', '42', '999999999999999', '-1', '1.5', '1e3', ' 5', '-0']) {
    assert.ok(Object.is(decodeJson(Buffer.from(text), 0, text.length), JSON.parse(text)), text);
  }
  assert.equal(decodeJson(Buffer.from('9007199254740993'), 0, 16), 9007199254740993n);
  for (const text of ['01', '', '1a', 'x', '[', '{"a":}']) {
    const decode = (): unknown => decodeJson(Buffer.from(text), 0, text.length);
    if (text === '') {
      assert.equal(decode(), undefined);
    } else {
      assert.throws(decode, /not JSON/);
    }
  }
});

test('values are encoded as JSON encodes them', () => {
  for (const value of [
    0,
    -0,
    1.5,
    1e300,
    true,
    null,
    'ü"\n',
    new Date(0),
    [
      new (class Order {
        total = 5;
      })(),
    ],
    { a: undefined, b: 1 },
  ]) {
    assert.equal(encodeJson(value), JSON.stringify(value));
  }
});

/** A value that says itself what its JSON is. */
class Says {
  readonly #json: unknown;
  asked = 0;
  constructor(json: unknown) {
    this.#json = json;
  }
  toJSON(): unknown {
    this.asked++;
    return this.#json;
  }
}

test('what toJSON gives is checked as any other value, and named with its path', () => {
  const cycle = { next: undefined as unknown };
  cycle.next = new Says(cycle);
  for (const [json, text] of [
    [NaN, /^NaN has no form in JSON$/],
    [{ a: [1, -Infinity] }, /^a\[1\]: -Infinity has no form/],
    [{ seen: new Map() }, /^seen: a value of type Map/],
    [new Set([1]), /^a value of type Set/],
    [new Date(NaN), /^a value of type Date/],
    [() => 1, /^a function has no form/],
    [Symbol('s'), /^a symbol has no form/],
    [{ inner: new Says({ size: NaN }) }, /^inner\.size: NaN/],
    [[new Says(undefined)], /^\[0\]: undefined has no form/],
    ['a\ud800', /lone surrogate/],
    [cycle, /nested too deep, or holds itself/],
  ] as const) {
    assert.throws(() => encodeJson(new Says(json)), { name: 'InvalidPayload', message: text });
  }
  assert.throws(
    () => encodeJson({ orders: [new Says({ total: NaN })] }),
    /^InvalidPayload: orders\[0\]\.total: NaN/,
  );
  class Ids extends Array<number> {
    toJSON(): unknown {
      return { ids: NaN };
    }
  }
  assert.throws(() => encodeJson({ list: Ids.of(1) }), /list\.ids: NaN/);
});

test('what toJSON gives is written as JSON writes it, and asked for once', () => {
  class Itself {
    a = [new Date(0), { 'b"': undefined }];
    toJSON(): this {
      return this;
    }
  }
  class Named {
    toJSON(key: string): string {
      return `at ${key}`;
    }
  }
  for (const make of [
    (): unknown => new Says(5),
    (): unknown => new Says(undefined),
    (): unknown => new Says(null),
    (): unknown => [new Says('x'), new Says([1, { a: new Says({ b: 1 }) }])],
    (): unknown => ({ gone: new Says(undefined), kept: new Itself(), ['__proto__']: new Says(1) }),
    (): unknown => [{ name: new Named() }, new Named()],
    (): unknown => new Says(new Says(1)),
  ]) {
    assert.equal(encodeJson(make()), JSON.stringify(make()));
  }
  assert.equal(encodeJson(new Says({ id: 9007199254740993n })), '{"id":9007199254740993}');
  // JSON's own gives {} here.
  assert.equal(encodeJson({ at: new Says(new Date(0)) }), '{"at":"1970-01-01T00:00:00.000Z"}');
  class Day extends Date {
    override toJSON(): never {
      return this as never;
    }
  }
  assert.equal(encodeJson([new Day(0)]), '["1970-01-01T00:00:00.000Z"]');
  const says = new Says(1);
  assert.equal(encodeJson([says, says]), '[1,1]');
  assert.equal(says.asked, 1);
});

test('a list of any length is refused with properties of its own', () => {
  for (const length of [3, 1024, 1025, 100_000]) {
    const list: number[] = new Array<number>(length).fill(1);
    assert.equal(encodeJson(list), JSON.stringify(list));
    class Row extends Array<number> {}
    assert.equal(encodeJson(Row.from(list)), JSON.stringify(list));
    const named = Object.assign(list, { total: length });
    assert.throws(() => encodeJson({ named }), /named: a list with named properties has no form in JSON/);
  }
});

test('names are lower snake case in every language', () => {
  for (const [name, expected] of [
    ['Airport', 'airport'],
    ['failAfter', 'fail_after'],
    ['HTTPServer', 'http_server'],
    ['narrow_oldest', 'narrow_oldest'],
    ['Level2Cache', 'level2_cache'],
  ] as const) {
    assert.equal(snakeCase(name), expected);
  }
});

test('recorded randomness is SplitMix64', () => {
  // The reference implementation's first numbers for the seed 1234567.
  const randomness = new Randomness(1_234_567, 0);
  const expected = [
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
    4593380528125082431n,
    16408922859458223821n,
  ];
  assert.deepEqual(
    expected.map(() => randomness.next()),
    expected,
  );
});

test('a state is put back as it was, whatever a turn did to it', () => {
  class Deep extends Plain {
    list: number[] = [1];
    map: Record<string, unknown> = { a: { b: 1 } };
  }
  for (const object of [new Deep(), new Plain()]) {
    const shape = new StateShape(object.constructor as ActorClass, 'kind');
    const before = shape.capture(object);
    const encoded = shape.encode(object, before);
    object.value = 5;
    if (object instanceof Deep) {
      object.list.push(2);
      object.map.a = 3;
    }
    assert.notEqual(shape.captureAfter(object, before), before);
    shape.restore(object, before);
    assert.equal(shape.captureAfter(object, before), before);
    assert.equal(shape.encode(object, before), encoded);
  }
});

test('a stored state fills the fields that it knows', () => {
  class Grown extends Plain {
    added = 'default';
  }
  const shape = new StateShape(Grown, 'grown');
  const object = new Grown();
  shape.load(object, '{"value":3,"dropped":1}');
  assert.deepEqual([object.value, object.added], [3, 'default']);
  for (const text of ['', '[]', '3', 'null', '{']) {
    assert.throws(() => {
      shape.load(object, text);
    }, /stored state/);
  }
});

test('a late or double reply finds no ask', () => {
  const table = new AskTable();
  const open = (): ReturnType<AskTable['open']> =>
    table.open(
      1,
      false,
      false,
      () => undefined,
      () => undefined,
      undefined,
    );
  const first = open();
  table.close(first);
  const second = open();
  assert.equal(second.slot, first.slot);
  assert.equal(table.find(first.slot, first.generation), undefined);
  assert.equal(table.find(second.slot, second.generation), second);
});

test('records are padded to eight bytes and a buffer that grew shrinks again', () => {
  const sizes: number[] = [];
  const commands = new CommandBuffer((bytes) => sizes.push(bytes.length));
  commands.fail(1, 2, 0, 20, 'é'.repeat(5));
  assert.equal(commands.at % 8, 0);
  const view = new DataView(commands.bytes.buffer);
  assert.equal(view.getUint32(layout.BYTES_AT, true), commands.at);
  assert.equal(view.getUint32(layout.COMPLETE_REPLY_BYTES_AT, true), 10);
  commands.complete(1, 2, 0, 'x'.repeat(1_000_000), undefined, undefined, undefined);
  assert.equal(sizes.length, 1);
  commands.taken(commands.at);
  assert.equal(sizes.length, 2);
  assert.ok((sizes[1] ?? 0) < (sizes[0] ?? 0));
});
