/**
 * The lane between one engine and this isolate's event loop.
 *
 * Asks and completions are written into one buffer and leave together, at the end of the current microtask run; the
 * events that this causes come back from the same call, so an ask on an idle actor needs two calls into the core and
 * no wake-up. What happens on the core's own threads (commits, timers) waits in a queue, and a bell rings once.
 */

import { Buffer } from 'node:buffer';

import { type ActorClass } from '../actor.js';
import { copyBytes, decodeText, isOwnCopy, type Payload } from '../codec.js';
import { type Context } from '../context.js';
import { Closed, fromCode, InvalidArgument, UnknownKind } from '../errors.js';
import { type AskOptions, type Notice } from '../options.js';
import { type AnyReference, type NamedReference, referenceClass, type ReferenceClass } from '../reference.js';
import { askFields, PLAIN_ASK, TELL_FIELDS, withParent } from './ask_fields.js';
import { AskTable, type OpenAsk } from './asks.js';
import { EventBuffer } from './events.js';
import { type AskFields, CommandBuffer } from './frame.js';
import * as layout from './generated/layout.js';
import { type BoundHandler, type Kind } from './kind.js';
import { encodeMessage } from './message.js';
import { exchange, native, poll } from './native.js';
import { Turns } from './turns.js';

/** Turns that one call into the core may bring back; the rest waits in the core's queue. */
const TURNS_MAX = 1024;
/** Exchanges in a row before timers and sockets get their chance. */
const EXCHANGES_IN_A_ROW_MAX = 256;
/** A timer that never fires keeps the process alive while somebody waits; this is the longest that Node knows. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

const SETTLED = Promise.resolve();

/** One engine's commands, events and open asks. */
export class Lane {
  readonly kinds: readonly Kind[];
  readonly commands: CommandBuffer;
  readonly #asks = new AskTable();
  readonly #events: EventBuffer;
  readonly #turns: Turns;
  readonly #byClass = new Map<ActorClass, Kind>();
  readonly #byName = new Map<string, Kind>();
  readonly #references: readonly ReferenceClass[];
  readonly #onNotice: (notice: Notice) => void;
  readonly #keepAlive: NodeJS.Timeout;
  readonly #flush = (): void => {
    this.flush();
  };
  #number = -1;
  #isScheduled = false;
  #isFlushing = false;
  #isHeldOpen = false;
  #inARow = 0;
  #onClosed: (() => void) | undefined = undefined;

  constructor(kinds: readonly Kind[], onNotice: (notice: Notice) => void) {
    this.kinds = kinds;
    this.#onNotice = onNotice;
    this.#references = kinds.map(referenceClass);
    for (const kind of kinds) {
      this.#byClass.set(kind.actor, kind);
      this.#byName.set(kind.name, kind);
    }
    this.#events = new EventBuffer((low, high, bytes) => this.#blob(low, high, bytes));
    this.commands = new CommandBuffer((bytes) => {
      native().attach(this.#number, bytes, this.#events.bytes, TURNS_MAX);
    });
    this.#turns = new Turns(this, this.#asks, this.#events);
    this.#keepAlive = setInterval(() => undefined, KEEP_ALIVE_MS);
    this.#keepAlive.unref();
  }

  /** The lane's number at the native library; negative before it is open and after it is freed. */
  get number(): number {
    return this.#number;
  }

  /** Takes the native lane, and what waits there: a bell that rang before now was heard by nobody. */
  open(number: number): void {
    this.#number = number;
    native().attach(number, this.commands.bytes, this.#events.bytes, TURNS_MAX);
    this.poll();
  }

  /** Lets the native lane go; the result is when the core has closed. */
  close(deadlineMs: number): Promise<void> {
    this.flush();
    return new Promise((resolve) => {
      this.#onClosed = () => {
        clearInterval(this.#keepAlive);
        native().free(this.#number);
        this.#number = -1;
        this.#asks.rejectAll(() => new Closed('The engine is closed.'));
        resolve();
      };
      this.#holdOpen(true);
      if (native().close(this.#number, deadlineMs) < 0) {
        this.#onClosed();
      }
    });
  }

  /** Stops what an engine that did not open has begun. */
  abandon(): void {
    clearInterval(this.#keepAlive);
  }

  /**
   * A reference to an actor.
   *
   * @throws UnknownKind, or InvalidArgument for a key that is no text.
   */
  reference(actor: ActorClass | string, key: string, context: Context | undefined): NamedReference {
    const kind = typeof actor === 'string' ? this.#byName.get(actor) : this.#byClass.get(actor);
    if (kind === undefined) {
      const name = typeof actor === 'string' ? `"${actor}"` : `of the class ${actor.name}`;
      throw new UnknownKind(`No kind ${name} is registered with this engine.`);
    }
    if (typeof key !== 'string' || (key.length > 0 && !key.isWellFormed())) {
      throw new InvalidArgument('A key is well-formed text.');
    }
    return new (this.#references[kind.id] as ReferenceClass)(this, kind, key, context);
  }

  /** Asks by the handler's name. */
  askByName(to: AnyReference, handler: string, message: unknown, options?: AskOptions): Promise<unknown> {
    const bound = to.boundKind.find(handler);
    if (bound === undefined) {
      return Promise.reject(to.boundKind.unknownHandler(handler));
    }
    return this.ask(to.boundKind, bound, to.key, message, options, to.context);
  }

  /** Tells by the handler's name; resolves when the mailbox has the message. */
  tellByName(to: AnyReference, handler: string, message: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const bound = to.boundKind.handler(handler);
      const payload = encodeMessage(bound, message);
      const ask = this.#asks.open(undefined, false, false, resolve as (value: unknown) => void, reject);
      const fields = withParent(TELL_FIELDS, to.context);
      this.#submit(ask, to.boundKind.id, bound.id, to.key, payload, fields);
    });
  }

  /** Asks; resolves to the reply. */
  ask(
    kind: Kind,
    handler: BoundHandler,
    key: string,
    message: unknown,
    options: AskOptions | undefined,
    context: Context | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const payload = encodeMessage(handler, message);
      const fields = options === undefined ? PLAIN_ASK : askFields(options);
      let own = message;
      let isEncoded = false;
      if (handler.takesBytes) {
        own = typeof payload === 'object' ? copyBytes(payload) : new Uint8Array(0);
      } else if (payload !== undefined && !isOwnCopy(message)) {
        own = payload;
        isEncoded = true;
      }
      const ask = this.#asks.open(own, isEncoded, handler.givesBytes, resolve, reject);
      const withChain = context === undefined ? fields : withParent(fields, context);
      this.#submit(ask, kind.id, handler.id, key, payload, withChain);
      if (options?.signal !== undefined) {
        this.#listen(ask, options.signal);
      }
    });
  }

  /** Hands in what waits at the end of the current microtask run. */
  schedule(): void {
    if (this.#isScheduled || this.#isFlushing) {
      return;
    }
    this.#isScheduled = true;
    if (this.#inARow < EXCHANGES_IN_A_ROW_MAX) {
      void SETTLED.then(this.#flush);
    } else {
      setImmediate(() => {
        this.poll();
      });
    }
  }

  /** Takes what waits in the core's queue; the bell calls this. */
  poll(): void {
    this.#inARow = 0;
    if (this.#number < 0) {
      return;
    }
    this.#takeAll(poll(native(), this.#number));
    this.flush();
  }

  /** Hands in what waits and takes what comes out, until nothing follows from it. */
  flush(): void {
    this.#isScheduled = false;
    if (this.#isFlushing || this.#number < 0) {
      return;
    }
    const library = native();
    const { commands } = this;
    while (!commands.isEmpty && this.#inARow < EXCHANGES_IN_A_ROW_MAX && this.#number >= 0) {
      this.#inARow += 1;
      const { start, end } = commands;
      const bytes = exchange(library, this.#number, start, end);
      commands.taken(end);
      this.#takeAll(bytes);
    }
    if (!commands.isEmpty) {
      this.schedule();
    }
    this.#holdOpen(this.#asks.count > 0 || this.#onClosed !== undefined);
  }

  #submit(
    ask: OpenAsk,
    kind: number,
    handler: number,
    key: string,
    payload: Payload,
    fields: AskFields,
  ): void {
    if (this.#number < 0) {
      this.#asks.close(ask);
      ask.reject(new Closed('The engine is closed.'));
      return;
    }
    try {
      this.commands.ask(ask.slot, ask.generation, kind, handler, key, payload, fields);
    } catch (error) {
      this.#asks.close(ask);
      throw error;
    }
    if (this.commands.isLarge) {
      this.flush();
    } else {
      this.schedule();
    }
  }

  #listen(ask: OpenAsk, signal: AbortSignal): void {
    const cancel = (): void => {
      this.commands.cancel(ask.slot, ask.generation);
      this.schedule();
    };
    if (signal.aborted) {
      cancel();
      return;
    }
    signal.addEventListener('abort', cancel, { once: true });
    ask.unlisten = () => {
      signal.removeEventListener('abort', cancel);
    };
  }

  /** Handles the events of a call; commands that this causes wait until all are read. */
  #takeAll(bytes: number): void {
    this.#isFlushing = true;
    try {
      this.#take(bytes);
    } finally {
      this.#isFlushing = false;
    }
  }

  /** Handles the events of a call that answered this many bytes. */
  #take(bytes: number): void {
    if (bytes < 0) {
      const error = fromCode(-bytes, 'The core took nothing of this call.');
      this.#asks.rejectAll(() => error);
      return;
    }
    const { words, halves } = this.#events;
    for (let at = 0; at < bytes; at += words[at >>> 2] as number) {
      switch (halves[(at + layout.TYPE_AT) >>> 1]) {
        case layout.TURN_TYPE:
          this.#turns.start(at);
          break;
        case layout.REPLY_TYPE:
          this.#reply(at);
          break;
        case layout.FORGET_TYPE:
          this.#turns.forget(words[(at >>> 2) + 2] as number, words[(at >>> 2) + 3] as number);
          break;
        case layout.CANCEL_TURN_TYPE:
          this.#turns.cancel(
            words[(at >>> 2) + 2] as number,
            words[(at >>> 2) + 3] as number,
            halves[(at + layout.CANCEL_TURN_CODE_AT) >>> 1] as number,
          );
          break;
        case layout.FAILURE_TYPE:
          this.#failure(at);
          break;
        case layout.NOTICE_TYPE:
          this.#notice(at);
          break;
        case layout.CLOSED_TYPE:
          this.#onClosed?.();
          break;
        default:
      }
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
      ask.reject(fromCode(code, this.#events.replyText(at, flags)));
      return;
    }
    try {
      if ((flags & layout.REPLY_FLAG_OWN) === 0) {
        ask.resolve(this.#events.reply(at, flags, ask.takesReplyBytes));
      } else {
        ask.resolve(ask.isReplyEncoded ? decodeText(ask.reply as string) : ask.reply);
      }
    } catch (error) {
      ask.reject(error as Error);
    }
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
      this.#tellNotice({ code: error.code, text: error.message });
    } else {
      this.#asks.close(ask);
      ask.reject(error);
    }
  }

  #notice(at: number): void {
    const code = this.#events.halves[(at + layout.NOTICE_CODE_AT) >>> 1] as number;
    this.#tellNotice({ code, text: this.#events.noticeText(at) });
  }

  /** Outside the loop over the events: what the listener throws must not stop it. */
  #tellNotice(notice: Notice): void {
    queueMicrotask(() => {
      this.#onNotice(notice);
    });
  }

  #blob(idLow: number, idHigh: number, bytes: number): Buffer {
    const blob = Buffer.allocUnsafeSlow(bytes);
    const read = native().blob(this.#number, idLow, idHigh, blob);
    if (read < 0) {
      throw fromCode(-read, 'A long payload could not be fetched.');
    }
    return blob;
  }

  #holdOpen(open: boolean): void {
    if (open === this.#isHeldOpen) {
      return;
    }
    this.#isHeldOpen = open;
    if (open) {
      this.#keepAlive.ref();
    } else {
      this.#keepAlive.unref();
    }
  }
}
