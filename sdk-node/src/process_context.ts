/**
 * Inside the function of a process: the messages that it receives, who sent them, and what it does about others.
 */

import { type ActorClass } from './actor.js';
import { encodeJson, type Payload } from './codec.js';
import { type Address } from './context.js';
import { InvalidArgument, InvalidPayload } from './errors.js';
import { Down, Monitor, ProcessEnded, type SystemMessage } from './exits.js';
import { silentFields } from './internal/ask_fields.js';
import { type Target, type Wide } from './internal/parts.js';
import * as layout from './internal/generated/layout.js';
import { type BoundHandler, type Kind } from './internal/kind.js';
import { type Lane } from './internal/lane.js';
import { type Envelope, isWanted, Mailbox, type Pattern } from './internal/mailbox.js';
import { encodeMessage } from './internal/message.js';
import { senderOf } from './internal/notes.js';
import { writeReceive, writeRespond } from './internal/process_frame.js';
import { waitOf } from './internal/processes.js';
import { Randomness } from './internal/random.js';
import { messageOf } from './internal/thrown.js';
import { encodeMetadata, type Metadata, NO_METADATA, withoutReserved } from './metadata.js';
import { type TellOptions } from './options.js';
import { type AnyProcess, type Message, named, type ProcessRef } from './process_ref.js';
import { TurnScope } from './process_scope.js';
import { type AnyReference, type NamedReference, type Reference } from './reference.js';
import { ReplyTo } from './reply_to.js';
import { type Route, type Turn } from './scope.js';

/** How long to wait for a message. */
export interface ReceiveOptions {
  /** In milliseconds; 0 takes what is there. For ever when left out. */
  readonly timeoutMs?: number;
}

/** Nothing comes of a receive that may time out but a message or `undefined`. */
type Received<T, O> = O extends { readonly timeoutMs: number } ? T | undefined : T;

/** Those of some messages that are of a type. */
export type OfType<M, K> = Extract<M, { readonly type: K }>;

