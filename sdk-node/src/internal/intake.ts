/**
 * Takes the events of a call into the core: each goes to the turn, the ask or the listener that it is for.
 */

import diagnosticsChannel from 'node:diagnostics_channel';

import { decodeText } from '../codec.js';
import { type ErrorClasses, fromCode, knownFromCode } from '../errors.js';
import { type Notice } from '../options.js';
import { type AskTable, type OpenAsk } from './asks.js';
import { type EventBuffer } from './events.js';
import { parseExact } from './exact.js';
import * as layout from './generated/layout.js';
import { type Kind } from './kind.js';
import { describeThrown } from './thrown.js';
import { type Turns } from './turns.js';

/** The core's own diagnostics (the setting `logLevel`), for whoever subscribes: `{ level, event, fields, text }`. */
const LOG = diagnosticsChannel.channel('everact.log');
/** Notices too, beside their listener: `{ code, name, text }`. */
const NOTICES = diagnosticsChannel.channel('everact.notice');
/** The number of StateMismatch, which a notice about unknown stored fields belongs to. */
const STATE_MISMATCH = 52;
/** What follows the name of a slow turn in the core's text. */
const SLOW_WORDS = ' has been open for ';
const LEVELS = [undefined, 'error', 'warn', 'info', 'debug', 'trace'];

/** Where notices go that no listener was given for. */
export function warn(notice: Notice): void {
  process.emitWarning(notice.text, { type: 'EveractNotice', code: `EVERACT_${String(notice.code)}` });
}

/** Where the events of one lane go. */
export class Intake {
  readonly #asks: AskTable;
  readonly #events: EventBuffer;
  readonly #turns: Turns;
  readonly #onNotice: (notice: Notice) => void;
  readonly #onClosed: () => void;
  readonly #errors: ErrorClasses;
  /** The stack of a handler that was named while it had the loop. */
  readonly #stackOf: (who: string) => string | null;

  constructor(
    asks: AskTable,
    events: EventBuffer,
    turns: Turns,
    onNotice: (notice: Notice) => void,
    onClosed: () => void,
    errors: ErrorClasses,
    stackOf: (who: string) => string | null,
  ) {
    this.#asks = asks;
    this.#events = events;
    this.#turns = turns;
    this.#onNotice = onNotice;
    this.#onClosed = onClosed;
    this.#errors = errors;
    this.#stackOf = stackOf;
  }

  /** A call into the core failed as a whole: nobody who waits gets an answer. */
  failed(code: number): void {
    const error = fromCode(code, 'The core took nothing of this call.');
    this.#asks.rejectAll(() => error);
  }

  /** Handles the events that wait, and those that this brings; the result is how many turns were among them. */
  take(): number {
    const events = this.#events;
    let turns = 0;
    while (!events.isEmpty) {
      const at = events.head;
      const next = at + (events.words[at >>> 2] as number);
      events.head = next;
      if (events.halves[(at + layout.TYPE_AT) >>> 1] === layout.TURN_TYPE) {
        turns += 1;
        this.#start(at);
      } else {
        this.#takeOther(at);
      }
    }
    events.rewind();
    return turns;
  }

