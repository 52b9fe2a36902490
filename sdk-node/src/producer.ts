/**
 * A producer: a source of numbered messages, each applied once however often it is sent.
 *
 * A message that has to be sent again holds back what follows for the same actor, because a producer's numbers only rise there;
 * actors do not wait for one another.
 */

import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { type ActorClass } from './actor.js';
import { AlreadyApplied, EveractError, InvalidArgument } from './errors.js';
import {
  INGEST_ATTEMPTS_MAX,
  INGEST_IN_FLIGHT,
  INGEST_WAIT_MS_FIRST,
  INGEST_WAIT_MS_MAX,
} from './internal/generated/layout.js';
import { type Lane } from './internal/lane.js';
import { inquire } from './internal/native.js';
import { type NamedReference } from './reference.js';

/** Where a producer stands. */
export interface ProducerState {
  /** The highest number that was applied; null where none was. */
  readonly sequence: number | null;
  /** The lowest number that was sent and failed, and was neither sent again nor skipped since. */
  readonly gap: number | null;
}

/** How a source is ingested. */
export interface IngestOptions<T> {
  /** The class of the actors, or their kind's name. */
  readonly to: ActorClass | string;
  /** The handler's name. */
  readonly handler: string;
  /** The key of the actor that an item is for. */
  readonly key: (item: T) => string;
  /** The message of an item; the item itself when left out. */
  readonly message?: (item: T) => unknown;
  /** The number of the first item; 1 when left out. The others follow. */
  readonly firstSequence?: number;
  /** How many items are under way at once, 1 to 4,096; 1,000 when left out. */
  readonly inFlight?: number;
  /** Skip what the producer's newest number says is applied, where the source begins anew; true when left out. */
  readonly resume?: boolean;
  /** How often an item is sent at most, the first time included, while its errors are `retryable`; 10 when left out. */
  readonly attemptsMax?: number;
  /** The wait before an item is sent a second time, in milliseconds; it doubles each time. 100 when left out. */
  readonly firstWaitMs?: number;
  /** The longest such wait; 10,000 when left out. */
  readonly waitMaxMs?: number;
  /** Called for each item that is applied, now or before. */
  readonly onDone?: (sequence: number) => void;
  /** Ends the ingestion. */
  readonly signal?: AbortSignal;
}

/** What an ingestion did. */
export interface Ingested {
  /** Items applied by this call. */
  readonly applied: number;
  /** Items that had been applied before. */
  readonly alreadyApplied: number;
  /** The number of the last item; null where there was none. */
  readonly newest: number | null;
}

/** No more items than this are ever under way, so that a new run knows how far back the last one may have holes. */
const IN_FLIGHT_MAX = 4_096;

/** A source of numbered messages, by its name. */
export class Producer {
  /** Its name. */
  readonly name: string;
  readonly #lane: Lane;

  /** @internal */
  constructor(lane: Lane, name: string) {
    this.#lane = lane;
    this.name = name;
  }

  /** Where it stands with all actors together. */
  newest(): Promise<ProducerState>;
  /** Where it stands with one actor. */
  newest(to: ActorClass | string, key: string): Promise<ProducerState>;
  async newest(to?: ActorClass | string, key?: string): Promise<ProducerState> {
    const address = to === undefined ? {} : { kind: this.#lane.kindOf(to).name, key };
    const found = await inquire<ProducerState>(this.#lane, {
      topic: 'producer',
      producer: this.name,
      ...address,
    });
    return { sequence: found.sequence, gap: found.gap };
  }

