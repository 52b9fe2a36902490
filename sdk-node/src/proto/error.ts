/**
 * Errors of the application that a .proto declares: classes whose fields are those of a message.
 */

import {
  create,
  type DescMessage,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf';

import { ApplicationError, InvalidDeclaration, RECEIVE } from '../errors.js';

/** A generated class of errors. */
type Generated = new (message: string, detail: MessageInitShape<DescMessage>) => MessageError;

/**
 * The base of generated errors.
 *
 * @example
 * throw new SeatTakenError(`seat ${seat} is taken`, { seat });              // in a handler
 * if (error instanceof SeatTakenError) console.log(error.detail.seat);      // at the caller
 */
export abstract class MessageError<D extends DescMessage = DescMessage> extends ApplicationError {
  /** The message that an error is made of; generated code says it. */
  declare static readonly schema: DescMessage;

  readonly #detail: MessageShape<D>;

  /**
   * @param message - one sentence for people.
   * @param detail - what the error carries: the message, or an object with the fields that are not left out.
   * @param options - a cause.
   */
  constructor(message: string, detail: MessageInitShape<D>, options?: ErrorOptions) {
    super(message, options);
    const { schema } = new.target;
    if ((schema as DescMessage | undefined) === undefined) {
      throw new InvalidDeclaration(
        `${new.target.name}: extend the class that was generated from the .proto.`,
      );
    }
    this.#detail = create(schema, detail) as MessageShape<D>;
  }

  /** What the error carries. */
  get detail(): MessageShape<D> {
    return this.#detail;
  }

  /** The same as JSON, with the names and forms that protobuf gives it. */
  override get details(): Readonly<Record<string, unknown>> {
    const { schema } = this.constructor as typeof MessageError;
    return toJson(schema, this.#detail) as Record<string, unknown>;
  }

  /** @internal An error of what arrived; nothing where it does not fit the message. */
  static [RECEIVE](message: string, details: unknown): ApplicationError | undefined {
    try {
      // Whole numbers that no double holds exactly came as bigint; protobuf writes those that matter as text.
      const plain = JSON.stringify(details ?? {}, (_, value: unknown) =>
        typeof value === 'bigint' ? Number(value) : value,
      );
      const detail = fromJson(this.schema, JSON.parse(plain) as JsonValue, { ignoreUnknownFields: true });
      return new (this as unknown as Generated)(message, detail);
    } catch {
      return undefined;
    }
  }
}
