/**
 * The one way out of a turn: whatever a handler gave, threw or did to its state, the core gets exactly one COMPLETE.
 *
 * User code runs here too (getters, `toJSON`, setters, a constructor), so each step may throw anything:
 *
 * | step | may run user code | where it throws |
 * | --- | --- | --- |
 * | reply, state, metadata encoded | yes | the turn fails |
 * | the thrown value described | yes | a constant text stands for it |
 * | the object put back | yes | a new object is made; where that fails, it leaves memory |
 * | COMPLETE written | no | {@link TurnEnd.abandon} |
 */

import { copyBytes, decodeText, isOwnCopy, type Payload } from '../codec.js';
import { type Context } from '../context.js';
import { InvalidPayload, StateMismatch } from '../errors.js';
import { encodeReason, ExitRequest } from '../exits.js';
import { encodeMetadata } from '../metadata.js';
import { type Snapshot } from '../state.js';
import { type AskTable, type OpenAsk } from './asks.js';
import { type EventBuffer } from './events.js';
import { type CommandBuffer } from './frame.js';
import { type Exit } from './parts.js';
import * as layout from './generated/layout.js';
import { type BoundHandler } from './kind.js';
import { encodeReply } from './message.js';
import { NotTaken } from './not_taken.js';
import { REPLACE_STATE } from './system_turns.js';
import { crashOf, describeThrown, type Failed, failureOf, messageOf, UNREADABLE } from './thrown.js';

const HANDLER_FAILED = 20;
const INVALID_PAYLOAD = 3;
const INVALID_STATE = 21;
const READ_ONLY_VIOLATION = 11;
const STATE_MISMATCH = 52;
/** A message that no function of a machine's state takes. */
const UNKNOWN_HANDLER = 2;
const NO_PROCESS = 53;
/** Replies of at most so many characters are below the bound on messages, unless that is lower than anybody needs. */
const SETTLED_CHARACTERS_MAX = 1024;
/** UTF-8 takes at most three bytes for a UTF-16 unit. */
const SETTLED_BYTES_MAX = 3 * SETTLED_CHARACTERS_MAX;

/** Ends the turns of one engine. */
export class TurnEnd {
  readonly #commands: CommandBuffer;
  readonly #events: EventBuffer;
  readonly #asks: AskTable;
  #hasAnswered = false;
  /** Whether replies may be given here. */
  #settles = false;
  /** The turn that was handed in last: what throws after that must not end it again. */
  #lastLow = -1;
  #lastHigh = -1;

  constructor(commands: CommandBuffer, events: EventBuffer, asks: AskTable) {
    this.#commands = commands;
    this.#events = events;
    this.#asks = asks;
  }

  /** The handler has given its reply. Returns why that cannot be handed in; then the turn is open. */
  succeed(context: Context, value: unknown): Failed | undefined {
    if (!context.isOpen) {
      return undefined;
    }
    try {
      return this.#commit(context, value);
    } catch (error) {
      return failureOf(error);
    }
  }

  /** The handler threw. */
  fail(context: Context, thrown: unknown): void {
    if (context.handler === REPLACE_STATE && isA(thrown, StateMismatch)) {
      this.#discard(context, { code: STATE_MISMATCH, text: messageOf(thrown) });
    } else if (isA(thrown, NotTaken)) {
      this.#discard(context, { code: UNKNOWN_HANDLER, text: messageOf(thrown) });
    } else if (context.activation.process === undefined) {
      this.#discard(context, failureOf(thrown));
    } else if (isExitRequest(thrown)) {
      this.#leave(context, encodeReason(thrown.reason));
    } else {
      this.#discard(context, crashOf(thrown));
    }
  }