/** A receive that waits. */
interface Waiting {
  readonly pattern: Pattern;
  /** When it times out, on the clock of `performance.now`. */
  readonly until: number;
  readonly resolve: (message: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The payload of an answer. */
function encodeAnswer(value: unknown): Payload {
  try {
    return encodeJson(value);
  } catch (error) {
    throw new InvalidPayload(`the reply: ${messageOf(error)}`, { cause: error });
  }
}

/** The function of a process as that sees itself; its first argument. */
export class ProcessContext<M extends Message = Message> extends TurnScope {
  /** @internal */ readonly lane: Lane;
  /** @internal */ readonly boundKind: Kind;
  /** @internal */ readonly turnLow: number;
  /** @internal */ readonly turnHigh: number;
  /** @internal */ readonly route: Route;
  /** @internal */ readonly mailbox = new Mailbox();
  /** @internal Whether the process is alive. */
  isOpen = true;
  /** @internal Whether the core was asked for messages and has not brought any. */
  isAsking = false;
  #waiting: Waiting | undefined = undefined;
  #envelope: Envelope | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  readonly #process: ProcessRef;
  readonly #random: Randomness;
  /** How many messages had come when each watch began; most processes watch nobody. */
  #since: Map<string, number> | undefined = undefined;

  /** @internal */
  constructor(lane: Lane, kind: Kind, turn: Wide, process: Wide, seed: Wide) {
    super();
    this.lane = lane;
    this.boundKind = kind;
    this.turnLow = turn.low;
    this.turnHigh = turn.high;
    this.route = { lane, context: this };
    this.#process = lane.processes.reference(kind, process, this.route);
    this.#random = new Randomness(seed.low, seed.high);
  }

  /** @internal */
  protected get turn(): Turn {
    return this;
  }

  /** @internal */
  protected get own(): ProcessRef {
    return this.#process;
  }

  /** The process's kind. */
  get kind(): string {
    return this.boundKind.name;
  }

  /** The process itself. */
  override get self(): ProcessRef<M> {
    return this.#process;
  }

  /** Who waits for an answer to the message that was received last; `undefined` where it was told. */
  get caller(): ReplyTo | undefined {
    const { askLow = 0, askHigh = 0 } = this.#envelope ?? {};
    return askLow === 0 && askHigh === 0
      ? undefined
      : new ReplyTo(this, { low: askLow, high: askHigh }, encodeAnswer);
  }

  /** Answers the message that was received last; nothing where nobody waits. */
  reply(value?: unknown, metadata?: Metadata): void {
    this.caller?.reply(value, metadata);
  }

  /** Who sent the message that was received last, where an actor or a process did. */
  get sender(): Address | ProcessRef | undefined {
    const { sender = '', isFromProcess = false } = this.#envelope ?? {};
    return senderOf(sender, isFromProcess, this.route);
  }

  /** What came beside the message that was received last; frozen. */
  get metadata(): Metadata {
    return withoutReserved(this.#envelope?.metadata ?? NO_METADATA);
  }

  /** When the caller of the message that was received last stops waiting, in milliseconds since the Unix epoch. */
  get deadline(): number | undefined {
    const { now = 0, remainingMs = layout.NO_DEADLINE } = this.#envelope ?? {};
    return remainingMs === layout.NO_DEADLINE ? undefined : now + remainingMs;
  }

  /** Aborts when the process has been ended from outside; hand it to what the function awaits. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (!this.isOpen) {
        this.#controller.abort(new ProcessEnded());
      }
    }
    return this.#controller.signal;
  }

  /** A random number, at least 0 and below 1. */
  random(): number {
    return this.#random.number();
  }

  /** A new unique id (a UUID, version 4). */
  newId(): string {
    return this.#random.uuid();
  }

  /** A reference to an actor; asks through it belong to this process. */
  actor<C extends ActorClass>(actor: C, key: string): Reference<C>;
  actor(actor: string, key: string): NamedReference;
  actor(actor: ActorClass | string, key: string): AnyReference {
    return this.lane.reference(actor, key, this);
  }

  /**
   * Waits for a message. Those that it does not want are passed over and stay, in their order.
   *
   * @param wanted - one or several types, a watch whose `Down` is wanted, or a function that says which; any message when left out.
   * @param options - `timeoutMs`: time to wait, after which the result is `undefined`.
   * @throws ProcessEnded when the process is ended from outside meanwhile: let it pass.
   */
  receive<O extends ReceiveOptions>(options?: O): Promise<Received<M | SystemMessage, O>>;
  receive<O extends ReceiveOptions>(monitor: Monitor, options?: O): Promise<Received<Down, O>>;
  receive<const K extends (M | SystemMessage)['type'], O extends ReceiveOptions>(
    types: K | readonly K[],
    options?: O,
  ): Promise<Received<OfType<M | SystemMessage, K>, O>>;
  receive<T extends M | SystemMessage, O extends ReceiveOptions>(
    matches: (message: M | SystemMessage) => message is T,
    options?: O,
  ): Promise<Received<T, O>>;
  receive<O extends ReceiveOptions>(
    matches: (message: M | SystemMessage) => boolean,
    options?: O,
  ): Promise<Received<M | SystemMessage, O>>;
  receive(first?: unknown, second?: ReceiveOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.requireOpen();
      if (this.#waiting !== undefined) {
        throw new InvalidArgument('The process waits for a message already.');
      }
      const [pattern, timeoutMs] = this.#pattern(first, second);
      const there = this.mailbox.take(pattern);
      if (there !== undefined) {
        this.#taken(there, resolve);
        return;
      }
      const until = timeoutMs === layout.NO_DEADLINE ? Infinity : performance.now() + timeoutMs;
      this.#waiting = { pattern, until, resolve, reject };
      this.#ask(timeoutMs);
    });
  }

  #pattern(first: unknown, second: ReceiveOptions | undefined): [Pattern, number] {
    let options = second;
    let pattern: Pattern = { types: undefined, matches: undefined, since: 0 };
    if (typeof first === 'string') {
      pattern = { ...pattern, types: [first] };
    } else if (Array.isArray(first)) {
      pattern = { ...pattern, types: first as string[] };
    } else if (typeof first === 'function') {
      pattern = { ...pattern, matches: first as Pattern['matches'] };
    } else if (first instanceof Monitor) {
      const since = this.#since?.get(first.id) ?? 0;
      const matches = (message: unknown): boolean => message instanceof Down && message.monitor.equals(first);
      pattern = { types: ['down'], matches, since };
    } else {
      options = first ?? second;
    }
    const timeoutMs = options?.timeoutMs;
    const isForEver = timeoutMs === undefined || timeoutMs === Infinity;
    return [pattern, isForEver ? layout.NO_DEADLINE : waitOf('timeoutMs', timeoutMs)];
  }

  /** Watches another: this one receives one `Down` when it ends, at once if it is not alive. */
  override monitor(of: AnyProcess | AnyReference): Monitor {
    const { came } = this.mailbox;
    const monitor = super.monitor(of);
    this.#watches(monitor, came);
    return monitor;
  }

