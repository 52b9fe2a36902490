/**
 * Runs turns: makes the actor's object, decodes and checks the message, calls the handler, hands in the outcome.
 *
 * A plain handler completes at once; one that gives a promise completes when that settles. A turn that fails puts the
 * object back to the state before it.
 */

import { copyBytes, decodeText, isOwnCopy } from '../codec.js';
import { Context } from '../context.js';
import { fromCode, InvalidPayload, EveractError } from '../errors.js';
import { encodeMetadata } from '../metadata.js';
import { type Snapshot } from '../state.js';
import { Activation, SlotTable } from './activation.js';
import { type AskTable } from './asks.js';
import { type EventBuffer } from './events.js';
import * as layout from './generated/layout.js';
import { type BoundHandler, type Kind } from './kind.js';
import { type Lane } from './lane.js';
import { encodeReply } from './message.js';

const HANDLER_FAILED = 20;
const INVALID_PAYLOAD = 3;
const READ_ONLY_VIOLATION = 11;
const NOTHING: Snapshot = { values: [], encoded: undefined };
const TWO_TO_32 = 2 ** 32;

/** The turns of one engine. */
export class Turns {
  readonly #lane: Lane;
  readonly #asks: AskTable;
  readonly #events: EventBuffer;
  readonly #activations = new SlotTable<Activation>();
  /** Turns whose handler has given a promise that is not settled. */
  readonly #waiting = new SlotTable<Context>();

  constructor(lane: Lane, asks: AskTable, events: EventBuffer) {
    this.#lane = lane;
    this.#asks = asks;
    this.#events = events;
  }

