/**
 * The classes of the handlers that an event manager may have, and how a handler travels: its class's name and its fields.
 */

import { type Actor, type ActorClass } from '../actor.js';
import { encodeJson } from '../codec.js';
import { DuplicateKind, InvalidArgument, InvalidDeclaration, UnknownKind } from '../errors.js';
import { type EventHandler, type EventHandlerClass } from '../event_manager.js';
import { type Route } from '../scope.js';
import { StateShape } from '../state.js';
import { snakeCase } from './names.js';
import { readFor } from './reading.js';
import { messageOf } from './thrown.js';

/** A handler on its way. */
export interface HandlerArgument {
  readonly type: string;
  readonly argument: unknown;
}

/** The classes of one kind of event managers. */
export class HandlerClasses {
  readonly #names = new Map<EventHandlerClass, string>();
  readonly #shapes = new Map<string, StateShape>();

  /** @throws InvalidDeclaration, DuplicateKind when two have one name. */
  constructor(owner: string, classes: readonly EventHandlerClass[]) {
    for (const given of classes) {
      if (typeof given !== 'function') {
        throw new InvalidDeclaration(`${owner}: a handler is a class that extends EventHandler.`);
      }
      const name = given.options.name ?? snakeCase(given.name);
      if (this.#shapes.has(name)) {
        throw new DuplicateKind(`${owner}: two classes of handlers are named ${name}.`);
      }
      this.#names.set(given, name);
      this.#shapes.set(name, new StateShape(given as unknown as ActorClass, `${owner}.${name}`));
    }
  }

  /**
   * A handler as it travels.
   *
   * @throws UnknownKind for a class that is not declared, InvalidArgument for fields that do not fit.
   */
  argument(given: EventHandlerClass, fields: object | undefined): HandlerArgument {
    const name = this.#names.get(given);
    if (name === undefined) {
      throw new UnknownKind(
        `The class ${given.name} is not among the handlers that the event manager declares.`,
      );
    }
    try {
      const encoded = this.#shapes.get(name)?.encodeSome(fields ?? {}) ?? '{}';
      return { type: name, argument: JSON.parse(encoded) };
    } catch (error) {
      throw new InvalidArgument(`the fields of ${name}: ${messageOf(error)}`, { cause: error });
    }
  }

  /**
   * @internal Makes a handler of what has travelled.
   *
   * @throws UnknownKind, StateMismatch for fields that do not fit.
   */
  make(given: unknown, route: Route): EventHandler {
    const { type, argument } = (given ?? {}) as Partial<HandlerArgument>;
    const shape = type === undefined ? undefined : this.#shapes.get(type);
    if (shape === undefined) {
      throw new UnknownKind(`No handler of events is called ${String(type)}.`);
    }
    readFor(route);
    const object: Actor = shape.make();
    shape.load(object, encodeJson(argument ?? {}) ?? '{}');
    return object as unknown as EventHandler;
  }
}
