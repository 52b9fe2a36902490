/**
 * The lane between one engine and this isolate's event loop.
 *
 * Asks and completions are written into one buffer and leave together, at the end of the current microtask run; the
 * events that this causes come back from the same call, so an ask on an idle actor needs two calls into the core and
 * no wake-up. What happens on the core's own threads (commits, timers) waits in a queue, and a bell rings once.
 */

import { type ActorClass } from '../actor.js';
import { type Payload } from '../codec.js';
import { Closed, ErrorClasses, fromCode } from '../errors.js';
import { type AskOptions, type EngineOptions, type Notice, type TellOptions } from '../options.js';
import { type KindGiven } from '../process_scope.js';
import { type Addressee, type NamedReference } from '../reference.js';
import { type Turn } from '../scope.js';
import { askFields, PLAIN_ASK, TELL_FIELDS, tellFields } from './ask_fields.js';
import { type AskFields } from './ask_record.js';
import { AskTable, type OpenAsk } from './asks.js';
import { Exchange, SILENT_SLOT, type WriteCommand } from './exchange.js';
import { floatingOf } from './floating.js';
import { type CommandBuffer } from './frame.js';
import { type Target } from './parts.js';
import { Intake, warn } from './intake.js';
import { KeepAlive } from './keep_alive.js';
import { type BoundHandler, type Kind } from './kind.js';
import { encodeMessage } from './message.js';
import { isBusy, native } from './native.js';
import { Processes } from './processes.js';
import { unawaited } from './promised.js';
import { Registry } from './registry.js';
import { Row, takeTurnsMax, TURNS_MAX } from './row.js';
import { slowAfter } from './slow.js';
import { hasStack } from './stack.js';
import { Turns } from './turns.js';

const SETTLED = Promise.resolve();

