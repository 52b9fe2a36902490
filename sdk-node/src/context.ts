/**
 * Inside a handler: who the actor is, when it is, whom it can reach, and what leaves with its turn.
 *
 * Time, random numbers and ids come from the turn's record, so that the same turn gives the same values again.
 */

import { Buffer } from 'node:buffer';

import { type ActorClass } from './actor.js';
import { copyBytes, type Payload } from './codec.js';
import { InvalidArgument, TooLarge } from './errors.js';
import { type Activation } from './internal/activation.js';
import { silentFields } from './internal/ask_fields.js';
import { type Effect, type Target, type Wide } from './internal/parts.js';
import { NO_DEADLINE, TURN_FLAG_INTERNAL, TURN_FLAG_TELL } from './internal/generated/layout.js';
import { type BoundHandler, type Kind } from './internal/kind.js';
import { type Lane } from './internal/lane.js';
import { encodeMessage, encodeReply } from './internal/message.js';
import { senderOf } from './internal/notes.js';
import { writeRespond } from './internal/process_frame.js';
import { Randomness } from './internal/random.js';
import {
  type Caller,
  callerOf,
  encodeMetadata,
  type Metadata,
  NO_METADATA,
  withoutReserved,
} from './metadata.js';
import { type TellOptions } from './options.js';
import {
  type AnyReference,
  type HandlerName,
  type MessageArguments,
  type NamedReference,
  type Reference,
} from './reference.js';
import { type AnyProcess, type Message, named, type ProcessRef } from './process_ref.js';
import { TurnScope } from './process_scope.js';
import { ReplyTo } from './reply_to.js';
import { type Route, type Scope, type Turn } from './scope.js';
import { type Snapshot } from './state.js';

/** Messages of one turn at most: what the frame's counter holds. */
const EFFECTS_MAX = 0xffff;

/** A key has so many bytes at most; a character has up to three. */
const KEY_BYTES_MAX = 1024;

/** What may go with a message of a turn. */
export type EffectOptions = Pick<TellOptions, 'metadata'>;

/** The address of an actor. */
export interface Address {
  /** Its kind's name. */
  readonly kind: string;
  /** Its key within the kind. */
  readonly key: string;
}

/** A turn as its handler sees it; the handler's second argument. */
export class Context extends TurnScope implements Scope {
  /** @internal */ readonly lane: Lane;
  /** @internal */ readonly activation: Activation;
  /** @internal */ readonly handler: BoundHandler;
  /** @internal */ readonly turnLow: number;
  /** @internal */ readonly turnHigh: number;
  /** @internal */ readonly askLow: number;
  /** @internal */ readonly askHigh: number;
  /** @internal The state to go back to when the turn fails. */
  readonly before: Snapshot;
  /** @internal */ readonly remainingMs: number;
  /** @internal */ readonly seedLow: number;
  /** @internal */ readonly seedHigh: number;
  /** @internal */ readonly senderText: string;
  /** @internal */ readonly isFromProcess: boolean;
  /** @internal The flags of the turn's record. */
  flags = 0;
  /** @internal Whether it is the turn with which the activation begins. */
  isActivation = false;
  /** @internal Whether the turn still runs. */
  isOpen = true;
  /** @internal */ leaves = false;
  /** @internal Whether the ask of this turn is answered by `defer`, and not by what the handler gives. */
  defers = false;
  /** @internal */ effects: Effect[] | undefined = undefined;
  /** @internal */ controller: AbortController | undefined = undefined;
  /** @internal Why nobody waits for the turn any more. */
  cancelReason: Error | undefined = undefined;
  /** @internal */ randomness: Randomness | undefined = undefined;

  /** The turn's time, in milliseconds since the Unix epoch. It does not move while the turn runs. */
  readonly now: number;
  /** @internal What came beside the message. */
  received: Metadata = NO_METADATA;
  /** @internal What goes back beside the reply. */
  given: Record<string, string | Uint8Array> | undefined = undefined;
  /** The revision of the state that the turn starts from. */
  readonly revision: number;