  /** @internal A watch from the beginning, too: what came before cannot be its end. */
  protected override begin(...given: Parameters<TurnScope['begin']>): ReturnType<TurnScope['begin']> {
    const { came } = this.mailbox;
    const [process, monitor] = super.begin(...given);
    const [, , , , isWatched] = given;
    if (isWatched) {
      this.#watches(monitor, came);
    }
    return [process, monitor];
  }

  /** Watches no longer; whether the watch was on. */
  override demonitor(monitor: Monitor, options: { readonly flush?: boolean } = {}): boolean {
    this.#since?.delete(monitor.id);
    const wasOn = super.demonitor(monitor, options);
    if (!wasOn && options.flush === true) {
      // It may have been handed over and passed over.
      const matches = (message: unknown): boolean =>
        message instanceof Down && message.monitor.equals(monitor);
      this.mailbox.take({ types: ['down'], matches, since: 0 });
    }
    return wasOn;
  }

  #watches({ id }: Monitor, came: number): void {
    this.#since ??= new Map();
    this.#since.set(id, came);
  }

  /** Asks the core for messages. */
  #ask(timeoutMs: number): void {
    this.isAsking = true;
    const turn = { low: this.turnLow, high: this.turnHigh };
    writeReceive(this.lane.commands, turn, timeoutMs, this.mailbox.count);
    this.lane.schedule();
  }

  #taken(envelope: Envelope, resolve: (message: unknown) => void): void {
    this.#envelope = envelope;
    if (envelope.message instanceof Down) {
      this.#since?.delete(envelope.message.monitor.id);
    }
    resolve(envelope.message);
  }

  /** @internal The core has brought a message. */
  arrived(envelope: Envelope): void {
    this.isAsking = false;
    const waiting = this.#waiting;
    let isForIt = false;
    try {
      isForIt = waiting !== undefined && isWanted(waiting.pattern, envelope);
    } catch (error) {
      // The program's own function threw: that is for who waits, and the message stays.
      this.#waiting = undefined;
      waiting?.reject(error as Error);
    }
    if (isForIt && waiting !== undefined) {
      this.#waiting = undefined;
      this.#taken(envelope, waiting.resolve);
    } else {
      this.mailbox.push(envelope);
    }
  }

  /** @internal None of the messages that came was wanted: the core is asked for more. */
  askAgain(): void {
    if (this.#waiting !== undefined && !this.isAsking && this.isOpen) {
      const { until } = this.#waiting;
      const left = Math.max(0, Math.ceil(until - performance.now()));
      this.#ask(until === Infinity ? layout.NO_DEADLINE : left);
    }
  }

  /** @internal The time to wait is over. */
  timedOut(): void {
    this.isAsking = false;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(undefined);
  }

  /** @internal The process has ended: what waits stops, and what its function does from now on has no effect. */
  ended(): void {
    this.isOpen = false;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const ended = new ProcessEnded();
    waiting?.reject(ended);
    this.#controller?.abort(ended);
  }

  /** @internal Answers an ask. */
  respond(ask: Wide, code: number, payload: Payload, metadata: Metadata | undefined): void {
    this.requireOpen();
    const block = metadata === undefined ? undefined : encodeMetadata(metadata);
    const turn = { low: this.turnLow, high: this.turnHigh };
    writeRespond(this.lane.commands, ask, turn, code, payload, block);
    this.lane.schedule();
  }

  /** @internal Sends a message at once. */
  sendLater(
    kind: Kind,
    handler: BoundHandler,
    to: Target,
    payload: Payload,
    options: TellOptions | undefined,
  ): void {
    this.requireOpen();
    this.lane.tellSilently(kind, handler, to, payload, silentFields(options), this);
  }

  /** @internal @throws ProcessEnded when it has ended. */
  requireOpen(): void {
    if (!this.isOpen) {
      throw new ProcessEnded();
    }
  }

  /**
   * Sends a message to an actor or a process, at once; `reference.tell` does the same for references of this context.
   *
   * @throws what cannot be sent.
   */
  tell<T extends Message>(to: ProcessRef<T>, message: T, options?: TellOptions): void;
  tell(to: AnyReference | AnyProcess, handler: string, message?: unknown, options?: TellOptions): void;
  tell(to: AnyReference | AnyProcess, first: Message | string, second?: unknown, third?: TellOptions): void {
    const [name, message, options] = named(first, second, third);
    const handler = to.boundKind.handler(name);
    this.sendLater(to.boundKind, handler, to.target, encodeMessage(handler, message), options);
  }
}