  /**
   * Goes on without a number whose message failed at an actor: later ones are taken again.
   *
   * @throws InvalidArgument when the number is no gap.
   */
  async skip(to: ActorClass | string, key: string, sequence: number): Promise<void> {
    const { name: kind } = this.#lane.kindOf(to);
    await inquire(this.#lane, { topic: 'producer_skip', producer: this.name, kind, key, sequence });
  }

  /**
   * Sends all items of a source, in order for each actor, until every one is applied. After an error that is `retryable` an item
   * is sent again: ten times in all, after 100 ms at first, after twice as long each further time, after 10,000 ms at most.
   * Called again with the same source after a failure or a restart, it goes on where it was.
   *
   * @param source - the items, in the order of their numbers.
   * @param options - whom they are for.
   * @throws the first error that is not retryable, or the last of an item's attempts.
   */
  async ingest<T>(source: Iterable<T> | AsyncIterable<T>, options: IngestOptions<T>): Promise<Ingested> {
    const { inFlight = INGEST_IN_FLIGHT, firstSequence = 1, resume = true } = options;
    if (!Number.isInteger(inFlight) || inFlight < 1 || inFlight > IN_FLIGHT_MAX) {
      throw new InvalidArgument(`inFlight is a whole number from 1 to ${String(IN_FLIGHT_MAX)}.`);
    }
    const { sequence, gap } = resume ? await this.newest() : NOTHING;
    const applied = Math.min((sequence ?? 0) - IN_FLIGHT_MAX, (gap ?? Infinity) - 1);
    return new Ingestion(this.#lane, this.name, options, firstSequence, applied).run(source, inFlight);
  }
}

const NOTHING: ProducerState = { sequence: null, gap: null };

interface Item {
  readonly sequence: number;
  readonly message: unknown;
}

/** What is under way for one actor. */
interface Stream {
  readonly actor: NamedReference;
  open: number;
  isHeld: boolean;
  held: Item[];
}

function isIdle(stream: Stream): boolean {
  return stream.open === 0 && stream.held.length === 0;
}

/** One run over a source. */
class Ingestion<T> {
  readonly #lane: Lane;
  readonly #producer: string;
  readonly #options: IngestOptions<T>;
  /** Items up to this number are known to be applied. */
  readonly #known: number;
  readonly #streams = new Map<string, Stream>();
  #next: number;
  #applied = 0;
  #alreadyApplied = 0;
  /** No wait outlives the ingestion: its timer would hold the process. */
  readonly #over = new AbortController();

  constructor(lane: Lane, producer: string, options: IngestOptions<T>, first: number, known: number) {
    this.#lane = lane;
    this.#producer = producer;
    this.#options = options;
    this.#next = first;
    this.#known = known;
    // As many actors as are sent to may wait at once.
    setMaxListeners(0, this.#over.signal);
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  async run(source: Iterable<T> | AsyncIterable<T>, inFlight: number): Promise<Ingested> {
    const first = this.#next;
    const items = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    // One at a time may ask the source for its next item, or their order would be lost.
    let turn: Promise<unknown> = Promise.resolve();
    const worker = async (): Promise<void> => {
      for (;;) {
        const step = turn.then(() => this.#take(items));
        turn = step.catch(() => undefined);
        const done = await step;
        if (done === undefined) {
          return;
        }
        await done.sent;
      }
    };
    try {
      await Promise.all(Array.from({ length: inFlight }, worker));
    } finally {
      this.#over.abort();
      await items.return?.();
    }
    return {
      applied: this.#applied,
      alreadyApplied: this.#alreadyApplied,
      newest: this.#next === first ? null : this.#next - 1,
    };
  }

  /** Sends the next item; nothing where there is none. */
  async #take(items: Iterator<T> | AsyncIterator<T>): Promise<{ sent: Promise<void> } | undefined> {
    this.#options.signal?.throwIfAborted();
    if (this.#isOver) {
      return undefined;
    }
    const step = await items.next();
    if (step.done === true) {
      return undefined;
    }
    const sequence = this.#next++;
    if (sequence <= this.#known) {
      this.#alreadyApplied += 1;
      this.#options.onDone?.(sequence);
      return { sent: SETTLED };
    }
    const item = { sequence, message: this.#options.message?.(step.value) ?? step.value };
    return { sent: this.#send(this.#options.key(step.value), item) };
  }

  async #send(key: string, item: Item): Promise<void> {
    const stream = this.#stream(key);
    stream.open += 1;
    if (stream.isHeld || !(await this.#ask(stream, item, 1))) {
      stream.isHeld = true;
      stream.held.push(item);
    }
    stream.open -= 1;
    if (stream.open === 0) {
      await this.#sendHeld(stream);
      if (isIdle(stream)) {
        this.#streams.delete(key);
      }
    }
  }

  /**
   * Sends what was held back, one after the other, in the order of the source. The first has failed by itself; those behind it
   * were refused because of it, or not sent.
   */
  async #sendHeld(stream: Stream): Promise<void> {
    let failures = 1;
    while (stream.held.length > 0) {
      stream.open += 1;
      const items = stream.held.splice(0).sort((one, other) => one.sequence - other.sequence);
      for (const item of items) {
        await this.#sendAgain(stream, item, failures);
        failures = 0;
      }
      stream.open -= 1;
    }
    stream.isHeld = false;
  }

  async #sendAgain(stream: Stream, item: Item, failures: number): Promise<void> {
    const {
      waitMaxMs,
      firstWaitMs = Math.min(INGEST_WAIT_MS_FIRST, waitMaxMs ?? Infinity),
      signal,
    } = this.#options;
    const longest = waitMaxMs ?? Math.max(INGEST_WAIT_MS_MAX, firstWaitMs);
    let wait = firstWaitMs;
    for (let attempt = failures + 1; !this.#isOver; attempt++) {
      if (attempt > 1) {
        const ends = signal === undefined ? this.#over.signal : AbortSignal.any([signal, this.#over.signal]);
        await sleep(wait, undefined, { signal: ends });
        wait = Math.min(wait * 2, longest);
      }
      if (await this.#ask(stream, item, attempt)) {
        return;
      }
    }
  }

  /** Whether the item is applied. @throws what sending again does not mend. */
  async #ask(stream: Stream, { sequence, message }: Item, attempt: number): Promise<boolean> {
    const { handler, attemptsMax = INGEST_ATTEMPTS_MAX, onDone } = this.#options;
    try {
      await stream.actor.ask(handler, message, { producer: this.#producer, sequence });
      this.#applied += 1;
    } catch (error) {
      if (error instanceof AlreadyApplied) {
        this.#alreadyApplied += 1;
      } else if (error instanceof EveractError && error.retryable && attempt < attemptsMax) {
        return false;
      } else {
        this.#over.abort();
        throw error;
      }
    }
    onDone?.(sequence);
    return true;
  }

  #stream(key: string): Stream {
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      const actor = this.#lane.reference(this.#options.to, key, undefined);
      stream = { actor, open: 0, isHeld: false, held: [] };
      this.#streams.set(key, stream);
    }
    return stream;
  }
}

const SETTLED = Promise.resolve();