  /** The process ends by its own will: no failure, but whoever asked gets no reply. */
  #leave(context: Context, exit: Exit): void {
    if (!context.isOpen) {
      return;
    }
    context.isOpen = false;
    const { turnLow, turnHigh, askLow, askHigh, defers } = context;
    if (defers || (askLow === 0 && askHigh === 0)) {
      const flags = defers ? layout.COMPLETE_FLAG_DEFER : 0;
      this.#commands.complete(turnLow, turnHigh, flags, undefined, undefined, undefined, undefined, exit);
      this.#handedIn(turnLow, turnHigh);
    } else {
      this.#fail(turnLow, turnHigh, 0, { code: NO_PROCESS, text: 'the process has ended' }, exit);
    }
  }

  /** The process has been ended in good order; whoever asked for that is answered. */
  stop(context: Context, exit: Exit): void {
    if (context.isOpen) {
      context.isOpen = false;
      const { turnLow, turnHigh } = context;
      this.#commands.complete(turnLow, turnHigh, 0, 'null', undefined, undefined, undefined, exit);
      this.#handedIn(turnLow, turnHigh);
    }
  }

  /** The message does not fit; a validator that itself fails has failed like a handler. */
  refuse(context: Context, thrown: unknown): void {
    if (context.isOpen) {
      const isUnfit = isA(thrown, InvalidPayload);
      this.#discard(
        context,
        isUnfit ? { code: INVALID_PAYLOAD, text: messageOf(thrown) } : failureOf(thrown),
      );
    }
  }

  /** The turn has not begun: there is no object to run it. */
  failUnbegun(turnLow: number, turnHigh: number, isNested: boolean, thrown: unknown): void {
    const isMismatch = isA(thrown, StateMismatch);
    this.#fail(turnLow, turnHigh, isNested ? 0 : layout.COMPLETE_FLAG_PASSIVATE, {
      code: isMismatch ? STATE_MISMATCH : HANDLER_FAILED,
      text: isMismatch ? messageOf(thrown) : describeThrown(thrown),
    });
  }

  /** The last resort: something of ours threw. It looks at nothing of the user's. */
  abandon(context: Context): void {
    if (context.isOpen) {
      context.isOpen = false;
      this.abandonUnbegun(context.turnLow, context.turnHigh);
    }
  }

  /** The same for a turn that may have no context; it does nothing to the one that has just ended. */
  abandonUnbegun(turnLow: number, turnHigh: number): void {
    if (turnLow !== this.#lastLow || turnHigh !== this.#lastHigh) {
      this.#fail(turnLow, turnHigh, layout.COMPLETE_FLAG_PASSIVATE, {
        code: HANDLER_FAILED,
        text: UNREADABLE,
      });
    }
  }

  /** Hands in what the turn did; or says why it cannot be. */
  #commit(context: Context, value: unknown): Failed | undefined {
    const { activation, handler, before } = context;
    const { kind } = activation;
    const reply = context.defers ? undefined : encodeReply(handler, value);
    const wish = context.wish();
    let after: Snapshot;
    let state;
    try {
      after = kind.shape.captureAfter(activation.object, before);
      const isDirty = after !== before || activation.accepted !== before || handler === REPLACE_STATE;
      state =
        isDirty && kind.durable && !handler.readOnly
          ? (after.encoded ?? kind.shape.encode(activation.object, after))
          : undefined;
    } catch (error) {
      return handler.readOnly
        ? { code: READ_ONLY_VIOLATION, text: readOnlyText(context, true) }
        : { code: INVALID_STATE, text: messageOf(error) };
    }
    if (handler.readOnly && (after !== before || context.effects !== undefined)) {
      return { code: READ_ONLY_VIOLATION, text: readOnlyText(context, after !== before) };
    }
    const metadata = context.given === undefined ? undefined : encodeMetadata(context.given);
    const { turnLow, turnHigh, effects } = context;
    const ask = this.#asks.find(context.askLow, context.askHigh);
    const isSettled = ask !== undefined && this.#isSettled(context, ask, reply);
    if (isSettled) {
      this.#commands.complete(
        turnLow,
        turnHigh,
        layout.COMPLETE_FLAG_ANSWERED,
        undefined,
        undefined,
        undefined,
        undefined,
      );
    } else {
      const changed = state === undefined ? 0 : layout.COMPLETE_FLAG_DIRTY;
      const flags = changed | leaving(context) | (context.defers ? layout.COMPLETE_FLAG_DEFER : 0);
      this.#commands.complete(turnLow, turnHigh, flags, reply, state, metadata, effects, undefined, wish);
      this.#commands.owesAnswers ||= context.askLow !== 0 || context.askHigh !== 0;
    }
    this.#handedIn(turnLow, turnHigh);
    context.isOpen = false;
    if (after !== before) {
      activation.accepted = after;
    }
    if (isSettled) {
      this.#answer(ask, value, reply);
    } else if (ask !== undefined && !context.defers) {
      keepReply(ask, context.handler, value, reply);
    }
    return undefined;
  }

  /** From now on replies that the core can only pass on are given here, if the settings bound no short ones. */
  settle(settings: Readonly<Record<string, unknown>>): void {
    const limit = settings.message_bytes_max ?? process.env.EVERACT_MESSAGE_BYTES_MAX;
    this.#settles = limit === undefined || Number(limit) >= SETTLED_BYTES_MAX;
  }

  /** Whether callers were answered since the last question: what they do next may leave with the outcomes that wait. */
  hasAnswered(): boolean {
    const hasAnswered = this.#hasAnswered;
    this.#hasAnswered = false;
    return hasAnswered;
  }

  /** Gives the caller its reply; the core is told so. */
  #answer(ask: OpenAsk, value: unknown, reply: Payload): void {
    this.#hasAnswered = true;
    this.#asks.close(ask);
    ask.resolve(reply === undefined || isOwnCopy(value) ? value : decodeText(reply as string));
  }

  /**
   * Whether the core can only accept a turn and give its caller the reply: nothing of it waits for a commit, nothing in it can be
   * refused, no one has been given a way to stop waiting, and nothing that has not been looked at speaks of it. Callers get
   * their replies in the order of the outcomes, so none may go before one that the core gives.
   */
  #isSettled(context: Context, { isPlain }: OpenAsk, reply: Payload): boolean {
    const { activation, handler, given, effects, flags } = context;
    const { kind } = activation;
    return (
      this.#settles &&
      isPlain &&
      !context.defers &&
      !context.leaves &&
      !kind.durable &&
      kind.behaviour === undefined &&
      (flags & layout.TURN_FLAG_NESTED) === 0 &&
      given === undefined &&
      effects === undefined &&
      !handler.givesBytes &&
      handler.encode === undefined &&
      (typeof reply !== 'string' || reply.length <= SETTLED_CHARACTERS_MAX) &&
      !this.#commands.owesAnswers &&
      !this.#events.hasAside
    );
  }

  /** The state goes back to what it was before the turn, and nothing leaves; a turn that has ended stays so. */
  discard(context: Context, failed: Failed): void {
    this.#discard(context, failed);
  }

  #discard(context: Context, failed: Failed): void {
    const { activation, before, turnLow, turnHigh } = context;
    if (!context.isOpen) {
      return;
    }
    context.isOpen = false;
    activation.accepted = before;
    const isThere = activation.putBack(before);
    const flags = isThere ? leaving(context) : layout.COMPLETE_FLAG_PASSIVATE;
    this.#fail(turnLow, turnHigh, flags, failed);
  }

  #fail(turnLow: number, turnHigh: number, flags: number, failed: Failed, exit?: Exit): void {
    this.#commands.owesAnswers = true;
    this.#commands.fail(turnLow, turnHigh, flags, failed.code, failed.text, exit);
    this.#handedIn(turnLow, turnHigh);
  }

  #handedIn(turnLow: number, turnHigh: number): void {
    this.#lastLow = turnLow;
    this.#lastHigh = turnHigh;
  }
}

function isExitRequest(thrown: unknown): thrown is ExitRequest {
  return isA(thrown, ExitRequest);
}

/** Whether a thrown value is of a class; a value that throws when it is asked is of none. */
function isA(thrown: unknown, type: new (given: never) => Error): boolean {
  try {
    return typeof thrown === 'object' && thrown instanceof type;
  } catch {
    return false;
  }
}

/** The reply may come back in the very call that hands it in: then this is it. */
function keepReply(ask: OpenAsk, handler: BoundHandler, value: unknown, reply: Payload): void {
  if (handler.encode !== undefined) {
    ask.reply = reply;
  } else if (handler.givesBytes) {
    ask.reply = reply === undefined ? undefined : copyBytes(reply as Uint8Array);
  } else if (reply === undefined || isOwnCopy(value)) {
    ask.reply = value;
  } else {
    ask.reply = reply;
    ask.isReplyEncoded = true;
  }
}

function leaving(context: Context): number {
  return context.leaves ? layout.COMPLETE_FLAG_PASSIVATE : 0;
}

function readOnlyText(context: Context, changed: boolean): string {
  const what = changed ? 'changed its state' : 'sent messages';
  return `${context.kind}.${context.handler.name} is read-only, but ${what}.`;
}
