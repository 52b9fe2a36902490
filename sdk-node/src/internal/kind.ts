/**
 * A kind as the engine uses it: what was declared, checked and with its names resolved.
 *
 * `declared` reads the declaration of an actor class; generated code brings its own (`DECLARE`).
 */

import { type Actor, type ActorOptions } from '../actor.js';
import { type Context } from '../context.js';
import { type ApplicationErrorClass, InvalidDeclaration, UnknownHandler } from '../errors.js';
import { type Retry } from '../handler.js';
import { type Check } from '../schema.js';
import { type Shape } from '../state.js';
import { type HandlerClasses } from './handler_classes.js';
import { snakeCase } from './names.js';

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
  /** Of a state machine: what runs in its place, by the machine's state. */
  readonly states?: ReadonlyMap<string, Method>;
  readonly readOnly: boolean;
  readonly reentrant: boolean;
  readonly idempotent: boolean;
  /** Not served to callers from outside. */
  readonly internal: boolean;
  readonly retry: Retry | undefined;
  readonly doc: string | undefined;
  readonly takesBytes: boolean;
  readonly givesBytes: boolean;
  /** Makes of a message what the method takes. */
  readonly check: Check | undefined;
  /** Makes the payload of what the method gives; its JSON, or the bytes that it is, when left out. */
  readonly encode: ((reply: unknown) => Uint8Array | undefined) | undefined;
}

/** A handler without options. */
export function plainHandler(id: number, name: string): BoundHandler {
  return {
    id,
    name,
    methodName: name,
    method: () => undefined,
    readOnly: false,
    reentrant: false,
    idempotent: false,
    internal: false,
    retry: undefined,
    doc: undefined,
    takesBytes: false,
    givesBytes: false,
    check: undefined,
    encode: undefined,
  };
}
/** How those of a kind come to life: addressed, or spawned with handlers, or spawned as a function that receives its messages. */
export type Role = 'actor' | 'process' | 'receiver';

/** The general part of a program that the core runs (docs/reference/boundary.md, "Behaviours"). */
export interface Behaviour {
  readonly name: 'server' | 'state_machine' | 'event_manager';
  /** Of a state machine: whether it wants to know of each state that it enters. */
  readonly enterCalls: boolean;
  /** The names of a state machine's states. */
  readonly states: ReadonlySet<string>;
  /** The handlers that an event manager may have. */
  readonly classes: HandlerClasses | undefined;
}

/** The hooks that a class may have. */
export interface Hooks {
  readonly activated: BoundHandler | undefined;
  readonly passivating: BoundHandler | undefined;
  /** Called with what the core tells of exits, ends and groups. */
  readonly onExit: BoundHandler | undefined;
  readonly onDown: BoundHandler | undefined;
  readonly onGroup: BoundHandler | undefined;
  readonly onHandlerGone: BoundHandler | undefined;
  /** Those of behaviours. */
  readonly onTimeout: BoundHandler | undefined;
  readonly onContinue: BoundHandler | undefined;
  readonly onEnter: BoundHandler | undefined;
  readonly terminate: BoundHandler | undefined;
}

/** No hooks. */
export const NO_HOOKS: Hooks = {
  activated: undefined,
  passivating: undefined,
  onExit: undefined,
  onDown: undefined,
  onGroup: undefined,
  onHandlerGone: undefined,
  onTimeout: undefined,
  onContinue: undefined,
  onEnter: undefined,
  terminate: undefined,
};

/** A kind's part of the core's configuration. */
export type KindSettings = Record<string, unknown>;

/** A file of the schema that a kind was generated from: its name and its descriptor in base64. */
export type SchemaFile = readonly [name: string, descriptor: string];

