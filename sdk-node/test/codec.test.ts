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