  #takeOther(at: number): void {
    const { words, halves } = this.#events;
    const low = words[(at >>> 2) + 2] as number;
    const high = words[(at >>> 2) + 3] as number;
    switch (halves[(at + layout.TYPE_AT) >>> 1]) {
      case layout.REPLY_TYPE:
        this.#reply(at);
        break;
      case layout.FORGET_TYPE:
        this.#turns.forget(low, high);
        break;
      case layout.CANCEL_TURN_TYPE:
        this.#turns.cancel(low, high, halves[(at + layout.CANCEL_TURN_CODE_AT) >>> 1] as number);
        break;
      case layout.RECEIVE_TIMED_OUT_TYPE:
        this.#turns.receivers.timedOut(low, high);
        break;
      case layout.FAILURE_TYPE:
        this.#failure(at);
        break;
      case layout.NOTICE_TYPE:
        this.#noticed(at);
        break;
      case layout.CLOSED_TYPE:
        this.#onClosed();
        break;
      default:
    }
  }

  /** No turn takes the events behind it along. */
  #start(at: number): void {
    const { words } = this.#events;
    const low = words[(at >>> 2) + 2] as number;
    const high = words[(at >>> 2) + 3] as number;
    try {
      this.#turns.start(at);
    } catch {
      this.#turns.abandon(low, high);
    }
  }

  #reply(at: number): void {
    const { words, halves } = this.#events;
    const ask = this.#asks.find(words[(at >>> 2) + 2] as number, words[(at >>> 2) + 3] as number);
    if (ask === undefined) {
      return;
    }
    this.#asks.close(ask);
    const flags = halves[(at + layout.FLAGS_AT) >>> 1] as number;
    if ((flags & layout.REPLY_FLAG_FAILED) !== 0) {
      const code = halves[(at + layout.REPLY_CODE_AT) >>> 1] as number;
      ask.reject(this.#failureOf(at, flags, code));
      return;
    }
    try {
      this.#settle(ask, at, flags);
    } catch (error) {
      ask.reject(error as Error);
    }
  }

  #failureOf(at: number, flags: number, code: number): Error {
    try {
      return knownFromCode(code, this.#events.replyText(at, flags), this.#errors);
    } catch (error) {
      return error as Error;
    }
  }

  #settle(ask: OpenAsk, at: number, flags: number): void {
    if ((flags & layout.REPLY_FLAG_OWN) !== 0) {
      ask.resolve(ask.isReplyEncoded ? decodeText(ask.reply as string) : ask.reply);
      return;
    }
    if ((flags & layout.REPLY_FLAG_METADATA) !== 0) {
      ask.onMetadata?.(this.#events.replyMetadata(at));
    }
    ask.resolve(this.#events.reply(at, flags, ask.takesReplyBytes));
  }

  /** A command could not be taken: the ask that it was, where it was one, is over. */
  #failure(at: number): void {
    const { words, halves } = this.#events;
    const error = fromCode(
      halves[(at + layout.FAILURE_CODE_AT) >>> 1] as number,
      this.#events.noticeText(at),
    );
    const ask = this.#asks.find(words[(at >>> 2) + 2] as number, words[(at >>> 2) + 3] as number);
    if (ask === undefined) {
      this.notice(error.code, error.message);
    } else {
      this.#asks.close(ask);
      ask.reject(error);
    }
  }

  #noticed(at: number): void {
    const code = this.#events.halves[(at + layout.NOTICE_CODE_AT) >>> 1] as number;
    const text = this.#events.noticeText(at);
    if (code === 0) {
      const level = LEVELS[this.#events.halves[(at + layout.NOTICE_LEVEL_AT) >>> 1] as number] ?? 'trace';
      queueMicrotask(() => {
        if (LOG.hasSubscribers) {
          LOG.publish({ level, ...(parseExact(text) as object) });
        }
      });
    } else if (code === layout.NOTICE_SLOW_TURN) {
      this.#noticeSlow(code, text);
    } else {
      this.notice(code, text);
    }
  }

  /** One that has held up the loop was written to stderr meanwhile, with its stack, which a listener of the program's own gets too. */
  #noticeSlow(code: number, text: string): void {
    const who = text.slice(0, text.lastIndexOf(SLOW_WORDS));
    const stack = this.#stackOf(who);
    if (stack === null) {
      this.notice(code, text);
    } else if (this.#onNotice !== warn || NOTICES.hasSubscribers) {
      this.notice(code, `${text}\n${stack}`);
    }
  }

  /** Tells of stored fields that a kind's class does not declare. */
  noticeUnknownFields(kind: Kind): void {
    kind.shape.onUnknown = (names) => {
      const fields = names.map((name) => `\`${name}\``).join(', ');
      const text = `${kind.name}: stored fields that its class does not declare are kept: ${fields}`;
      this.notice(STATE_MISMATCH, text);
    };
  }

  /** Tells the listener, outside the loop over the events: what the listener throws must not stop it. */
  notice(code: number, text: string): void {
    const name = code === layout.NOTICE_SLOW_TURN ? 'SlowTurn' : fromCode(code, text).name;
    const notice = { code, name, text };
    queueMicrotask(() => {
      NOTICES.publish(notice);
      try {
        this.#onNotice(notice);
      } catch (error) {
        process.emitWarning(`onNotice threw ${describeThrown(error)}; it was to hear: ${text}`);
      }
    });
  }
}
