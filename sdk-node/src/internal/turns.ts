/**
 * Runs turns: makes the actor's object, decodes and checks the message, calls the handler.
 *
 * A plain handler ends its turn at once; one that gives a promise when that settles. How a turn ends is `turn_end`'s subject.
 */

import { decodeText } from '../codec.js';
import { type Context } from '../context.js';
import { fromCode, InvalidPayload } from '../errors.js';
import { encodeReason, type ExitReason, type GivenReason } from '../exits.js';
import { Activation, OwnRoute, SlotTable } from './activation.js';
import { type AskTable } from './asks.js';
import { Beginnings } from './beginnings.js';
import { contextOf, crashIn, endOf, isEnd, isTerminated, methodOf, timeoutOf } from './behaviours.js';
import { type EventBuffer } from './events.js';
import { type Floating } from './floating.js';
import * as layout from './generated/layout.js';
import { handlerOf } from './hooks.js';
import { type BoundHandler, type Kind } from './kind.js';
import { type Lane } from './lane.js';
import { native, type Running } from './native.js';
import { isNote, noteOf } from './notes.js';
import { textOf } from './processes.js';
import { promised, watch } from './promised.js';
import { readFor } from './reading.js';
import { Receivers } from './receivers.js';
import { TurnEnd } from './turn_end.js';

const TWO_TO_32 = 2 ** 32;

/** The turns of one engine. */
export class Turns {
  /** Those of functions that are processes. */
  readonly receivers: Receivers;
  /** The way out of them. */
  readonly end: TurnEnd;
  readonly #lane: Lane;
  readonly #asks: AskTable;
  readonly #events: EventBuffer;
  readonly #calling = native().running as Running;
  readonly #activations = new SlotTable<Activation>();
  readonly #beginnings = new Beginnings();
  /** Where rejections that nobody handles are to become notices. */
  floating: Floating | undefined = undefined;
  /** Turns whose handler has given a promise that is not settled. */
  readonly #waiting = new SlotTable<Context>();

  constructor(lane: Lane, asks: AskTable, events: EventBuffer, notice: (code: number, text: string) => void) {
    this.receivers = new Receivers(lane, asks, events, notice);
    this.#lane = lane;
    this.#asks = asks;
    this.#events = events;
    this.end = new TurnEnd(lane.commands, events, asks);
  }

