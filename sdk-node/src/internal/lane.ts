/**
 * The lane between one engine and this isolate's event loop.
 *
 * Asks and completions are written into one buffer and leave together, at the end of the current microtask run; the
 * events that this causes come back from the same call, so an ask on an idle actor needs two calls into the core and
 * no wake-up. What happens on the core's own threads (commits, timers) waits in a queue, and a bell rings once.
 */

import { Buffer } from 'node:buffer';

import { type ActorClass } from '../actor.js';
import { copyBytes, isOwnCopy, type Payload } from '../codec.js';
import { type Context } from '../context.js';
import { Closed, fromCode, InvalidArgument, UnknownKind } from '../errors.js';
import { type AskOptions, type Notice } from '../options.js';
import { type AnyReference, type NamedReference, referenceClass, type ReferenceClass } from '../reference.js';
import { askFields, PLAIN_ASK, TELL_FIELDS, withParent } from './ask_fields.js';
import { AskTable, type OpenAsk } from './asks.js';
import { EventBuffer } from './events.js';
import { type AskFields, CommandBuffer } from './frame.js';
import { Intake } from './intake.js';
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

function warn(notice: Notice): void {
  process.emitWarning(notice.text, { type: 'EveractNotice', code: `EVERACT_${String(notice.code)}` });
}

/** One engine's commands, events and open asks. */
export class Lane {
  readonly kinds: readonly Kind[];
  readonly commands: CommandBuffer;
  readonly #asks = new AskTable();
  readonly #events: EventBuffer;
  readonly #intake: Intake;
  /** Kinds by name, by class and by declaration. */
  readonly #byAlias = new Map<unknown, Kind>();
  readonly #references: readonly ReferenceClass[];
  readonly #keepAlive: NodeJS.Timeout;
  readonly #flush = (): void => {
    this.flush();
  };
  /** What it is the lane of, for the texts of errors. */
  readonly #word: 'engine' | 'connection';
  #number = -1;
  #isScheduled = false;
  #isFlushing = false;
  #isHeldOpen = false;
  #isServing = false;
  #inARow = 0;
  #onClosed: (() => void) | undefined = undefined;

  private constructor(
    kinds: readonly Kind[],
    onNotice: (notice: Notice) => void,
    word: 'engine' | 'connection',
  ) {
    this.kinds = kinds;
    this.#word = word;
    this.#references = kinds.map(referenceClass);
    for (const kind of kinds) {
      for (const alias of [kind.name, ...kind.aliases]) {
        this.#byAlias.set(alias, kind);
      }
    }
    this.#events = new EventBuffer((low, high, bytes) => this.#blob(low, high, bytes));
    this.commands = new CommandBuffer((bytes) => {
      native().attach(this.#number, bytes, this.#events.bytes, TURNS_MAX);
    });
    const turns = new Turns(this, this.#asks, this.#events);
    this.#intake = new Intake(this.#asks, this.#events, turns, onNotice, () => this.#onClosed?.());
    this.#keepAlive = setInterval(() => undefined, KEEP_ALIVE_MS);
    this.#keepAlive.unref();
  }

  /**
   * Opens what the configuration describes and gives the lane to it. The core's part of that runs on a thread of its own.
   *
   * @throws any error of opening a store, or of connecting.
   */
  static async open(
    config: Record<string, unknown>,
    kinds: readonly Kind[],
    onNotice: ((notice: Notice) => void) | undefined,
    word: 'engine' | 'connection',
  ): Promise<Lane> {
    const library = native();
    const lane = new Lane(kinds, onNotice ?? warn, word);
    const opened = await library.open(JSON.stringify(config), () => {
      lane.poll();
    });
    if (typeof opened !== 'number') {
      clearInterval(lane.#keepAlive);
      throw fromCode(opened.code, opened.text);
    }
    lane.#start(opened);
    return lane;
  }

  /** The lane's number at the native library; negative before it is open and after it is freed. */
  get number(): number {
    return this.#number;
  }

  /** Takes the native lane, and what waits there: a bell that rang before now was heard by nobody. */
  #start(number: number): void {
    this.#number = number;
    native().attach(number, this.commands.bytes, this.#events.bytes, TURNS_MAX);
    this.poll();
  }

  /** From now on the process stays until the lane is closed, as it does for any server of Node's. */
  serve(): void {
    this.#isServing = true;
    this.#holdOpen(true);
  }

  /** Lets the native lane go; the result is when the core has closed. */
  close(deadlineMs: number): Promise<void> {
    this.flush();
    return new Promise((resolve) => {
      this.#onClosed = () => {
        clearInterval(this.#keepAlive);
        native().free(this.#number);
        this.#number = -1;
        this.#asks.rejectAll(() => new Closed(`The ${this.#word} is closed.`));
        resolve();
      };
      this.#holdOpen(true);
      if (native().close(this.#number, deadlineMs) < 0) {
        this.#onClosed();
      }
    });
  }

  /**
   * A reference to an actor.
   *
   * @throws UnknownKind, or InvalidArgument for a key that is no text.
   */
  reference(actor: ActorClass | string, key: string, context: Context | undefined): NamedReference {
    const kind = this.#byAlias.get(actor);
    if (kind === undefined) {
      const name = typeof actor === 'string' ? `"${actor}"` : `of the class ${actor.name}`;
      throw new UnknownKind(`No kind ${name} is registered with this ${this.#word}.`);
    }
    if (typeof key !== 'string' || (key.length > 0 && !key.isWellFormed())) {
      throw new InvalidArgument('A key is well-formed text.');
    }
    return new (this.#references[kind.id] as ReferenceClass)(this, kind, key, context);
  }

  /** The kind of a name, where it is registered. */
  find(name: string): Kind | undefined {
    return this.#byAlias.get(name);
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
    const bound = to.boundKind.find(handler);
    if (bound === undefined) {
      return Promise.reject(to.boundKind.unknownHandler(handler));
    }
    return this.tell(to.boundKind, bound, to.key, message, to.context);
  }

  /** Tells; resolves when the mailbox has the message. */
  tell(
    kind: Kind,
    handler: BoundHandler,
    key: string,
    message: unknown,
    context: Context | undefined,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const payload = encodeMessage(handler, message);
      const done = resolve as (value: unknown) => void;
      const ask = this.#asks.open(undefined, false, false, done, reject, undefined);
      this.#submit(ask, kind.id, handler.id, key, payload, withParent(TELL_FIELDS, context));
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
      const ask = this.#asks.open(own, isEncoded, handler.givesBytes, resolve, reject, options?.onMetadata);
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
    this.#holdOpen(this.#isServing || this.#asks.count > 0 || this.#onClosed !== undefined);
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
      ask.reject(new Closed(`The ${this.#word} is closed.`));
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
      this.#intake.take(bytes);
    } finally {
      this.#isFlushing = false;
    }
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
