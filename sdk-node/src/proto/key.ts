/**
 * The field of a request that names the actor: read from a request, or added to one that leaves it open.
 */

import { type DescField, type DescMessage, isFieldSet, type Message, ScalarType } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

import { InvalidArgument, InvalidDeclaration } from '../errors.js';

type Write = (writer: BinaryWriter, key: string) => unknown;

/** The types that a key may have: how each is written. */
const TYPES: ReadonlyMap<ScalarType, readonly [WireType, Write]> = new Map<
  ScalarType,
  readonly [WireType, Write]
>([
  [ScalarType.STRING, [WireType.LengthDelimited, (writer, key) => writer.string(key)]],
  [ScalarType.INT32, [WireType.Varint, (writer, key) => writer.int32(Number(key))]],
  [ScalarType.UINT32, [WireType.Varint, (writer, key) => writer.uint32(Number(key))]],
  [ScalarType.SINT32, [WireType.Varint, (writer, key) => writer.sint32(Number(key))]],
  [ScalarType.FIXED32, [WireType.Bit32, (writer, key) => writer.fixed32(Number(key))]],
  [ScalarType.SFIXED32, [WireType.Bit32, (writer, key) => writer.sfixed32(Number(key))]],
  [ScalarType.INT64, [WireType.Varint, (writer, key) => writer.int64(key)]],
  [ScalarType.UINT64, [WireType.Varint, (writer, key) => writer.uint64(key)]],
  [ScalarType.SINT64, [WireType.Varint, (writer, key) => writer.sint64(key)]],
  [ScalarType.FIXED64, [WireType.Bit64, (writer, key) => writer.fixed64(key)]],
  [ScalarType.SFIXED64, [WireType.Bit64, (writer, key) => writer.sfixed64(key)]],
]);

const DECIMAL = /^(?:0|-?[1-9][0-9]*)$/;

/** The key's field of one type of request. */
export class KeyField {
  readonly #field: DescField;
  readonly #wireType: WireType;
  readonly #write: Write;
  readonly #isText: boolean;

  /**
   * @param input - the request's type.
   * @param localName - the field's name in TypeScript.
   * @throws InvalidDeclaration when there is no such field, or none that can be a key.
   */
  constructor(input: DescMessage, localName: string) {
    const field = input.fields.find((candidate) => candidate.localName === localName);
    if (field === undefined) {
      throw new InvalidDeclaration(`${input.typeName} has no field ${localName}.`);
    }
    const type = field.fieldKind === 'scalar' ? TYPES.get(field.scalar) : undefined;
    if (type === undefined) {
      throw new InvalidDeclaration(`${input.typeName}.${field.name}: a key is a string or a whole number.`);
    }
    this.#field = field;
    [this.#wireType, this.#write] = type;
    this.#isText = field.scalar === ScalarType.STRING;
  }

  /** The key that a request names; nothing where it is left open. */
  named(request: Message): string | undefined {
    return isFieldSet(request, this.#field) ? this.#value(request) : undefined;
  }

  /**
   * The key that a request is for: what it names. An open number is 0.
   *
   * @throws InvalidArgument when it is the empty text.
   */
  require(request: Message): string {
    const key = this.named(request) ?? (this.#isText ? '' : '0');
    if (key === '') {
      throw new InvalidArgument(
        `${this.#field.parent.typeName}.${this.#field.name} is empty: it says which actor the request is for.`,
      );
    }
    return key;
  }

  /**
   * The field with this key, to stand behind the rest of a request: the last value of a field counts.
   *
   * @throws InvalidArgument when the field cannot hold the key.
   */
  encode(key: string): Uint8Array {
    const writer = new BinaryWriter().tag(this.#field.number, this.#wireType);
    if (this.#isText || DECIMAL.test(key)) {
      try {
        this.#write(writer, key);
        return writer.finish();
      } catch (error) {
        throw this.#unfit(key, error);
      }
    }
    throw this.#unfit(key, undefined);
  }

  #unfit(key: string, cause: unknown): InvalidArgument {
    const field = `${this.#field.parent.typeName}.${this.#field.name}`;
    return new InvalidArgument(`${field} cannot hold the key "${key}".`, { cause });
  }

  #value(request: Message): string {
    const fields = request as unknown as Record<string, unknown>;
    const { oneof, localName } = this.#field;
    const value =
      oneof === undefined ? fields[localName] : (fields[oneof.localName] as { value: unknown }).value;
    return String(value);
  }
}