  /** @internal */
  constructor(
    lane: Lane,
    activation: Activation,
    handler: BoundHandler,
    turnLow: number,
    turnHigh: number,
    askLow: number,
    askHigh: number,
    before: Snapshot,
    remainingMs: number,
    now: number,
    seedLow: number,
    seedHigh: number,
    revision: number,
    senderText: string,
    isFromProcess: boolean,
  ) {
    super();
    this.isFromProcess = isFromProcess;
    this.lane = lane;
    this.activation = activation;
    this.handler = handler;
    this.turnLow = turnLow;
    this.turnHigh = turnHigh;
    this.askLow = askLow;
    this.askHigh = askHigh;
    this.before = before;
    this.remainingMs = remainingMs;
    this.now = now;
    this.seedLow = seedLow;
    this.seedHigh = seedHigh;
    this.revision = revision;
    this.senderText = senderText;
  }

  /** @internal */
  get route(): Route {
    return { lane: this.lane, context: this };
  }

  /** @internal */
  protected override get binding(): Route {
    return this.activation.route;
  }

  /** @internal */
  protected get turn(): Turn {
    return this;
  }

  /** @internal */
  protected get own(): ProcessRef | undefined {
    const { kind, process, route } = this.activation;
    return process === undefined ? undefined : this.lane.processes.reference(kind, process, route);
  }

  /** Whether the message was told: nobody waits for an answer. */
  get isTell(): boolean {
    return (this.flags & TURN_FLAG_TELL) !== 0;
  }

  /** Whether it is an event that the state machine has inserted itself. */
  get isInternal(): boolean {
    return (this.flags & TURN_FLAG_INTERNAL) !== 0;
  }

  /** @internal What a behaviour's callback wants beside its reply and its state, as JSON. */
  wish(): string | undefined {
    return undefined;
  }

  /** The actor's kind. */
  get kind(): string {
    return this.activation.kind.name;
  }

  /** The actor's key. */
  get key(): string {
    return this.activation.key;
  }

  /** The actor, or the process, that sent the message, where one did. */
  get sender(): Address | ProcessRef | undefined {
    return senderOf(this.senderText, this.isFromProcess, this.activation.route);
  }

  /** What the caller sent beside the message; frozen. */
  get metadata(): Metadata {
    return withoutReserved(this.received);
  }

  /** Who called from outside, through however many actors; `undefined` where this engine's own process did. */
  get caller(): Caller | undefined {
    return callerOf(this.received);
  }

  /** When the caller stops waiting, in milliseconds since the Unix epoch; `undefined` where it waits for ever. */
  get deadline(): number | undefined {
    return this.remainingMs === NO_DEADLINE ? undefined : this.now + this.remainingMs;
  }

  /** Whether nobody waits for the turn any more: its caller cancelled or its deadline passed. */
  get cancelled(): boolean {
    return this.cancelReason !== undefined;
  }

  /** Aborts when nobody waits for the turn any more; hand it to what the handler awaits. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.cancelReason !== undefined) {
        this.controller.abort(this.cancelReason);
      }
    }
    return this.controller.signal;
  }

  /**
   * What goes back beside the reply, to be filled in: names are lower case, one that ends in `-bin` has bytes. A turn that
   * fails sends nothing of it.
   */
  get replyMetadata(): Record<string, string | Uint8Array> {
    this.given ??= {};
    return this.given;
  }

  /** A random number, at least 0 and below 1, the same when the turn is enacted again. */
  random(): number {
    return this.#random().number();
  }

  /** A new unique id (a UUID, version 4), the same when the turn is enacted again. */
  newId(): string {
    return this.#random().uuid();
  }

  /**
   * A reference to another actor; asks through it belong to this turn: they inherit its deadline, and a chain of asks
   * that would come back to a waiting actor is answered Deadlock.
   *
   * @param actor - the actor's class, or its kind's name.
   * @param key - the actor's key.
   * @throws UnknownKind when the engine does not know the kind.
   */
  actor<C extends ActorClass>(actor: C, key: string): Reference<C>;
  actor(actor: string, key: string): NamedReference;
  actor(actor: ActorClass | string, key: string): AnyReference {
    return this.lane.reference(actor, key, this);
  }

