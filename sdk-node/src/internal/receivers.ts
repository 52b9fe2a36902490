/**
 * Processes that are functions: each is one turn, which stays open until the function has ended.
 */

import { decodeText } from '../codec.js';
import { InvalidPayload } from '../errors.js';
import { encodeReason, ExitRequest, ProcessEnded } from '../exits.js';
import { NO_METADATA } from '../metadata.js';
import { ProcessContext } from '../process_context.js';
import { SlotTable } from './activation.js';
import { type AskTable } from './asks.js';
import { type EventBuffer } from './events.js';
import * as layout from './generated/layout.js';
import { type BoundHandler, type Kind } from './kind.js';
import { type Lane } from './lane.js';
import { type Envelope } from './mailbox.js';
import { isNote, noteOf } from './notes.js';
import { writeRespond } from './process_frame.js';
import { promised, watch } from './promised.js';
import { readFor } from './reading.js';
import { crashOf, type Failed, messageOf } from './thrown.js';

const TWO_TO_32 = 2 ** 32;
const INVALID_PAYLOAD = 3;
const NO_PROCESS = 53;

/** The functions of one engine that run as processes. */
export class Receivers {
  readonly #lane: Lane;
  readonly #asks: AskTable;
  readonly #events: EventBuffer;
  readonly #open = new SlotTable<ProcessContext>();
  /** Those that were brought messages in this run over the events. */
  readonly #served = new Set<ProcessContext>();
  /** Hears of messages that do not fit. */
  readonly #notice: (code: number, text: string) => void;

  constructor(lane: Lane, asks: AskTable, events: EventBuffer, notice: (code: number, text: string) => void) {
    this.#lane = lane;
    this.#asks = asks;
    this.#events = events;
    this.#notice = notice;
  }

  /** Runs the function of a new process. */
  start(at: number, flags: number, kind: Kind): void {
    const { words } = this.#events;
    const word = at >>> 2;
    const turn = { low: words[word + 2] as number, high: words[word + 3] as number };
    const seed = { low: words[word + 10] as number, high: words[word + 11] as number };
    const process = this.#events.turnProcess(at);
    const stored = (flags & layout.TURN_FLAG_STATE) !== 0 ? String(this.#events.turnState(at, false)) : '';
    const context = new ProcessContext(this.#lane, kind, turn, process, seed);
    this.#open.set(turn.low, turn.high, context);
    try {
      const run = kind.run as BoundHandler;
      readFor(context.route);
      const json = stored === '' ? undefined : decodeText(stored);
      const argument = run.check === undefined ? json : run.check(json);
      this.#run(context, run, argument);
    } catch (error) {
      this.#threw(context, error);
    }
  }

  #run(context: ProcessContext, run: BoundHandler, argument: unknown): void {
    // The method of a function's kind takes its argument and its context, as that of a handler does.
    const result: unknown = run.method.call(undefined as never, argument, context as never);
    const later = promised(result);
    if (later === undefined) {
      this.#returned(context);
      return;
    }
    watch(
      later,
      () => {
        this.#returned(context);
        this.#lane.schedule();
      },
      (thrown) => {
        this.#threw(context, thrown);
        this.#lane.schedule();
      },
    );
  }

  #returned(context: ProcessContext): void {
    if (this.#close(context)) {
      const { turnLow, turnHigh } = context;
      this.#lane.commands.complete(turnLow, turnHigh, 0, undefined, undefined, undefined, undefined);
    }
  }

