/**
 * Reads declarations: what an engine, or a connection, must know of the actor classes that it is given.
 */

import { Actor, type ActorClass, type ActorOptions } from '../actor.js';
import { type Context } from '../context.js';
import { DuplicateKind, InvalidDeclaration } from '../errors.js';
import { EventManager } from '../event_manager.js';
import { Handler, type HandlerOptions, InlineHandler, type Retry } from '../handler.js';
import { Process, type ProcessClass, ProcessKind, type ProcessOptions } from '../process.js';
import { AnyProcess } from '../process_ref.js';
import { type KindGiven } from '../process_scope.js';
import { compileSchema } from '../schema.js';
import { StateShape } from '../state.js';
import { StateHandler, type StateOptions } from '../state_machine.js';
import { DECLARE, type Declaration, type DeclaredParts } from './declaration.js';
import { behaves, behaviourOf, inStates, isMachineClass, statesOf } from './declared_behaviours.js';
import { managerParts, receiverParts } from './declared_messages.js';
import {
  type BoundHandler,
  type Hooks,
  Kind,
  type KindParts,
  type Method,
  NO_HOOKS,
  plainHandler,
} from './kind.js';
import { type Known } from './known.js';
import { snakeCase } from './names.js';
import { notTaken } from './not_taken.js';
import { describeValue, flag, refuseUnknown } from './refusals.js';

/** Names that a typed reference has already. */
const TAKEN = new Set([
  ...['ask', 'tell', 'key', 'kind', 'constructor', 'then'],
  ...['activated', 'passivating', 'onExit', 'onDown', 'onGroup'],
]);
/** Names that hooks of behaviours have. */
const TAKEN_OF_BEHAVIOUR = new Set([
  'state',
  'onHandlerGone',
  'onTimeout',
  'onContinue',
  'onEnter',
  'terminate',
]);
/** Names that a reference to a process has beside those. */
const TAKEN_OF_PROCESS = new Set(Object.getOwnPropertyNames(AnyProcess.prototype));

const ACTOR_OPTIONS: Known<ActorOptions> = {
  name: true,
  transient: true,
  idleTimeoutMs: true,
  mailboxCapacityMessages: true,
  overflow: true,
  exposed: true,
  doc: true,
  pool: true,
  module: true,
};

const PROCESS_OPTIONS: Known<ProcessOptions> = {
  name: true,
  mailboxCapacityMessages: true,
  overflow: true,
  doc: true,
};

const STATE_OPTIONS: Known<StateOptions> = { initial: true, enterCalls: true, states: true };

const HANDLER_OPTIONS: Known<HandlerOptions> = {
  name: true,
  readOnly: true,
  reentrant: true,
  idempotent: true,
  internal: true,
  retry: true,
  doc: true,
  message: true,
  reply: true,
};

const RETRY_FIELDS: Known<Retry> = {
  attemptsMax: true,
  firstWaitMs: true,
  waitMaxMs: true,
  factor: true,
  jitter: true,
  notRetried: true,
  onFailure: true,
};

/**
 * The kinds of an engine, each with a class that runs its turns.
 *
 * @throws InvalidDeclaration, DuplicateKind.
 */
export function engineKinds(actors: readonly ActorClass[], processes: readonly KindGiven[]): Kind[] {
  return numbered([...actors.map(actorParts), ...processes.map(processParts)]);
}

function actorParts(actor: ActorClass): KindParts {
  requireActor(actor);
  const declaration = declarationOf(actor);
  return declaration === undefined ? partsOf(actor, 'actor') : together(actor, declaration[DECLARE](actor));
}

function processParts(given: KindGiven): KindParts {
  if (given instanceof EventManager) {
    return managerParts(given);
  }
  if (given instanceof ProcessKind) {
    return receiverParts(given);
  }
  if (isProcessClass(given)) {
    return partsOf(given, 'process');
  }
  throw new InvalidDeclaration(
    `${describeValue(given)} is no class that extends Process, and nothing that process() gave.`,
  );
}

/** What generated code says of a class, and what the class says itself. */
function together(actor: ActorClass, declared: DeclaredParts): KindParts {
  return {
    ...declared,
    role: 'actor',
    run: undefined,
    ...namesAndHooks(actor),
    errors: [...declared.errors, ...actor.errors],
  };
}

/**
 * The kinds of a connection: nothing of them runs here, so a generated declaration will do.
 *
 * @throws InvalidDeclaration, DuplicateKind.
 */
export function connectionKinds(actors: readonly unknown[]): Kind[] {
  return numbered(
    actors.map((actor) => {
      if (isDeclaration(actor)) {
        return {
          ...actor[DECLARE](undefined),
          ...NO_HOOKS,
          role: 'actor',
          run: undefined,
          aliases: [],
        };
      }
      requireActor(actor);
      const declaration = declarationOf(actor);
      return declaration === undefined
        ? partsOf(actor, 'actor')
        : together(actor, declaration[DECLARE](undefined));
    }),
  );
}

/** The kinds' part of the core's configuration. */
export function kindSettings(kinds: readonly Kind[]): Record<string, unknown> {
  const files = new Map(kinds.flatMap((kind) => kind.files));
  return {
    kinds: kinds.map((kind) => kind.settings()),
    ...(files.size === 0 ? {} : { descriptors: [...files.values()] }),
  };
}

/** The core would refuse twins too, but it does not know the classes. */
function numbered(declared: readonly KindParts[]): Kind[] {
  const seen = new Set<string>();
  for (const { name } of declared) {
    if (seen.has(name)) {
      throw new DuplicateKind(`The kind ${name} is registered twice.`);
    }
    seen.add(name);
  }
  return declared.map((parts, id) => new Kind(parts, id));
}

