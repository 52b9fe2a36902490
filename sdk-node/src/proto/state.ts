/**
 * The state of a generated actor: one message, kept and compared as its bytes.
 */

import { Buffer } from 'node:buffer';

import { create, type DescMessage, type Message } from '@bufbuild/protobuf';

import { type Actor as AnyActor, type ActorClass } from '../actor.js';
import { InvalidDeclaration, InvalidState, StateMismatch } from '../errors.js';
import { nameOf } from '../internal/json_form.js';
import { messageOf } from '../internal/thrown.js';
import { type Shape, type Snapshot } from '../state.js';
import { decode, encode } from './payload.js';

interface Stateful {
  state: Message;
}

/** The state of one kind of actor. */
export class MessageState implements Shape {
  readonly takesBytes = true;
  /** protobuf keeps fields that it does not know by itself. */
  onUnknown = undefined;
  readonly #schema: DescMessage;
  readonly #actor: ActorClass | undefined;

  /**
   * @param schema - the state's type.
   * @param actor - the class; undefined where nothing of it runs.
   */
  constructor(schema: DescMessage, actor: ActorClass | undefined) {
    this.#schema = schema;
    this.#actor = actor;
  }

  make(): AnyActor {
    if (this.#actor === undefined) {
      throw new InvalidDeclaration('The kind was declared without a class to run it.');
    }
    return new this.#actor();
  }

  capture(object: AnyActor): Snapshot {
    return { values: undefined, encoded: this.encode(object), rest: undefined };
  }

  captureAfter(object: AnyActor, before: Snapshot): Snapshot {
    const encoded = this.encode(object);
    const isSame = Buffer.compare(encoded, before.encoded as Uint8Array) === 0;
    return isSame ? before : { values: undefined, encoded, rest: undefined };
  }

  encode(object: AnyActor): Uint8Array {
    const { state } = stateful(object);
    if ((state as Partial<Message> | undefined)?.$typeName !== this.#schema.typeName) {
      throw new InvalidState(`state: ${nameOf(state)} is no ${this.#schema.typeName}`);
    }
    try {
      return encode(this.#schema, state);
    } catch (error) {
      throw new InvalidState(`state: ${messageOf(error)}`, { cause: error });
    }
  }

  restore(object: AnyActor, snapshot: Snapshot): void {
    // A copy: the message keeps parts of what it was read from, and a handler may write to them.
    stateful(object).state = decode(this.#schema, new Uint8Array(snapshot.encoded as Uint8Array));
  }

  load(object: AnyActor, stored: string | Uint8Array): Snapshot {
    try {
      stateful(object).state = decode(this.#schema, stored as Uint8Array);
      return this.capture(object);
    } catch (error) {
      throw new StateMismatch(`The stored state is no ${this.#schema.typeName}.`, { cause: error });
    }
  }
}

/** The state that a new actor has. */
export function emptyState(schema: DescMessage): Message {
  return create(schema);
}

function stateful(object: AnyActor): Stateful {
  return object as unknown as Stateful;
}
