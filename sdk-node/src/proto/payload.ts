/**
 * Messages as bytes, and lists of them: each item is its length (32 bits, little-endian) and its bytes.
 */

import {
  create,
  type DescMessage,
  fromBinary,
  type Message,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';

import { InvalidPayload } from '../errors.js';
import { messageOf as textOf } from '../internal/thrown.js';

const LENGTH_BYTES = 4;

/**
 * The message that a value is, or that it makes.
 *
 * @param what - names the value, for the error's text.
 * @throws InvalidPayload when it is none of this type.
 */
export function messageOf(schema: DescMessage, value: unknown, what: string): Message {
  if (typeof value !== 'object' || value === null) {
    const got = value === null ? 'null' : typeof value;
    throw new InvalidPayload(`${what} is a ${schema.typeName}, not ${got}.`);
  }
  const { $typeName } = value as Partial<Message>;
  if ($typeName !== undefined && $typeName !== schema.typeName) {
    throw new InvalidPayload(`${what} is a ${schema.typeName}, not a ${$typeName}.`);
  }
  return create(schema, value as MessageInitShape<DescMessage>);
}

/**
 * A message's bytes.
 *
 * @throws InvalidPayload naming the field whose value does not fit.
 */
export function encode(schema: DescMessage, message: Message): Uint8Array {
  try {
    return toBinary(schema, message);
  } catch (error) {
    throw new InvalidPayload(`${schema.typeName}: ${textOf(error)}`, { cause: error });
  }
}

/**
 * The message of some bytes, which it may keep parts of.
 *
 * @throws InvalidPayload when they are none.
 */
export function decode(schema: DescMessage, bytes: Uint8Array): Message {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    throw new InvalidPayload(`The payload is no ${schema.typeName}: ${textOf(error)}`, {
      cause: error,
    });
  }
}

/** A list's bytes. */
export function joinList(items: readonly Uint8Array[]): Uint8Array {
  const list = new Uint8Array(items.reduce((sum, item) => sum + LENGTH_BYTES + item.length, 0));
  const view = new DataView(list.buffer);
  let at = 0;
  for (const item of items) {
    view.setUint32(at, item.length, true);
    list.set(item, at + LENGTH_BYTES);
    at += LENGTH_BYTES + item.length;
  }
  return list;
}

/**
 * The items of a list.
 *
 * @throws InvalidPayload when the bytes are none.
 */
export function splitList(list: Uint8Array): Uint8Array[] {
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
  const items: Uint8Array[] = [];
  let at = 0;
  while (at < list.length) {
    const start = at + LENGTH_BYTES;
    const end = start <= list.length ? start + view.getUint32(at, true) : Infinity;
    if (end > list.length) {
      throw new InvalidPayload('The payload is no list of messages: it ends within an item.');
    }
    items.push(list.subarray(start, end));
    at = end;
  }
  return items;
}
