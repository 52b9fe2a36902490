/**
 * Metadata: what travels beside a message or a reply, as gRPC's metadata and HTTP's headers do.
 *
 * It lives as long as the call: a tell to a durable actor, and the reply that an idempotency key keeps, go without it.
 * On the boundary it is a count (16 bits), then for each entry the lengths of name (16 bits) and value (32 bits), and the two.
 */

import { Buffer } from 'node:buffer';

import { InvalidArgument, TooLarge } from './errors.js';

/**
 * Entries by name. Names are lower case letters, digits, `_`, `-` and `.`; one that ends in `-bin` has bytes, any other has
 * text. At most 64 KiB together.
 */
export type Metadata = Readonly<Record<string, string | Uint8Array>>;

/** @internal No entries. */
export const NO_METADATA: Metadata = Object.freeze({});

const BYTES_MAX = 65_536;
const COUNT_BYTES = 2;
const LENGTHS_BYTES = 6;
const NAME = /^[a-z0-9_.-]+$/;
const BYTES_SUFFIX = '-bin';
/** Names that the core keeps for itself. */
const RESERVED = 'everact-';
const CALLER = 'everact-caller';

/**
 * @internal The block of some metadata; nothing where there is no entry.
 *
 * @throws InvalidArgument naming the entry that cannot be sent, TooLarge.
 */
export function encodeMetadata(metadata: Metadata): Uint8Array | undefined {
  const entries = Object.entries(metadata).map(([name, value]) => [name, valueBytes(name, value)] as const);
  if (entries.length === 0) {
    return undefined;
  }
  const length = entries.reduce(
    (sum, [name, value]) => sum + LENGTHS_BYTES + name.length + value.length,
    COUNT_BYTES,
  );
  if (length > BYTES_MAX) {
    throw new TooLarge(`The metadata has ${String(length)} bytes, the limit is ${String(BYTES_MAX)}.`);
  }
  const block = Buffer.allocUnsafe(length);
  let at = block.writeUInt16LE(entries.length, 0);
  for (const [name, value] of entries) {
    at = block.writeUInt16LE(name.length, at);
    at = block.writeUInt32LE(value.length, at);
    at += block.write(name, at, 'latin1');
    block.set(value, at);
    at += value.length;
  }
  return block;
}

/** @internal The entries of a block that begins here. Texts of one name are joined by a comma, as HTTP has it. */
export function decodeMetadata(bytes: Buffer, start: number): Metadata {
  const found: Record<string, string | Uint8Array> = {};
  let at = start + COUNT_BYTES;
  for (let count = bytes.readUInt16LE(start); count > 0; count--) {
    const valueAt = at + LENGTHS_BYTES + bytes.readUInt16LE(at);
    const end = valueAt + bytes.readUInt32LE(at + 2);
    const name = bytes.toString('utf8', at + LENGTHS_BYTES, valueAt);
    if (name.endsWith(BYTES_SUFFIX)) {
      found[name] = new Uint8Array(bytes.subarray(valueAt, end));
    } else {
      const value = bytes.toString('utf8', valueAt, end);
      const before = found[name];
      found[name] = typeof before === 'string' ? `${before}, ${value}` : value;
    }
    at = end;
  }
  return Object.freeze(found);
}

/** Who called from outside, as the gateway knows it. */
export interface Caller {
  /** How the caller proved who it is. */
  readonly by: 'token' | 'jwt' | 'certificate' | 'anonymous';
  /** The token's name, the JWT's subject or the certificate's; empty for an anonymous caller. */
  readonly name: string;
  /** What a JWT says beside its subject. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** @internal Who called, where that is said. */
export function callerOf(received: Metadata): Caller | undefined {
  const said = received[CALLER];
  if (typeof said !== 'string') {
    return undefined;
  }
  const { by, name = '', claims = {} } = JSON.parse(said) as Partial<Caller> & Pick<Caller, 'by'>;
  return { by, name, claims };
}

/** @internal What the caller itself sent. */
export function withoutReserved(received: Metadata): Metadata {
  const names = Object.keys(received);
  return names.some((name) => name.startsWith(RESERVED))
    ? Object.freeze(
        Object.fromEntries(Object.entries(received).filter(([name]) => !name.startsWith(RESERVED))),
      )
    : received;
}

function valueBytes(name: string, value: unknown): Uint8Array {
  if (name.startsWith(RESERVED)) {
    throw new InvalidArgument(`Metadata "${name}": names that begin with ${RESERVED} are reserved.`);
  }
  if (!NAME.test(name)) {
    throw new InvalidArgument(
      `Metadata "${name}": a name is made of lower case letters, digits, "_", "-" and ".".`,
    );
  }
  if (name.endsWith(BYTES_SUFFIX)) {
    if (value instanceof Uint8Array) {
      return value;
    }
    throw new InvalidArgument(`Metadata "${name}": a name that ends in -bin has a Uint8Array.`);
  }
  if (typeof value === 'string') {
    return Buffer.from(value, 'utf8');
  }
  throw new InvalidArgument(`Metadata "${name}": the value is text; bytes need a name that ends in -bin.`);
}