/** One engine's commands, events and open asks. */
export class Lane {
  readonly kinds: readonly Kind[];
  readonly commands: CommandBuffer;
  readonly processes: Processes;
  readonly #asks = new AskTable();
  readonly #exchange: Exchange;
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
    this.#exchange = new Exchange((code) => {
      this.#intake.failed(code);
    });
    this.commands = this.#exchange.commands;
    const { events } = this.#exchange;
    this.processes = new Processes(this, this.#asks);
    const turns = (this.#turns = new Turns(this, this.#asks, events, (code, text) => {
      this.#intake.notice(code, text);
    }));
    const stackOf = (who: string): string | null => native().namedStack(this.number >>> 0, who);
    this.#intake = new Intake(this.#asks, events, turns, onNotice, () => this.#onClosed?.(), errors, stackOf);
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
    const errors = new ErrorClasses([...kinds.flatMap((kind) => kind.errors), ...(options.errors ?? [])]);
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
    lane.#turns.end.settle(config);
    lane.#start(opened);
    if (word === 'engine') {
      native().watch(opened, slowAfter(config));
    }
    return lane;
  }

  /** The lane's number at the native library; negative before it is open and after it is freed. */
  get number(): number {
    return this.#exchange.number;
  }

  /** Takes the native lane, and what waits there: a bell that rang before now was heard by nobody. */
  #start(number: number): void {
    this.#exchange.number = number;
    this.#exchange.attach();
    this.poll();
  }

  /** From now on the process stays until the lane is closed, as it does for any server of Node's. */
  serve(): void {
    this.#isServing = true;
    this.#keepAlive.hold(true);
  }

  /** Whether the core has turns, messages or commits under way. */
  #hasWork(): boolean {
    if (this.number < 0 || this.#word === 'connection') {
      return false;
    }
    return isBusy(this.number);
  }

  /** The kind of a name or a class. */
  kindOf(actor: ActorClass | KindGiven | string): Kind {
    return this.#registry.kindOf(actor, this.#word);
  }

  /** Lets the native lane go; the result is when the core has closed. */
  close(deadlineMs: number): Promise<void> {
    this.flush();
    return new Promise((resolve) => {
      this.#onClosed = () => {
        this.#keepAlive.end();
        this.#turns.floating?.end();
        native().free(this.number);
        this.#exchange.number = -1;
        this.#asks.rejectAll(() => new Closed(`The ${this.#word} is closed.`));
        resolve();
      };
      this.#keepAlive.hold(true);
      if (native().close(this.number, deadlineMs) < 0) {
        this.#onClosed();
      }
    });
  }

  /**
   * A reference to an actor.
   *
   * @throws UnknownKind, or InvalidArgument for a key that is no text.
   */
  reference(actor: ActorClass | string, key: string, context: Turn | undefined): NamedReference {
    return this.#registry.reference(this, this.kindOf(actor), key, context);
  }

  /** A reference to an actor of which the core speaks. */
  referenceTo(kind: number, key: string, context: Turn | undefined): NamedReference {
    return this.#registry.reference(this, this.kinds[kind] as Kind, key, context);
  }

  /** The kind of a name, where it is registered. */
  find(name: string): Kind | undefined {
    return this.#registry.find(name);
  }

  /** Asks by the handler's name. */
  askByName(to: Addressee, handler: string, message: unknown, options?: AskOptions): Promise<unknown> {
    const bound = to.boundKind.find(handler);
    if (bound !== undefined) {
      return this.ask(to.boundKind, bound, to.target, message, options, to.context);
    }
    const answer = Promise.reject(to.boundKind.unknownHandler(handler));
    return to.context === undefined ? answer : unawaited(answer);
  }

  /** Tells by the handler's name. */
  tellByName(to: Addressee, handler: string, message: unknown, options?: TellOptions): Promise<void> {
    const bound = to.boundKind.find(handler);
    if (bound !== undefined) {
      return this.tell(to, bound, message, options);
    }
    const error = to.boundKind.unknownHandler(handler);
    if (to.context !== undefined) {
      throw error;
    }
    return Promise.reject(error);
  }

  /**
   * Tells: from a turn with its commit, else resolves when the mailbox has the message.
   *
   * @throws from a turn, what cannot be sent.
   */
  tell(to: Addressee, handler: BoundHandler, message: unknown, options?: TellOptions): Promise<void> {
    const { boundKind: kind, target, context } = to;
    if (context !== undefined) {
      context.sendLater(kind, handler, target, encodeMessage(handler, message), options);
      return SETTLED;
    }
    return new Promise((resolve, reject) => {
      this.submitTell(kind, handler, target, encodeMessage(handler, message), options, resolve, reject);
    });
  }

  /** Tells from outside of all turns. */
  submitTell(
    kind: Kind,
    handler: BoundHandler,
    to: Target,
    payload: Payload,
    options: TellOptions | undefined,
    resolve: () => void,
    reject: (error: Error) => void,
  ): void {
    const fields = options === undefined ? TELL_FIELDS : tellFields(options);
    const ask = this.#asks.open(undefined, false, false, resolve, reject, undefined);
    this.#submit(ask, kind.id, handler.id, to, payload, fields, undefined);
  }

  /** Sends a message at once, to which nothing is answered. */
  tellSilently(
    kind: Kind,
    handler: BoundHandler,
    to: Target,
    payload: Payload,
    fields: AskFields,
    turn: Turn,
  ): void {
    this.commands.ask(SILENT_SLOT, 1, kind.id, handler.id, to, payload, fields, turn);
    this.#written();
  }

  /** Asks; resolves to the reply. */
  ask(
    kind: Kind,
    handler: BoundHandler,
    to: Target,
    message: unknown,
    options: AskOptions | undefined,
    context: Turn | undefined,
  ): Promise<unknown> {
    const answer = this.#ask(kind, handler, to, message, options, context);
    return context === undefined ? answer : unawaited(answer);
  }

  #ask(
    kind: Kind,
    handler: BoundHandler,
    to: Target,
    message: unknown,
    options: AskOptions | undefined,
    context: Turn | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      context?.requireOpen();
      const payload = encodeMessage(handler, message);
      const fields = options === undefined ? PLAIN_ASK : askFields(options);
      const ask = this.#asks.ask(handler, message, payload, options, resolve, reject);
      this.#submit(ask, kind.id, handler.id, to, payload, fields, context);
      if (options?.signal !== undefined) {
        ask.listen(options.signal, () => {
          this.commands.cancel(ask.slot, ask.generation);
          this.schedule();
        });
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
    if (this.number < 0) {
      return;
    }
    this.#exchange.poll();
    this.flush();
  }

  /** Hands in what waits and takes what comes out, until nothing follows from it. */
  flush(): void {
    this.#isScheduled = false;
    if (this.#isFlushing || this.number < 0) {
      return;
    }
    const { commands } = this;
    this.#takeAll();
    while (!commands.isEmpty && this.#row.mayGoOn && this.number >= 0 && !this.#turns.end.hasAnswered()) {
      this.#exchange.handIn();
      this.#row.add(this.#takeAll());
    }
    if (!commands.isEmpty) {
      this.schedule();
    }
    this.#keepAlive.hold(this.#isServing || this.#asks.count > 0 || this.#onClosed !== undefined);
  }

  /** Hands in what waits, so that a look at the engine finds it done; what comes of it is handled later. */
  handIn(): void {
    if (this.number >= 0 && !this.commands.isEmpty && hasStack()) {
      this.#exchange.handInAll();
      this.schedule();
    }
  }

  #submit(
    ask: OpenAsk,
    kind: number,
    handler: number,
    to: Target,
    payload: Payload,
    fields: AskFields,
    context: Turn | undefined,
  ): void {
    try {
      this.requireOpen();
      this.commands.ask(ask.slot, ask.generation, kind, handler, to, payload, fields, context);
    } catch (error) {
      this.#asks.close(ask);
      throw error;
    }
    this.#written();
  }

  /** A command has been written: it leaves with the others, or at once where there is much. */
  #written(): void {
    if (this.commands.isLarge && hasStack()) {
      this.flush();
    } else {
      this.schedule();
    }
  }

  /**
   * Hands in a command that the core answers in the same call, behind all that waits; what else comes out is handled later.
   *
   * @returns the payload of the answer: to be read before anything else is done.
   * @throws what the core answers; Closed.
   */
  command(write: WriteCommand): Buffer {
    const payload = this.#exchange.command(write, this.#word);
    this.schedule();
    return payload;
  }

  /** @throws Closed when it is. */
  requireOpen(): void {
    if (this.number < 0) {
      throw new Closed(`The ${this.#word} is closed.`);
    }
  }

  /** Handles the events that wait and counts their turns; commands that this causes wait until all are read. */
  #takeAll(): number {
    this.#isFlushing = true;
    try {
      return this.#intake.take();
    } finally {
      this.#isFlushing = false;
      this.#turns.receivers.askAgain();
    }
  }
}