/** What a declaration says of its kind. */
export interface KindParts extends Hooks {
  readonly name: string;
  readonly role: Role;
  readonly behaviour?: Behaviour | undefined;
  /** The function of a receiver. */
  readonly run: BoundHandler | undefined;
  /** What references may name the kind by, beside its name: the class, the declaration. */
  readonly aliases: readonly unknown[];
  readonly options: ActorOptions;
  readonly shape: Shape;
  readonly handlers: readonly BoundHandler[];
  /** The application's errors that its handlers throw. */
  readonly errors: readonly ApplicationErrorClass[];
  /** The full name of the service that the kind was generated from. */
  readonly service: string | undefined;
  /** The files of that service, each after those that it imports. */
  readonly files: readonly SchemaFile[];
}

/** A registered kind. */
export class Kind {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly behaviour: Behaviour | undefined;
  readonly run: BoundHandler | undefined;
  readonly hooks: Hooks;
  readonly aliases: readonly unknown[];
  readonly durable: boolean;
  readonly shape: Shape;
  handlers: readonly BoundHandler[];
  readonly errors: readonly ApplicationErrorClass[];
  readonly service: string | undefined;
  readonly files: readonly SchemaFile[];
  readonly #options: ActorOptions;
  readonly #byName = new Map<string, BoundHandler>();

  /**
   * @param parts - what was declared.
   * @param id - the kind's number: its position in the configuration.
   * @throws InvalidDeclaration when two handlers have one name.
   */
  constructor(parts: KindParts, id: number) {
    this.id = id;
    this.name = parts.name;
    this.role = parts.role;
    this.behaviour = parts.behaviour;
    this.run = parts.run;
    this.hooks = parts;
    this.aliases = parts.aliases;
    this.durable = parts.role === 'actor' && parts.options.transient !== true;
    this.shape = parts.shape;
    this.handlers = parts.handlers;
    this.errors = parts.errors;
    this.service = parts.service;
    this.files = parts.files;
    this.#options = parts.options;
    this.#index();
  }

  /** The pool that its handlers run in, and the module that exports its class. */
  get pooling(): Pick<ActorOptions, 'pool' | 'module'> {
    return this.#options;
  }

  /** Has other methods run in its handlers' places. */
  replaceMethods(by: (handler: BoundHandler) => Method): void {
    this.handlers = this.handlers.map((handler) => ({ ...handler, method: by(handler) }));
    this.#byName.clear();
    this.#index();
  }

  #index(): void {
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
    const { idleTimeoutMs, mailboxCapacityMessages, overflow } = this.#options;
    return {
      name: this.name,
      ...(this.role === 'actor' ? {} : { role: this.role }),
      ...(this.behaviour === undefined ? {} : { behaviour: this.behaviour.name }),
      ...(this.behaviour?.enterCalls === true ? { enter_calls: true } : {}),
      durable: this.durable,
      handlers: this.handlers.map((handler) => ({
        name: handler.name,
        read_only: handler.readOnly,
        reentrant: handler.reentrant,
        idempotent: handler.idempotent,
        bytes: handler.takesBytes && this.service === undefined,
        internal: handler.internal,
        ...(handler.retry === undefined ? {} : { retry: retrySettings(handler.retry) }),
        ...(handler.doc === undefined ? {} : { doc: handler.doc }),
      })),
      exposed: this.#options.exposed === true,
      ...(this.#options.doc === undefined ? {} : { doc: this.#options.doc }),
      activated: this.hooks.activated !== undefined || isBegun(this.behaviour),
      passivating: this.hooks.passivating !== undefined,
      ...(this.service === undefined ? {} : { codec: 'protobuf', service: this.service }),
      ...(idleTimeoutMs === undefined ? {} : { idle_timeout_ms: idleTimeoutMs }),
      ...(mailboxCapacityMessages === undefined
        ? {}
        : { mailbox_capacity_messages: mailboxCapacityMessages }),
      ...(overflow === undefined ? {} : { overflow }),
    };
  }
}

/** Whether a behaviour always begins with a turn. */
function isBegun(behaviour: Behaviour | undefined): boolean {
  return behaviour !== undefined && behaviour.name !== 'event_manager';
}

/** A policy by the names that the core knows. */
function retrySettings(retry: Retry): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(retry).map(([name, value]) => [snakeCase(name), value as unknown]),
  );
}
