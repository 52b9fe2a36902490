/**
 * A method of a service as a handler: its messages to bytes and back, on the caller's side and on the actor's.
 */

import { type DescMethod, type Message } from '@bufbuild/protobuf';

import { type Actor as AnyActor } from '../actor.js';
import { type Context } from '../context.js';
import { InvalidArgument, InvalidPayload } from '../errors.js';
import { type Retry } from '../handler.js';
import { type BoundHandler, type Method as RunMethod } from '../internal/kind.js';
import { KeyField } from './key.js';
import { decode, encode, joinList, messageOf, splitList } from './payload.js';

/** What generated code says of a method, by its local name. */
export interface HandlerDeclaration {
  /** The handler's name on the wire. */
  readonly name: string;
  /** The local name of the request's field that is the actor's key; left out where there is none. */
  readonly key?: string;
  /** Its turns may overlap one another; it must neither change state nor tell. */
  readonly readOnly?: boolean;
  /** A connection may send the request again. */
  readonly idempotent?: boolean;
  /** A chain of asks that began at this actor may come back to it. */
  readonly reentrant?: boolean;
  /** Nobody waits for it. */
  readonly tell?: boolean;
  /** Only actors of this engine and its own process may call it. */
  readonly internal?: boolean;
  /** What happens when it fails on a told message. */
  readonly retry?: Retry;
  /** What it does, for the pages that describe it. */
  readonly doc?: string;
  /** The class's method, where it is called differently. */
  readonly method?: string;
}

/** A request on its way: the actor that it is for, and its bytes. */
export interface Sealed {
  readonly key: string;
  readonly payload: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** A method of a declared service. */
export class Method {
  /** Its name on the wire. */
  readonly name: string;
  readonly #declared: HandlerDeclaration;
  readonly #desc: DescMethod;
  readonly #key: KeyField | undefined;
  readonly #takesList: boolean;
  readonly #givesList: boolean;
  readonly #givesNothing: boolean;

  /** @throws InvalidDeclaration when the key's field is none. */
  constructor(desc: DescMethod, declared: HandlerDeclaration) {
    this.name = declared.name;
    this.#desc = desc;
    this.#declared = declared;
    this.#key = declared.key === undefined ? undefined : new KeyField(desc.input, declared.key);
    this.#takesList = desc.methodKind === 'client_streaming';
    this.#givesList = desc.methodKind === 'server_streaming' || desc.methodKind === 'bidi_streaming';
    this.#givesNothing = !this.#givesList && desc.output.typeName === 'google.protobuf.Empty';
  }

  /** The name of the class's method. */
  get methodName(): string {
    return this.#declared.method ?? this.#desc.localName;
  }

  /**
   * The bytes of what a caller gives, with the actor's key in each request.
   *
   * @param given - a request, or for client streaming a list of them.
   * @param key - the actor's key; left out, the first request names it.
   * @param keyless - the key where requests have no field for it.
   * @throws InvalidArgument when a request names no key or another one, InvalidPayload when it is none.
   */
  seal(given: unknown, key: string | undefined, keyless: string): Sealed {
    const { input } = this.#desc;
    const requests = this.#requests(given).map((request) => messageOf(input, request, 'The request'));
    const [first] = requests;
    if (first === undefined) {
      throw new InvalidArgument(`${this.#desc.name} takes at least one request.`);
    }
    const to = key ?? this.#key?.require(first) ?? keyless;
    const items = requests.map((request) => this.#sealOne(request, to));
    return { key: to, payload: this.#takesList ? joinList(items) : (items[0] as Uint8Array) };
  }

  /**
   * What the reply's bytes are for the caller.
   *
   * @throws InvalidPayload when they are no reply.
   */
  open(reply: Uint8Array | undefined): unknown {
    if (this.#givesNothing) {
      return undefined;
    }
    const { output } = this.#desc;
    const bytes = reply ?? NOTHING;
    return this.#givesList ? splitList(bytes).map((item) => decode(output, item)) : decode(output, bytes);
  }

  /** The handler that runs it; `missing` stands for the class's method where nothing of it runs. */
  bind(id: number, method: unknown): BoundHandler {
    const run = method as (this: AnyActor, request: unknown, context: Context) => unknown;
    const inList: RunMethod = function (this: AnyActor, message, context) {
      return collect(run.call(this, message, context));
    };
    return {
      id,
      name: this.name,
      methodName: this.methodName,
      method: this.#givesList ? inList : run,
      readOnly: this.#declared.readOnly === true,
      reentrant: this.#declared.reentrant === true,
      idempotent: this.#declared.idempotent === true,
      internal: this.#declared.internal === true,
      retry: this.#declared.retry,
      doc: this.#declared.doc,
      takesBytes: true,
      givesBytes: true,
      check: (payload) => this.#message(payload as Uint8Array),
      encode: (reply) => this.#reply(reply),
    };
  }

  #requests(given: unknown): unknown[] {
    if (!this.#takesList) {
      return [given];
    }
    if (typeof given === 'object' && given !== null && Symbol.iterator in given) {
      return Array.from(given as Iterable<unknown>);
    }
    throw new InvalidPayload(`${this.#desc.name} takes a list of requests.`);
  }

  #sealOne(request: Message, to: string): Uint8Array {
    const bytes = encode(this.#desc.input, request);
    if (this.#key === undefined) {
      return bytes;
    }
    const named = this.#key.named(request);
    if (named === undefined) {
      const field = this.#key.encode(to);
      const whole = new Uint8Array(bytes.length + field.length);
      whole.set(bytes);
      whole.set(field, bytes.length);
      return whole;
    }
    if (named !== to) {
      throw new InvalidArgument(`The request is for the actor "${named}", but it is sent to "${to}".`);
    }
    return bytes;
  }

  /** What the class's method takes. */
  #message(payload: Uint8Array): unknown {
    const { input } = this.#desc;
    if (!this.#takesList) {
      return decode(input, payload);
    }
    const items = splitList(payload);
    if (items.length === 0) {
      throw new InvalidPayload(`${this.#desc.name} takes at least one request.`);
    }
    return items.map((item) => decode(input, item));
  }

  /** The bytes of what the class's method gives. */
  #reply(given: unknown): Uint8Array | undefined {
    if (this.#givesNothing) {
      return undefined;
    }
    const { output } = this.#desc;
    const one = (reply: unknown): Uint8Array => encode(output, messageOf(output, reply, 'The reply'));
    return this.#givesList ? joinList((given as unknown[]).map(one)) : one(given);
  }
}

/** The list of what a handler gives: its generator runs within the turn. */
function collect(given: unknown): unknown {
  if (typeof given === 'object' && given !== null) {
    if (Symbol.iterator in given) {
      return Array.from(given as Iterable<unknown>);
    }
    if (Symbol.asyncIterator in given) {
      return collectLater(given as AsyncIterable<unknown>);
    }
    if (typeof (given as { then?: unknown }).then === 'function') {
      return (given as Promise<unknown>).then(collect);
    }
  }
  throw new TypeError('a handler that streams gives a list of replies, or a generator of them');
}

async function collectLater(given: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of given) {
    items.push(item);
  }
  return items;
}
