/**
 * A kind as the engine uses it: the declaration of an actor class, checked and with its names resolved.
 */

import { Actor, type ActorClass, type ActorOptions } from '../actor.js';
import { type Context } from '../context.js';
import { InvalidDeclaration, UnknownHandler } from '../errors.js';
import { Handler } from '../handler.js';
import { type Check, compileSchema } from '../schema.js';
import { StateShape } from '../state.js';

/** What a handler is, once bound to its method. */
export type Method = (this: Actor, message: unknown, context: Context) => unknown;

/** A handler as a turn uses it. */
export interface BoundHandler {
  /** Its number within the kind. */
  readonly id: number;
  /** Its name in every language. */
  readonly name: string;
  /** The name of its method. */
  readonly methodName: string;
  readonly method: Method;
  readonly readOnly: boolean;
  readonly reentrant: boolean;
  readonly takesBytes: boolean;
  readonly givesBytes: boolean;
  readonly check: Check | undefined;
}

/** A kind's part of the core's configuration. */
export type KindSettings = Record<string, unknown>;

/** A registered kind. */
export class Kind {
  readonly id: number;
  readonly name: string;
  readonly actor: ActorClass;
  readonly options: ActorOptions;
  readonly durable: boolean;
  readonly shape: StateShape;
  readonly handlers: readonly BoundHandler[];
  readonly activated: BoundHandler | undefined;
  readonly passivating: BoundHandler | undefined;
  readonly #byName = new Map<string, BoundHandler>();

  /**
   * @param actor - the class.
   * @param id - the kind's number: its position in the configuration.
   * @throws InvalidDeclaration naming the class and what cannot be used about it.
   */
  constructor(actor: ActorClass, id: number) {
    if (typeof actor !== 'function' || !(actor.prototype instanceof Actor)) {
      throw new InvalidDeclaration(`${describeValue(actor)} is no class that extends Actor.`);
    }
    this.id = id;
    this.actor = actor;
    this.options = actor.options;
    this.name = actor.options.name ?? snakeCase(actor.name);
    this.durable = actor.options.transient !== true;
    if (this.name === '') {
      throw new InvalidDeclaration('An actor class without a name needs `static options = { name }`.');
    }
    this.shape = new StateShape(actor, this.name);
    this.handlers = Object.entries(actor.handlers).map(([name, declared], at) =>
      bindHandler(this, name, declared, at),
    );
    for (const handler of this.handlers) {
      if (this.#byName.has(handler.name)) {
        throw new InvalidDeclaration(`${this.name}: two handlers are named ${handler.name}.`);
      }
      this.#byName.set(handler.name, handler);
    }
    for (const handler of this.handlers) {
      if (!this.#byName.has(handler.methodName)) {
        this.#byName.set(handler.methodName, handler);
      }
    }
    this.activated = bindHook(this, 'activated');
    this.passivating = bindHook(this, 'passivating');
  }

  /**
   * The handler of a name: its own or its method's.
   *
   * @throws UnknownHandler when there is none.
   */
  handler(name: string): BoundHandler {
    const found = this.find(name);
    if (found === undefined) {
      throw this.unknownHandler(name);
    }
    return found;
  }

  /** The handler of a name, where there is one. */
  find(name: string): BoundHandler | undefined {
    return this.#byName.get(name);
  }

  /** The failure that there is no handler of a name. */
  unknownHandler(name: string): UnknownHandler {
    return new UnknownHandler(`The kind ${this.name} has no handler named ${name}.`);
  }

  /** The kind's part of the core's configuration. */
  settings(): KindSettings {
    const { idleTimeoutMs, mailboxCapacityMessages, overflow } = this.options;
    return {
      name: this.name,
      durable: this.durable,
      handlers: this.handlers.map((handler) => ({
        name: handler.name,
        read_only: handler.readOnly,
        reentrant: handler.reentrant,
      })),
      activated: this.activated !== undefined,
      passivating: this.passivating !== undefined,
      ...(idleTimeoutMs === undefined ? {} : { idle_timeout_ms: idleTimeoutMs }),
      ...(mailboxCapacityMessages === undefined
        ? {}
        : { mailbox_capacity_messages: mailboxCapacityMessages }),
      ...(overflow === undefined ? {} : { overflow }),
    };
  }
}

/** Names that a typed reference has already. */
const TAKEN = new Set(['ask', 'tell', 'key', 'kind', 'constructor', 'then', 'activated', 'passivating']);

function bindHandler(kind: Kind, methodName: string, declared: unknown, id: number): BoundHandler {
  const owner = `${kind.name}.${methodName}`;
  if (!(declared instanceof Handler)) {
    throw new InvalidDeclaration(`${owner}: write \`${methodName}: handler()\` in \`static handlers\`.`);
  }
  if (TAKEN.has(methodName)) {
    throw new InvalidDeclaration(`${owner}: a handler cannot have this name.`);
  }
  const method: unknown = Reflect.get(kind.actor.prototype as object, methodName);
  if (typeof method !== 'function') {
    throw new InvalidDeclaration(`${owner} is declared as a handler, but there is no such method.`);
  }
  const { name, readOnly, reentrant, message, reply } = declared.options;
  const checked = message === undefined || message === 'bytes' ? undefined : compileSchema(message, owner);
  return {
    id,
    name: name ?? snakeCase(methodName),
    methodName,
    method: method as Method,
    readOnly: readOnly === true,
    reentrant: reentrant === true,
    takesBytes: message === 'bytes',
    givesBytes: reply === 'bytes',
    check: checked,
  };
}

/** A life-cycle method as a handler that takes the context alone. */
function bindHook(kind: Kind, methodName: 'activated' | 'passivating'): BoundHandler | undefined {
  const method: unknown = Reflect.get(kind.actor.prototype as object, methodName);
  if (typeof method !== 'function') {
    return undefined;
  }
  const hook = method as (this: Actor, context: Context) => unknown;
  return {
    id: -1,
    name: methodName,
    methodName,
    method(_message, context) {
      return hook.call(this, context);
    },
    readOnly: false,
    reentrant: false,
    takesBytes: false,
    givesBytes: false,
    check: undefined,
  };
}

/** `FailAfter` and `failAfter` are `fail_after` in every language. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

function describeValue(value: unknown): string {
  return typeof value === 'function' ? `The function ${value.name || '(unnamed)'}` : `A ${typeof value}`;
}