function isProcessClass(value: unknown): value is ProcessClass {
  return typeof value === 'function' && value.prototype instanceof Process;
}

function requireActor(value: unknown): asserts value is ActorClass {
  if (typeof value !== 'function' || !(value.prototype instanceof Actor)) {
    throw new InvalidDeclaration(`${describeValue(value)} is no class that extends Actor.`);
  }
}

/** The declaration that a generated class carries. */
function declarationOf(actor: ActorClass): Declaration | undefined {
  const kind: unknown = Reflect.get(actor, 'kind');
  return isDeclaration(kind) ? kind : undefined;
}

function isDeclaration(value: unknown): value is Declaration {
  return typeof value === 'object' && value !== null && DECLARE in value;
}

/** What a class of actors or of processes declares itself. */
function partsOf(actor: ActorClass, role: 'actor' | 'process'): KindParts {
  const name = actor.options.name ?? snakeCase(actor.name);
  if (name === '') {
    throw new InvalidDeclaration('An actor class without a name needs `static options = { name }`.');
  }
  const [known, what] =
    role === 'actor' ? [ACTOR_OPTIONS, 'option of an actor'] : [PROCESS_OPTIONS, 'option of a process'];
  refuseUnknown(name, actor.options, isMachineClass(actor) ? { ...known, ...STATE_OPTIONS } : known, what);
  flag(name, 'transient', actor.options.transient);
  flag(name, 'exposed', actor.options.exposed);
  return {
    name,
    role,
    behaviour: behaviourOf(actor, name),
    run: undefined,
    ...namesAndHooks(actor),
    options: actor.options,
    shape: new StateShape(actor, name),
    handlers: Object.entries(actor.handlers).map(([method, declared], at) =>
      bindHandler(actor, `${name}.${method}`, method, declared, at),
    ),
    service: undefined,
    files: [],
  };
}

/** What a class says beside its declaration. */
function namesAndHooks(actor: ActorClass): Pick<KindParts, 'aliases' | 'errors' | keyof Hooks> {
  return {
    aliases: [actor],
    errors: actor.errors,
    activated: bindHook(actor, 'activated', false),
    passivating: bindHook(actor, 'passivating', false),
    onExit: bindHook(actor, 'onExit', true),
    onDown: bindHook(actor, 'onDown', true),
    onGroup: bindHook(actor, 'onGroup', true),
    onHandlerGone: bindHook(actor, 'onHandlerGone', true),
    onTimeout: inStates(actor, bindHook(actor, 'onTimeout', isMachineClass(actor)), 'onTimeout'),
    onContinue: bindHook(actor, 'onContinue', true),
    onEnter: inStates(actor, bindHook(actor, 'onEnter', true), 'onEnter'),
    terminate: bindHook(actor, 'terminate', true),
  };
}

function bindHandler(
  actor: ActorClass,
  owner: string,
  methodName: string,
  declared: unknown,
  id: number,
): BoundHandler {
  if (!(declared instanceof Handler)) {
    throw new InvalidDeclaration(`${owner}: write \`${methodName}: handler()\` in \`static handlers\`.`);
  }
  if (
    TAKEN.has(methodName) ||
    (isProcessClass(actor) && TAKEN_OF_PROCESS.has(methodName)) ||
    (behaves(actor) && TAKEN_OF_BEHAVIOUR.has(methodName))
  ) {
    throw new InvalidDeclaration(`${owner}: a handler cannot have this name.`);
  }
  const own: unknown = Reflect.get(actor.prototype as object, methodName);
  const states =
    declared instanceof StateHandler ? statesOf(actor, owner, declared as StateHandler) : undefined;
  const run = declared instanceof InlineHandler ? declared.run : undefined;
  if (run !== undefined && own !== undefined) {
    throw new InvalidDeclaration(
      `${owner} is declared with a function, and there is a method of the same name.`,
    );
  }
  const method =
    run ??
    own ??
    (states === undefined ? undefined : notTaken(owner.slice(0, owner.indexOf('.')), methodName));
  if (typeof method !== 'function') {
    throw new InvalidDeclaration(`${owner} is declared as a handler, but there is no such method.`);
  }
  const { options } = declared as Handler;
  refuseUnknown(owner, options, HANDLER_OPTIONS, 'option of a handler');
  refuseUnknown(owner, options.retry ?? {}, RETRY_FIELDS, 'field of a retry policy');
  const { name, readOnly, reentrant, idempotent, internal, retry, doc, message, reply } = options;
  const checked = message === undefined || message === 'bytes' ? undefined : compileSchema(message, owner);
  return {
    id,
    name: name ?? snakeCase(methodName),
    methodName,
    method: method as Method,
    ...(states === undefined ? {} : { states }),
    readOnly: flag(owner, 'readOnly', readOnly),
    reentrant: flag(owner, 'reentrant', reentrant),
    idempotent: flag(owner, 'idempotent', idempotent),
    internal: flag(owner, 'internal', internal),
    retry,
    doc,
    takesBytes: message === 'bytes',
    givesBytes: reply === 'bytes',
    check: checked,
    encode: undefined,
  };
}

/** A life-cycle method as a handler, where the class has it: those of a note take it and the context, the others the context. */
function bindHook(actor: ActorClass, methodName: keyof Hooks, takesNote: boolean): BoundHandler | undefined {
  const method: unknown = Reflect.get(actor.prototype as object, methodName);
  if (typeof method !== 'function') {
    return undefined;
  }
  const hook = method as (this: Actor, context: Context) => unknown;
  const run: Method = takesNote
    ? (method as Method)
    : function (_message, context) {
        return hook.call(this, context);
      };
  return { ...plainHandler(-1, methodName), method: run, internal: true };
}
