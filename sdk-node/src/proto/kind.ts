/**
 * Declares a kind of actors that comes from a service in a .proto.
 */

import { Buffer } from 'node:buffer';

import { type DescFile, type DescMessage, type DescService, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

import { type ActorClass, type ActorOptions, type DeclaredKind } from '../actor.js';
import { type ApplicationErrorClass, InvalidDeclaration, UnknownHandler } from '../errors.js';
import { DECLARE, type DeclaredParts } from '../internal/declaration.js';
import { type SchemaFile } from '../internal/kind.js';
import { type HandlerDeclaration, Method } from './method.js';
import { MessageState } from './state.js';
import { type Methods } from './types.js';

/** How the actors of a kind live, and which methods they have. */
export interface KindOptions<M extends Methods> extends ActorOptions {
  /** The kind's name in every language. */
  readonly name: string;
  /** The message that is an actor's state. */
  readonly state: DescMessage;
  /** The application's errors that callers of its methods should know. */
  readonly errors?: readonly ApplicationErrorClass[];
  /** What is to be known of each method, by its local name. */
  readonly handlers: { readonly [N in keyof M]: HandlerDeclaration };
}

/** A declared kind: what an engine, a connection and references must know of a service. */
export class Kind<M extends Methods = Methods> implements DeclaredKind {
  /** The kind's name in every language. */
  readonly name: string;
  /** The service's full name. */
  readonly service: string;
  /** The service's methods; there for their types only. */
  declare readonly '~methods'?: M;
  /** @internal The message that is an actor's state. */
  readonly state: DescMessage;
  readonly #service: DescService;
  readonly #options: ActorOptions;
  readonly #errors: readonly ApplicationErrorClass[];
  readonly #handlers: Readonly<Record<string, HandlerDeclaration>>;
  readonly #methods = new Map<string, Method>();

  /** @internal */
  constructor(service: DescService, options: KindOptions<M>) {
    const { state, handlers, errors, ...rest } = options;
    this.name = options.name;
    this.service = service.typeName;
    this.state = state;
    this.#service = service;
    this.#options = rest;
    this.#errors = errors ?? [];
    this.#handlers = handlers;
  }

  /**
   * @internal A method by its local name.
   *
   * @throws UnknownHandler when there is none, InvalidDeclaration when it cannot be used.
   */
  method(localName: string): Method {
    let method = this.#methods.get(localName);
    if (method === undefined) {
      const declared = Object.hasOwn(this.#handlers, localName) ? this.#handlers[localName] : undefined;
      if (declared === undefined) {
        throw new UnknownHandler(`The kind ${this.name} has no method named ${localName}.`);
      }
      const desc = this.#service.methods.find((candidate) => candidate.localName === localName);
      if (desc === undefined) {
        throw new InvalidDeclaration(`The service ${this.service} has no method named ${localName}.`);
      }
      method = new Method(desc, declared);
      this.#methods.set(localName, method);
    }
    return method;
  }

  /** @internal */
  [DECLARE](actor: ActorClass | undefined): DeclaredParts {
    return {
      name: this.name,
      options: this.#options,
      shape: new MessageState(this.state, actor),
      handlers: Object.keys(this.#handlers).map((localName, id) => {
        const method = this.method(localName);
        return method.bind(id, actor === undefined ? nothingRuns : methodOf(actor, method, this.name));
      }),
      errors: this.#errors,
      service: this.service,
      files: filesOf(this.#service.file),
    };
  }
}

/**
 * Declares a kind; generated code calls this.
 *
 * @param service - the service's descriptor.
 * @param options - how its actors live, and which methods they have.
 */
export function kind<S extends DescService>(
  service: S,
  options: KindOptions<S['method']>,
): Kind<S['method']> {
  return new Kind(service, options);
}

function methodOf(actor: ActorClass, method: Method, kindName: string): unknown {
  const found: unknown = Reflect.get(actor.prototype as object, method.methodName);
  if (typeof found !== 'function') {
    throw new InvalidDeclaration(
      `${actor.name} has no method ${method.methodName}, which ${kindName} declares.`,
    );
  }
  return found;
}

function nothingRuns(): never {
  throw new InvalidDeclaration('The kind was declared without a class to run it.');
}

/** A file and all that it imports, each after those that it imports itself. */
function filesOf(file: DescFile, seen = new Map<string, SchemaFile>()): SchemaFile[] {
  const { name } = file.proto;
  if (!seen.has(name)) {
    for (const imported of file.dependencies) {
      filesOf(imported, seen);
    }
    seen.set(name, [name, Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)).toString('base64')]);
  }
  return [...seen.values()];
}