  /** Runs the turn of a TURN record. */
  start(at: number): void {
    const { words, halves } = this.#events;
    const word = at >>> 2;
    const flags = halves[(at + layout.FLAGS_AT) >>> 1] as number;
    const turnLow = words[word + 2] as number;
    const turnHigh = words[word + 3] as number;
    if ((flags & layout.TURN_FLAG_RECEIVED) !== 0) {
      this.receivers.received(at, flags);
      return;
    }
    if (
      (flags & layout.TURN_FLAG_FIRST) !== 0 &&
      !this.#beginnings.begin(words[word + 4] as number, words[word + 5] as number)
    ) {
      // It has ended, and so has this turn.
      return;
    }
    const kind = this.#lane.kinds[halves[(at + layout.TURN_KIND_AT) >>> 1] as number] as Kind;
    if (kind.run !== undefined) {
      this.#receive(at, flags, kind, kind.run);
      return;
    }
    let context: Context;
    try {
      context = this.#begin(at, flags, turnLow, turnHigh);
    } catch (error) {
      this.end.failUnbegun(turnLow, turnHigh, (flags & layout.TURN_FLAG_NESTED) !== 0, error);
      return;
    }
    try {
      if (this.floating === undefined) {
        this.#run(context, at, flags);
      } else {
        this.floating.call(context.handler, this.#running, context, at, flags);
      }
    } catch {
      this.end.abandon(context);
    }
  }

  /** Starts the function of a process. */
  #receive(at: number, flags: number, kind: Kind, run: BoundHandler): void {
    if (this.floating === undefined) {
      this.receivers.start(at, flags, kind);
    } else {
      this.floating.call(run, this.#receiving, at, flags, kind);
    }
  }

  /** Something of ours threw while this turn was started: it ends all the same. */
  abandon(low: number, high: number): void {
    this.end.abandonUnbegun(low, high);
  }

  /** The activation is gone: its object goes too. */
  forget(low: number, high: number): void {
    this.#beginnings.end(low, high);
    if (this.#activations.get(low, high)?.high === high) {
      this.#activations.set(low, high, undefined);
    }
  }

  /** Nobody waits for the turn any more. */
  cancel(low: number, high: number, code: number): void {
    if (this.receivers.cancel(low, high)) {
      return;
    }
    const context = this.#waiting.get(low, high);
    if (context?.turnHigh === high) {
      context.cancelReason = fromCode(code, 'Nobody waits for this turn any more.');
      context.controller?.abort(context.cancelReason);
    }
  }

  /** Makes the actor's object, from its stored state or its defaults. */
  #activate(at: number, flags: number, low: number, high: number): Activation {
    const kind = this.#lane.kinds[this.#events.halves[(at + layout.TURN_KIND_AT) >>> 1] as number] as Kind;
    const route = new OwnRoute(this.#lane);
    const isProcess = (flags & layout.TURN_FLAG_PROCESS) !== 0;
    const process = isProcess ? this.#events.turnProcess(at) : undefined;
    const key = process === undefined ? this.#events.turnKey(at) : textOf(process);
    const object = kind.shape.make();
    readFor(route);
    const isStored = (flags & layout.TURN_FLAG_STATE) !== 0;
    const accepted = isStored
      ? kind.shape.load(object, this.#events.turnState(at, kind.shape.takesBytes))
      : kind.shape.capture(object);
    const activation = new Activation(kind, key, high, route, process, object, accepted);
    this.#activations.set(low, high, activation);
    return activation;
  }

  /** The turn with its activation, made by the first one. */
  #begin(at: number, flags: number, turnLow: number, turnHigh: number): Context {
    const { words, halves } = this.#events;
    const word = at >>> 2;
    const low = words[word + 4] as number;
    const high = words[word + 5] as number;
    const isFirst = (flags & layout.TURN_FLAG_FIRST) !== 0;
    const activation = isFirst ? this.#activate(at, flags, low, high) : this.#activations.get(low, high);
    if (activation?.high !== high) {
      throw new Error('the activation has no object');
    }
    activation.mend();
    const handler = handlerOf(activation.kind, halves[(at + layout.TURN_HANDLER_AT) >>> 1] as number);
    const isNested = (flags & layout.TURN_FLAG_NESTED) !== 0;
    const TurnContext = contextOf(activation.kind);
    const context = new TurnContext(
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
      (flags & layout.TURN_FLAG_SENDER_PROCESS) !== 0,
    );
    context.flags = flags;
    context.isActivation = halves[(at + layout.TURN_HANDLER_AT) >>> 1] === layout.HANDLER_ACTIVATED;
    activation.route.newest = context;
    if ((flags & layout.TURN_FLAG_METADATA) !== 0) {
      context.received = this.#events.turnMetadata(at);
    }
    return context;
  }

  #run(context: Context, at: number, flags: number): void {
    const { handler } = context;
    let message: unknown;
    let later: Promise<unknown> | undefined;
    try {
      readFor(context.activation.route);
      message = this.#message(context, at, flags);
      if (handler.check !== undefined) {
        message = handler.check(message);
        // A validator may answer later: the handler runs once it has.
        later = promised(message);
      }
    } catch (error) {
      this.end.refuse(context, error);
      return;
    }
    if (later === undefined) {
      this.#call(context, message);
    } else {
      this.#await(context, later, this.#called, this.#refused);
    }
  }

