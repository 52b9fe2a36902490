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
import { Closed, ErrorClasses, fromCode, InvalidArgument } from '../errors.js';
import { type AskOptions, type EngineOptions, type Notice, type TellOptions } from '../options.js';
import { type AnyReference, type NamedReference } from '../reference.js';
import { askFields, PLAIN_ASK, TELL_FIELDS, tellFields, withParent } from './ask_fields.js';
import { AskTable, type OpenAsk } from './asks.js';
import { EventBuffer } from './events.js';
import { floatingOf } from './floating.js';
import { type AskFields, CommandBuffer } from './frame.js';
import { Intake, warn } from './intake.js';
import { KeepAlive } from './keep_alive.js';
import { type BoundHandler, type Kind } from './kind.js';
import { encodeMessage } from './message.js';
import { exchange, native, poll } from './native.js';
import { ignore, watch } from './promised.js';
import { Registry } from './registry.js';
import { Row, takeTurnsMax, TURNS_MAX } from './row.js';
import { hasStack } from './stack.js';
import { Turns } from './turns.js';

/** Turns that one call into the core may bring back; the rest waits in the core's queue. */
const TURNS_OF_A_CALL_MAX = 1024;

const SETTLED = Promise.resolve();

/** One engine's commands, events and open asks. */
export class Lane {
  readonly kinds: readonly Kind[];
  readonly commands: CommandBuffer;
  readonly #asks = new AskTable();
  readonly #events: EventBuffer;
  readonly #intake: Intake;
  readonly #turns: Turns;
  readonly #registry: Registry;
  readonly #keepAlive: KeepAlive;
  readonly #flush = (): void => {
    this.flush();
  };
  readonly #poll = (): void => {
    this.poll();
  };
  /** What it is the lane of, for the texts of errors. */
  readonly #word: 'engine' | 'connection';
  #number = -1;
  #isScheduled = false;
  #isFlushing = false;
  #isServing = false;
  readonly #row: Row;
  #onClosed: (() => void) | undefined = undefined;

  private constructor(
    kinds: readonly Kind[],
    onNotice: (notice: Notice) => void,
    word: 'engine' | 'connection',
    errors: ErrorClasses,
    turnsMax: number,
  ) {
    this.kinds = kinds;
    this.#row = new Row(turnsMax);
    this.#word = word;
    this.#registry = new Registry(kinds);
    this.#events = new EventBuffer((low, high, bytes) => this.#blob(low, high, bytes));
    this.commands = new CommandBuffer((bytes) => {
      native().attach(this.#number, bytes, this.#events.bytes, TURNS_OF_A_CALL_MAX);
    });
    const turns = (this.#turns = new Turns(this, this.#asks, this.#events));
    this.#intake = new Intake(this.#asks, this.#events, turns, onNotice, () => this.#onClosed?.(), errors);
    this.#keepAlive = new KeepAlive(() => this.#hasWork());
    for (const kind of kinds) {
      this.#intake.noticeUnknownFields(kind);
    }
  }

  /**
   * Opens what the configuration describes and gives the lane to it. The core's part of that runs on a thread of its own.
   *
   * @throws any error of opening a store, or of connecting.
   */
  static async open(
    config: Record<string, unknown>,
    kinds: readonly Kind[],
    options: Pick<EngineOptions, 'onNotice' | 'errors' | 'unhandledRejections'>,
    word: 'engine' | 'connection',
  ): Promise<Lane> {
    const library = native();
    const errors = new ErrorClasses();
    for (const known of [...kinds.flatMap((kind) => kind.errors), ...(options.errors ?? [])]) {
      errors.add(known);
    }
    const turnsMax = word === 'engine' ? takeTurnsMax(config) : TURNS_MAX;
    const lane = new Lane(kinds, options.onNotice ?? warn, word, errors, turnsMax);
    const opened = await library.open(JSON.stringify(config), lane.#poll);
    if (typeof opened !== 'number') {
      lane.#keepAlive.end();
      throw fromCode(opened.code, opened.text);
    }
    if (word === 'engine') {
      lane.#turns.floating = floatingOf(kinds, options.unhandledRejections, lane.#intake);
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
    native().attach(number, this.commands.bytes, this.#events.bytes, TURNS_OF_A_CALL_MAX);
    this.poll();
  }

  /** From now on the process stays until the lane is closed, as it does for any server of Node's. */
  serve(): void {
    this.#isServing = true;
    this.#keepAlive.hold(true);
  }

  /** Whether the core has turns, messages or commits under way. */
  #hasWork(): boolean {
    if (this.#number < 0 || this.#word === 'connection') {
      return false;
    }
    const answer = native().describe(this.#number, 'work');
    return typeof answer === 'string' && (JSON.parse(answer) as { busy: boolean }).busy;
  }

  /** The kind of a name or a class. */
  kindOf(actor: ActorClass | string): Kind {
    return this.#registry.kindOf(actor, this.#word);
  }

  /** Lets the native lane go; the result is when the core has closed. */
  close(deadlineMs: number): Promise<void> {
    this.flush();
    return new Promise((resolve) => {
      this.#onClosed = () => {
        this.#keepAlive.end();
        this.#turns.floating?.end();
        native().free(this.#number);
        this.#number = -1;
        this.#asks.rejectAll(() => new Closed(`The ${this.#word} is closed.`));
        resolve();
      };
      this.#keepAlive.hold(true);
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
    const kind = this.#registry.kindOf(actor, this.#word);
    if (typeof key !== 'string' || (key.length > 0 && !key.isWellFormed())) {
      throw new InvalidArgument('A key is well-formed text.');
    }
    return new (this.#registry.referenceClass(kind))(this, kind, key, context);
  }

  /** The kind of a name, where it is registered. */
  find(name: string): Kind | undefined {
    return this.#registry.find(name);
  }

  /** Asks by the handler's name. */
  askByName(to: AnyReference, handler: string, message: unknown, options?: AskOptions): Promise<unknown> {
    const bound = to.boundKind.find(handler);
    if (bound === undefined) {
      const answer = Promise.reject(to.boundKind.unknownHandler(handler));
      if (to.context !== undefined) {
        watch(answer, ignore, ignore);
      }
      return answer;
    }
    return this.ask(to.boundKind, bound, to.key, message, options, to.context);
  }

  /** Tells by the handler's name. */
  tellByName(to: AnyReference, handler: string, message: unknown, options?: TellOptions): Promise<void> {
    const bound = to.boundKind.find(handler);
    if (bound === undefined) {
      const error = to.boundKind.unknownHandler(handler);
      if (to.context !== undefined) {
        throw error;
      }
      return Promise.reject(error);
    }
    return this.tell(to, bound, message, options);
  }

  /**
   * Tells: from a turn with its commit, else resolves when the mailbox has the message.
   *
   * @throws from a turn, what cannot be sent.
   */
  tell(to: AnyReference, handler: BoundHandler, message: unknown, options?: TellOptions): Promise<void> {
    const { boundKind: kind, key, context } = to;
    if (context !== undefined) {
      context.sendLater(kind, handler, key, encodeMessage(handler, message), options);
      return SETTLED;
    }
    return new Promise((resolve, reject) => {
      this.submitTell(kind, handler, key, encodeMessage(handler, message), options, resolve, reject);
    });
  }

  /** Tells from outside of all turns. */
  submitTell(
    kind: Kind,
    handler: BoundHandler,
    key: string,
    payload: Payload,
    options: TellOptions | undefined,
    resolve: () => void,
    reject: (error: Error) => void,
  ): void {
    const fields = options === undefined ? TELL_FIELDS : tellFields(options);
    const done = resolve as (value: unknown) => void;
    const ask = this.#asks.open(undefined, false, false, done, reject, undefined);
    this.#submit(ask, kind.id, handler.id, key, payload, fields);
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
    const answer = this.#ask(kind, handler, key, message, options, context);
    if (context !== undefined) {
      // A handler need not wait for what it asks: a rejection that it leaves alone must not end the process.
      watch(answer, ignore, ignore);
    }
    return answer;
  }

  #ask(
    kind: Kind,
    handler: BoundHandler,
    key: string,
    message: unknown,
    options: AskOptions | undefined,
    context: Context | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      context?.requireOpen();
      const payload = encodeMessage(handler, message);
      const fields = options === undefined ? PLAIN_ASK : askFields(options);
      let own = message;
      let isEncoded = false;
      if (handler.takesBytes) {
        own = typeof payload === 'object' ? copyBytes(payload) : new Uint8Array(0);
      } else if (payload !== undefined && !isOwnCopy(message)) {
        own = typeof payload === 'object' ? Buffer.from(payload).toString('utf8') : payload;
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
    if (this.#row.mayGoOn) {
      void SETTLED.then(this.#flush);
    } else {
      setImmediate(this.#poll);
    }
  }

  /** Takes what waits in the core's queue; the bell calls this. */
  poll(): void {
    this.#row.begin();
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
    while (!commands.isEmpty && this.#row.mayGoOn && this.#number >= 0) {
      const { start, end } = commands;
      const bytes = exchange(library, this.#number, start, end);
      commands.taken(end);
      this.#row.add(this.#takeAll(bytes));
    }
    if (!commands.isEmpty) {
      this.schedule();
    }
    this.#keepAlive.hold(this.#isServing || this.#asks.count > 0 || this.#onClosed !== undefined);
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
    if (this.commands.isLarge && hasStack()) {
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

  /** Handles the events of a call and counts their turns; commands that this causes wait until all are read. */
  #takeAll(bytes: number): number {
    this.#isFlushing = true;
    try {
      return this.#intake.take(bytes);
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
}