  /** Runs the turn of a TURN record. */
  start(at: number): void {
    const { words, halves } = this.#events;
    const word = at >>> 2;
    const flags = halves[(at + layout.FLAGS_AT) >>> 1] as number;
    const turnLow = words[word + 2] as number;
    const turnHigh = words[word + 3] as number;
    const activationLow = words[word + 4] as number;
    const activationHigh = words[word + 5] as number;
    let activation: Activation | undefined;
    let handler: BoundHandler | undefined;
    try {
      activation =
        (flags & layout.TURN_FLAG_FIRST) !== 0
          ? this.#activate(at, flags, activationLow, activationHigh)
          : this.#activations.get(activationLow, activationHigh);
      if (activation?.high !== activationHigh) {
        throw new Error('the activation has no object');
      }
      handler = handlerOf(activation.kind, halves[(at + layout.TURN_HANDLER_AT) >>> 1] as number);
    } catch (error) {
      this.#lane.commands.fail(
        turnLow,
        turnHigh,
        layout.COMPLETE_FLAG_PASSIVATE,
        error instanceof EveractError ? error.code : HANDLER_FAILED,
        describeError(error),
      );
      return;
    }
    const context = this.#context(at, flags, activation, handler, turnLow, turnHigh);
    if ((flags & layout.TURN_FLAG_METADATA) !== 0) {
      context.metadata = this.#events.turnMetadata(at);
    }
    this.#run(context, at, flags);
  }

  /** The activation is gone: its object goes too. */
  forget(low: number, high: number): void {
    if (this.#activations.get(low, high)?.high === high) {
      this.#activations.set(low, high, undefined);
    }
  }

  /** Nobody waits for the turn any more. */
  cancel(low: number, high: number, code: number): void {
    const context = this.#waiting.get(low, high);
    if (context?.turnHigh === high) {
      context.cancelReason = fromCode(code, 'Nobody waits for this turn any more.');
      context.controller?.abort(context.cancelReason);
    }
  }

  /** Makes the actor's object, from its stored state or its defaults. */
  #activate(at: number, flags: number, low: number, high: number): Activation {
    const kind = this.#lane.kinds[this.#events.halves[(at + layout.TURN_KIND_AT) >>> 1] as number] as Kind;
    const object = kind.shape.make();
    const activation = new Activation(kind, this.#events.turnKey(at), high, object, NOTHING);
    if ((flags & layout.TURN_FLAG_STATE) !== 0) {
      kind.shape.load(object, this.#events.turnState(at, kind.shape.takesBytes));
    }
    activation.accepted = kind.shape.capture(object);
    this.#activations.set(low, high, activation);
    return activation;
  }

  #context(
    at: number,
    flags: number,
    activation: Activation,
    handler: BoundHandler,
    turnLow: number,
    turnHigh: number,
  ): Context {
    const { words } = this.#events;
    const word = at >>> 2;
    const isNested = (flags & layout.TURN_FLAG_NESTED) !== 0;
    return new Context(
      this.#lane,
      activation,
      handler,
      turnLow,
      turnHigh,
      words[word + 12] as number,
      words[word + 13] as number,
      isNested
        ? activation.kind.shape.captureAfter(activation.object, activation.accepted)
        : activation.accepted,
      words[word + 7] as number,
      (words[word + 9] as number) * TWO_TO_32 + (words[word + 8] as number),
      words[word + 10] as number,
      words[word + 11] as number,
      (words[word + 15] as number) * TWO_TO_32 + (words[word + 14] as number),
      this.#events.turnSender(at),
    );
  }

  #run(context: Context, at: number, flags: number): void {
    const { handler } = context;
    let message: unknown;
    try {
      message = this.#message(context, at, flags);
      if (handler.check !== undefined) {
        message = handler.check(message);
      }
    } catch (error) {
      this.#refuse(context, error);
      return;
    }
    if (handler.check !== undefined && message instanceof Promise) {
      // A validator that answers later: the handler runs once it has.
      this.#await(context, message, this.#call, this.#refuse);
    } else {
      this.#call(context, message);
    }
  }

  #call(context: Context, message: unknown): void {
    let result: unknown;
    try {
      result = context.handler.method.call(context.activation.object, message, context);
    } catch (error) {
      this.#fail(context, error);
      return;
    }
    if (isThenable(result)) {
      this.#await(context, result, this.#complete, this.#fail);
    } else {
      this.#complete(context, result);
    }
  }

  #await(
    context: Context,
    result: PromiseLike<unknown>,
    kept: (context: Context, value: unknown) => void,
    broken: (context: Context, error: unknown) => void,
  ): void {
    this.#waiting.set(context.turnLow, context.turnHigh, context);
    const settle = (how: typeof kept, value: unknown): void => {
      this.#waiting.set(context.turnLow, context.turnHigh, undefined);
      how.call(this, context, value);
      this.#lane.schedule();
    };
    try {
      result.then(
        (value) => {
          settle(kept, value);
        },
        (error: unknown) => {
          settle(broken, error);
        },
      );
    } catch (error) {
      settle(broken, error);
    }
  }

  /** The turn's message: that of the ask in this very call, or the record's payload. */
  #message(context: Context, at: number, flags: number): unknown {
    if ((flags & layout.TURN_FLAG_OWN) === 0) {
      return this.#events.turnMessage(at, flags, context.handler.takesBytes);
    }
    const ask = this.#asks.find(context.askLow, context.askHigh);
    if (ask === undefined) {
      throw new InvalidPayload('The message is gone with its ask.');
    }
    return ask.isEncoded ? decodeText(ask.message as string) : ask.message;
  }

  #complete(context: Context, value: unknown): void {
    if (!context.isOpen) {
      return;
    }
    const { activation, handler, before } = context;
    const { kind, object } = activation;
    try {
      const reply = encodeReply(handler, value);
      const after = kind.shape.captureAfter(object, before);
      if (handler.readOnly && (after !== before || context.effects !== undefined)) {
        this.#discard(context, READ_ONLY_VIOLATION, readOnlyText(context, after !== before));
        return;
      }
      const isDirty = after !== before || activation.accepted !== before;
      const state =
        isDirty && kind.durable && !handler.readOnly
          ? (after.encoded ?? kind.shape.encode(object))
          : undefined;
      const metadata = context.given === undefined ? undefined : encodeMetadata(context.given);
      const flags =
        (state === undefined ? 0 : layout.COMPLETE_FLAG_DIRTY) |
        (context.leaves ? layout.COMPLETE_FLAG_PASSIVATE : 0);
      const { turnLow, turnHigh, effects } = context;
      this.#lane.commands.complete(turnLow, turnHigh, flags, reply, state, metadata, effects);
      context.isOpen = false;
      if (after !== before) {
        activation.accepted = after;
      }
      this.#keepReply(context, value, reply);
    } catch (error) {
      this.#fail(context, error);
    }
  }

  /** The reply may come back in the very call that hands it in: then this is it. */
  #keepReply(context: Context, value: unknown, reply: unknown): void {
    const ask = this.#asks.find(context.askLow, context.askHigh);
    if (ask === undefined) {
      return;
    }
    if (context.handler.encode !== undefined) {
      ask.reply = reply;
    } else if (context.handler.givesBytes) {
      ask.reply = reply === undefined ? undefined : copyBytes(reply as Uint8Array);
    } else if (reply === undefined || isOwnCopy(value)) {
      ask.reply = value;
    } else {
      ask.reply = reply;
      ask.isReplyEncoded = true;
    }
  }

  /** The handler threw. */
  #fail(context: Context, error: unknown): void {
    this.#discard(context, HANDLER_FAILED, describeError(error));
  }

  /** The message does not fit; a validator that itself fails has failed like a handler. */
  #refuse(context: Context, error: unknown): void {
    if (error instanceof InvalidPayload) {
      this.#discard(context, INVALID_PAYLOAD, error.message);
    } else {
      this.#fail(context, error);
    }
  }

  #discard(context: Context, code: number, text: string): void {
    if (!context.isOpen) {
      return;
    }
    const { activation, before } = context;
    context.isOpen = false;
    activation.kind.shape.restore(activation.object, before);
    activation.accepted = before;
    const flags = context.leaves ? layout.COMPLETE_FLAG_PASSIVATE : 0;
    this.#lane.commands.fail(context.turnLow, context.turnHigh, flags, code, text);
  }
}

function handlerOf(kind: Kind, id: number): BoundHandler {
  const handler =
    id === layout.HANDLER_ACTIVATED
      ? kind.activated
      : id === layout.HANDLER_PASSIVATING
        ? kind.passivating
        : kind.handlers[id];
  if (handler === undefined) {
    throw new Error(`${kind.name} has no handler of the number ${String(id)}`);
  }
  return handler;
}

function readOnlyText(context: Context, changed: boolean): string {
  const what = changed ? 'changed its state' : 'sent messages';
  return `${context.kind}.${context.handler.name} is read-only, but ${what}.`;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

/** `TypeName: text` of what a handler threw. */
function describeError(error: unknown): string {
  if (error instanceof Error) {
    const name = error.name === 'Error' ? error.constructor.name : error.name;
    return `${name}: ${error.message}`;
  }
  return `Error: ${String(error)}`;
}