  #call(context: Context, message: unknown): void {
    if (isEnd(context, message)) {
      const { reason } = message;
      this.#terminate(context, reason, () => {
        this.end.stop(context, encodeReason(reason as GivenReason));
      });
      return;
    }
    const { object } = context.activation;
    let result: unknown;
    let later: Promise<unknown> | undefined;
    try {
      this.#calling.begin(context);
      result = methodOf(context.handler, object).call(object, message, context);
      this.#calling.end();
      later = promised(result);
    } catch (error) {
      this.#calling.end();
      this.#fail(context, message, error);
      return;
    }
    if (later === undefined) {
      this.#succeeded(context, result);
    } else {
      this.#await(context, later, this.#succeeded, (failed, thrown) => {
        this.#fail(failed, message, thrown);
      });
    }
  }

  /** A callback threw. Where that ends a server or a state machine, its last callback runs first. */
  #fail(context: Context, message: unknown, thrown: unknown): void {
    const reason = context.isOpen && isTerminated(context) ? endOf(context, thrown) : undefined;
    if (reason === undefined) {
      this.end.fail(context, thrown);
      return;
    }
    const { activation, before, handler } = context;
    if (reason.type === 'failed') {
      activation.putBack(before);
      if (handler === activation.kind.hooks.onEnter) {
        // A state whose enter call fails was not entered.
        (activation.object as unknown as { state: unknown }).state = message;
      }
    }
    this.#terminate(context, reason, () => {
      this.end.fail(context, thrown);
    });
  }

  /** Runs the last callback; what it throws is the reason of the end then. */
  #terminate(context: Context, reason: ExitReason, end: () => void): void {
    const { kind, object } = context.activation;
    let later: Promise<unknown> | undefined;
    try {
      later = promised(kind.hooks.terminate?.method.call(object, reason, context));
    } catch (error) {
      this.end.fail(context, error);
      return;
    }
    if (later === undefined) {
      end();
    } else {
      this.#await(context, later, end, this.#failed);
    }
  }

  readonly #receiving = (at: number, flags: number, kind: Kind): void => {
    this.receivers.start(at, flags, kind);
  };
  readonly #running = (context: Context, at: number, flags: number): void => {
    this.#run(context, at, flags);
  };
  readonly #called = (context: Context, message: unknown): void => {
    this.#call(context, message);
  };
  readonly #refused = (context: Context, thrown: unknown): void => {
    this.end.refuse(context, thrown);
  };
  /** A reply that cannot be handed in ends a server or a state machine, whose last callback runs first. */
  readonly #succeeded = (context: Context, result: unknown): void => {
    const failed = this.end.succeed(context, result);
    if (failed !== undefined && isTerminated(context)) {
      context.activation.putBack(context.before);
      this.#terminate(context, crashIn(failed), () => {
        this.end.discard(context, failed);
      });
    } else if (failed !== undefined) {
      this.end.discard(context, failed);
    }
  };
  readonly #failed = (context: Context, thrown: unknown): void => {
    this.end.fail(context, thrown);
  };

  #await(
    context: Context,
    promise: Promise<unknown>,
    kept: (context: Context, value: unknown) => void,
    broken: (context: Context, thrown: unknown) => void,
  ): void {
    const { turnLow, turnHigh } = context;
    this.#waiting.set(turnLow, turnHigh, context);
    const settle = (how: typeof kept, value: unknown): void => {
      this.#waiting.set(turnLow, turnHigh, undefined);
      try {
        how(context, value);
      } catch {
        this.end.abandon(context);
      }
      this.#lane.schedule();
    };
    try {
      watch(
        promise,
        (value) => {
          settle(kept, value);
        },
        (reason) => {
          settle(broken, reason);
        },
      );
    } catch (error) {
      settle(broken, error);
    }
  }

  /** The turn's message: that of the ask in this very call, or the record's payload. */
  #message(context: Context, at: number, flags: number): unknown {
    if ((flags & layout.TURN_FLAG_OWN) === 0) {
      const message = this.#events.turnMessage(at, flags, context.handler.takesBytes);
      const handler = this.#events.halves[(at + layout.TURN_HANDLER_AT) >>> 1] as number;
      return messageOf(handler, message, context);
    }
    const ask = this.#asks.find(context.askLow, context.askHigh);
    if (ask === undefined) {
      throw new InvalidPayload('The message is gone with its ask.');
    }
    return ask.isEncoded ? decodeText(ask.message as string) : ask.message;
  }
}

/** What a hook is handed: the core's own messages as values. */
function messageOf(handler: number, message: unknown, { activation }: Context): unknown {
  const { kind, route } = activation;
  if (handler === layout.HANDLER_TIMEOUT) {
    return timeoutOf(message);
  }
  const isCallback = handler === layout.HANDLER_MANAGER && kind.behaviour?.name === 'event_manager';
  return isNote(handler) && !isCallback ? noteOf(handler, message, route) : message;
}