  #threw(context: ProcessContext, thrown: unknown): void {
    if (!this.#close(context)) {
      if (!(thrown instanceof ProcessEnded)) {
        const text = `${context.kind}: what runs after its process has ended failed: ${messageOf(thrown)}`;
        this.#notice(NO_PROCESS, text);
      }
      return;
    }
    const { turnLow, turnHigh } = context;
    if (thrown instanceof ExitRequest) {
      const exit = encodeReason(thrown.reason);
      this.#lane.commands.complete(turnLow, turnHigh, 0, undefined, undefined, undefined, undefined, exit);
      return;
    }
    const { code, text } = crashOf(thrown);
    this.#lane.commands.fail(turnLow, turnHigh, 0, code, text);
  }

  /** The function has ended; whether its process was alive until now. */
  #close(context: ProcessContext): boolean {
    if (!context.isOpen) {
      return false;
    }
    this.#open.set(context.turnLow, context.turnHigh, undefined);
    context.ended();
    return true;
  }

  /** The process has ended from outside. */
  cancel(low: number, high: number): boolean {
    const context = this.#find(low, high);
    if (context === undefined) {
      return false;
    }
    this.#close(context);
    return true;
  }

  /** A message for a function. */
  received(at: number, flags: number): void {
    const { words } = this.#events;
    const context = this.#find(words[(at >>> 2) + 2] as number, words[(at >>> 2) + 3] as number);
    if (context === undefined) {
      return;
    }
    this.#served.add(context);
    const envelope = this.#envelope(context, at, flags);
    if (envelope === undefined) {
      context.isAsking = false;
    } else {
      context.arrived(envelope);
    }
  }

  /** Those that have got nothing that they want ask for more. */
  askAgain(): void {
    if (this.#served.size > 0) {
      for (const context of this.#served) {
        context.askAgain();
      }
      this.#served.clear();
    }
  }

  /** The time-out of a function that waits has passed. */
  timedOut(low: number, high: number): void {
    this.#find(low, high)?.timedOut();
  }

  #find(low: number, high: number): ProcessContext | undefined {
    const context = this.#open.get(low, high);
    return context?.turnHigh === high ? context : undefined;
  }

  /** The message with what came beside it; nothing where it does not fit, which whoever asked is told. */
  #envelope(context: ProcessContext, at: number, flags: number): Envelope | undefined {
    const { words, halves } = this.#events;
    const word = at >>> 2;
    const handler = halves[(at + layout.TURN_HANDLER_AT) >>> 1] as number;
    const askLow = words[word + 12] as number;
    const askHigh = words[word + 13] as number;
    try {
      return {
        message: this.#message(context, handler, at, flags),
        askLow,
        askHigh,
        now: (words[word + 9] as number) * TWO_TO_32 + (words[word + 8] as number),
        remainingMs: words[word + 7] as number,
        sender: this.#events.turnSender(at),
        isFromProcess: (flags & layout.TURN_FLAG_SENDER_PROCESS) !== 0,
        metadata: (flags & layout.TURN_FLAG_METADATA) === 0 ? NO_METADATA : this.#events.turnMetadata(at),
      };
    } catch (error) {
      this.#refuse(context, { code: INVALID_PAYLOAD, text: messageOf(error) }, askLow, askHigh);
      return undefined;
    }
  }

  #refuse(context: ProcessContext, failed: Failed, askLow: number, askHigh: number): void {
    if (askLow === 0 && askHigh === 0) {
      this.#notice(failed.code, `${context.self.toString()}: a message was dropped: ${failed.text}`);
      return;
    }
    const turn = { low: context.turnLow, high: context.turnHigh };
    const ask = { low: askLow, high: askHigh };
    writeRespond(this.#lane.commands, ask, turn, failed.code, failed.text, undefined);
  }

  #message(context: ProcessContext, id: number, at: number, flags: number): Envelope['message'] {
    const json = this.#payload(at, flags);
    readFor(context.route);
    if (isNote(id)) {
      return noteOf(id, json, context.route);
    }
    const handler = context.boundKind.handlers[id];
    if (handler === undefined) {
      throw new InvalidPayload('there is no such message');
    }
    const fields = handler.check === undefined ? json : handler.check(json ?? {});
    if (fields === undefined || fields === null) {
      return { type: handler.name };
    }
    if (typeof fields !== 'object' || Array.isArray(fields)) {
      throw new InvalidPayload(`the message ${handler.name} is an object, or nothing`);
    }
    return { ...fields, type: handler.name };
  }

  /** The payload: that of the ask in this very call, or the record's. */
  #payload(at: number, flags: number): unknown {
    if ((flags & layout.TURN_FLAG_OWN) === 0) {
      return this.#events.turnMessage(at, flags, false);
    }
    const { words } = this.#events;
    const ask = this.#asks.find(words[(at >>> 2) + 12] as number, words[(at >>> 2) + 13] as number);
    if (ask === undefined) {
      throw new InvalidPayload('The message is gone with its ask.');
    }
    return ask.isEncoded ? decodeText(ask.message as string) : ask.message;
  }
}