  /**
   * Sends a message with the turn's commit: not at all when the turn fails, exactly once between durable actors.
   *
   * @param reference - the receiver.
   * @param handler - the handler's name.
   * @param message - its message, encoded now.
   * @param options - `metadata`: what travels beside it.
   * @throws InvalidArgument when the turn is over or the key is none, InvalidPayload for what cannot be encoded, TooLarge for more than 65,535 messages of one turn.
   *
   * @example
   * context.tell(context.actor(Airport, 'LAX'), 'arrived', { delay: 12 });
   */
  tell<C extends ActorClass, K extends HandlerName<C>>(
    reference: Reference<C>,
    handler: K,
    ...given: [...message: MessageArguments<C, K>, options?: EffectOptions]
  ): void;
  tell<M extends Message>(process: ProcessRef<M>, message: M, options?: EffectOptions): void;
  tell(
    reference: NamedReference | AnyProcess,
    handler: string,
    message?: unknown,
    options?: EffectOptions,
  ): void;
  tell(
    reference: AnyReference | AnyProcess,
    first: string | Message,
    second?: unknown,
    third?: EffectOptions,
  ): void {
    const [name, message, options] = named(first, second, third);
    const kind = reference.boundKind;
    const handler = kind.handler(name);
    this.sendLater(kind, handler, reference.target, encodeMessage(handler, message), options);
  }

  /** @internal Keeps a message until the turn commits; what a process sends leaves at once. */
  sendLater(
    kind: Kind,
    handler: BoundHandler,
    to: Target,
    payload: Payload,
    options: TellOptions | undefined,
  ): void {
    this.requireOpen();
    if (typeof to === 'string') {
      requireKey(to);
    }
    if (this.activation.process !== undefined) {
      this.lane.tellSilently(kind, handler, to, payload, silentFields(options), this);
      return;
    }
    if (options !== undefined && (options.producer ?? options.idempotencyKey) !== undefined) {
      throw new InvalidArgument(
        'A message of a turn has its number from the turn: no producer, no idempotencyKey.',
      );
    }
    this.effects ??= [];
    if (this.effects.length === EFFECTS_MAX) {
      throw new TooLarge(`A turn sends at most ${String(EFFECTS_MAX)} messages.`);
    }
    this.effects.push({
      kind: kind.id,
      handler: handler.id,
      to,
      payload: typeof payload === 'object' ? copyBytes(payload) : payload,
      metadata: options?.metadata === undefined ? undefined : encodeMetadata(options.metadata),
    });
  }

  /** @internal @throws InvalidArgument when the turn is over. */
  requireOpen(): void {
    if (!this.isOpen) {
      throw new InvalidArgument('The turn is over; nothing can leave with it any more.');
    }
  }

  /**
   * Puts the answer off: what the handler gives is no reply, and whoever asked waits until this turn or a later one of the same
   * actor or process answers. Keep the result in a `#private` field. What is owed when a process ends is answered NoProcess.
   *
   * @returns the way back to whoever asked; where nobody waits, answers go nowhere.
   * @throws InvalidArgument when the turn is over.
   */
  defer(): ReplyTo {
    this.requireOpen();
    const { askLow, askHigh, handler } = this;
    this.defers = askLow !== 0 || askHigh !== 0;
    const ask = { low: askLow, high: askHigh };
    return new ReplyTo(this.activation.route, ask, (value) => encodeReply(handler, value));
  }

  /** Answers before the handler has ended, whose result is no reply then; a process may exit after that. */
  reply(value?: unknown, metadata?: Metadata): void {
    this.defer().reply(value, metadata);
  }

  /** @internal Answers an ask that this turn or an earlier one left open. */
  respond(ask: Wide, code: number, payload: Payload, metadata: Metadata | undefined): void {
    this.requireOpen();
    const block = metadata === undefined ? undefined : encodeMetadata(metadata);
    const turn = { low: this.turnLow, high: this.turnHigh };
    writeRespond(this.lane.commands, ask, turn, code, payload, block);
    this.lane.schedule();
  }

  /** Lets the actor leave memory after this turn; the next message brings it back. */
  passivate(): void {
    this.leaves = true;
  }

  #random(): Randomness {
    this.randomness ??= new Randomness(this.seedLow, this.seedHigh);
    return this.randomness;
  }
}

/** @throws InvalidArgument for a key that no actor can have; the turn's end would be too late to say so. */
function requireKey(key: string): void {
  if (key === '' || (key.length > KEY_BYTES_MAX / 3 && Buffer.byteLength(key) > KEY_BYTES_MAX)) {
    throw new InvalidArgument(`A key is text of 1 to ${String(KEY_BYTES_MAX)} bytes.`);
  }
}
