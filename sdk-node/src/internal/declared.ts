/**
 * Reads declarations: what an engine, or a connection, must know of the actor classes that it is given.
 */

import { Actor, type ActorClass, type ActorOptions } from '../actor.js';
import { type Descriptor, type StandardSchema } from '../schema.js';
import { type Context } from '../context.js';
import { DuplicateKind, InvalidDeclaration } from '../errors.js';
import { EventManager, type EventManagerOptions } from '../event_manager.js';
import { Handler, type HandlerOptions, InlineHandler, type Retry } from '../handler.js';
import { compileSchema } from '../schema.js';
import {
  Process,
  type MessageTypes,
  type ProcessClass,
  ProcessKind,
  type ProcessOptions,
  type ReceiverOptions,
} from '../process.js';
import { AnyProcess } from '../process_ref.js';
import { type KindGiven } from '../process_scope.js';
import { Server } from '../server.js';
import {
  type InState,
  MachineActor,
  StateHandler,
  type StateHooks,
  StateMachine,
  type StateOptions,
} from '../state_machine.js';
import { type SystemMessage } from '../exits.js';
import { StateShape } from '../state.js';
import { HandlerClasses } from './handler_classes.js';
import { DECLARE, type Declaration, type DeclaredParts } from './declaration.js';
import { MANAGER_STATE } from './managers.js';
import { notTaken } from './not_taken.js';
import {
  type Behaviour,
  type BoundHandler,
  type Hooks,
  Kind,
  type KindParts,
  type Method,
  NO_HOOKS,
  plainHandler,
} from './kind.js';
import { type Known, unknownOption } from './known.js';
import { snakeCase } from './names.js';
import { NO_STATE } from './no_state.js';

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
};

const PROCESS_OPTIONS: Known<ProcessOptions> = {
  name: true,
  mailboxCapacityMessages: true,
  overflow: true,
  doc: true,
};

const STATE_OPTIONS: Known<StateOptions> = { initial: true, enterCalls: true, states: true };

const MANAGER_OPTIONS: Known<EventManagerOptions> = {
  mailboxCapacityMessages: true,
  overflow: true,
  doc: true,
  handlers: true,
  messages: true,
};

const RECEIVER_OPTIONS: Known<ReceiverOptions> = {
  mailboxCapacityMessages: true,
  overflow: true,
  doc: true,
  messages: true,
  argument: true,
};

/** Types of the messages that the engine itself sends. */
const SYSTEM_TYPES = new Set<string>([
  'exit',
  'down',
  'joined',
  'left',
  'handler_gone',
] satisfies SystemMessage['type'][]);

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
  const states = declared instanceof StateHandler ? statesOf(actor, owner, declared) : undefined;
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

function isServerClass(actor: { readonly prototype: unknown }): boolean {
  return actor.prototype instanceof Server;
}

function isMachineClass(actor: { readonly prototype: unknown }): boolean {
  return actor.prototype instanceof StateMachine || actor.prototype instanceof MachineActor;
}

function behaves(actor: ActorClass): boolean {
  return isServerClass(actor) || isMachineClass(actor);
}

/** The general part of a class's program, where the core runs one. */
function behaviourOf(actor: ActorClass, name: string): Behaviour | undefined {
  if (isServerClass(actor)) {
    return { name: 'server', enterCalls: false, states: new Set(), classes: undefined };
  }
  if (!isMachineClass(actor)) {
    return undefined;
  }
  const { initial, enterCalls, states = [] } = actor.options as Partial<StateOptions>;
  const all = [initial, ...states, ...Object.keys(inStateOf(actor))];
  for (const declared of Object.values(actor.handlers)) {
    all.push(...(declared instanceof StateHandler ? Object.keys(declared.functions) : []));
  }
  const wrong = all.find((state) => typeof state !== 'string' || state === '');
  if (wrong !== undefined || initial === undefined || initial === '') {
    throw new InvalidDeclaration(
      `${name}: \`static options\` needs \`initial\`, the name of the first state; states are named by texts.`,
    );
  }
  return {
    name: 'state_machine',
    enterCalls: flag(name, 'enterCalls', enterCalls),
    states: new Set(all as string[]),
    classes: undefined,
  };
}

function inStateOf(actor: ActorClass): InState {
  return isMachineClass(actor) ? (actor as unknown as { readonly inState: InState }).inState : {};
}

/** A hook with what the class has for some states. */
function inStates(
  actor: ActorClass,
  hook: BoundHandler | undefined,
  name: keyof StateHooks,
): BoundHandler | undefined {
  const found = Object.entries(inStateOf(actor)).filter(([, hooks]) => hooks[name] !== undefined);
  if (found.length === 0) {
    return hook;
  }
  const states = new Map(found.map(([state, hooks]) => [state, hooks[name] as unknown as Method]));
  return { ...(hook ?? { ...plainHandler(-1, name), internal: true }), states };
}

/** The functions of a handler by the states that they are for. */
function statesOf(actor: ActorClass, owner: string, declared: StateHandler): ReadonlyMap<string, Method> {
  if (!isMachineClass(actor)) {
    throw new InvalidDeclaration(`${owner}: only a state machine has handlers by states.`);
  }
  const functions = Object.entries(declared.functions);
  const wrong = functions.find(([, run]) => typeof run !== 'function');
  if (wrong !== undefined || functions.length === 0) {
    throw new InvalidDeclaration(`${owner}: a handler by states has a function for each of them.`);
  }
  return new Map(functions as [string, Method][]);
}

/** A kind of event managers, as `eventManager` declared it. */
function managerParts(given: EventManager): KindParts {
  const { name, declared } = given;
  if (typeof (name as unknown) !== 'string' || name === '') {
    throw new InvalidDeclaration('An event manager needs a name.');
  }
  refuseUnknown(name, declared, MANAGER_OPTIONS, 'option of an event manager');
  const { handlers, messages = {}, ...options } = declared;
  return {
    ...NO_HOOKS,
    name,
    role: 'process',
    behaviour: {
      name: 'event_manager',
      enterCalls: false,
      states: new Set(),
      classes: new HandlerClasses(name, handlers),
    },
    run: undefined,
    aliases: [given],
    options: { ...options, transient: true },
    shape: MANAGER_STATE,
    handlers: messageHandlers(name, messages),
    errors: [],
    service: undefined,
    files: [],
  };
}

/** Messages of types as handlers. */
function messageHandlers(name: string, messages: MessageTypes): BoundHandler[] {
  return Object.entries(messages).map(([type, fields], id) => {
    if (SYSTEM_TYPES.has(type)) {
      throw new InvalidDeclaration(`${name}.${type}: messages of this type come from the engine itself.`);
    }
    return { ...plainHandler(id, type), check: schemaOf(fields, `${name}.${type}`) };
  });
}

/** A function and its messages, as `process` declared them. */
function receiverParts(given: ProcessKind): KindParts {
  const { name, declared, run } = given;
  if (typeof (name as unknown) !== 'string' || name === '' || typeof (run as unknown) !== 'function') {
    throw new InvalidDeclaration('A process needs a name, what its messages are, and a function.');
  }
  refuseUnknown(name, declared, RECEIVER_OPTIONS, 'option of a process');
  const { messages, argument, ...options } = declared;
  const handlers = messageHandlers(name, messages);
  const call = run as unknown as (context: unknown, argument: unknown) => unknown;
  return {
    ...NO_HOOKS,
    name,
    role: 'receiver',
    run: {
      ...plainHandler(-1, 'run'),
      check: schemaOf(argument, `${name}: argument`),
      method: (message, context) => call(context, message),
    },
    aliases: [given],
    options: { ...options, transient: true },
    shape: NO_STATE,
    handlers,
    errors: [],
    service: undefined,
    files: [],
  };
}

function schemaOf(
  given: Descriptor | StandardSchema | true | undefined,
  owner: string,
): BoundHandler['check'] {
  return given === undefined || given === true ? undefined : compileSchema(given, owner);
}

/** Refuses options that nothing would obey. */
function refuseUnknown(owner: string, given: object, known: object, what: string): void {
  const fault = unknownOption(given, known, what);
  if (fault !== undefined) {
    throw new InvalidDeclaration(`${owner}: ${fault}`);
  }
}

/** An option that is true or false, false when left out: what is neither would be taken for false in silence. */
function flag(owner: string, name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new InvalidDeclaration(
      `${owner}: ${name} is true or false, not ${describeValue(value).toLowerCase()}.`,
    );
  }
  return value === true;
}

function describeValue(value: unknown): string {
  return typeof value === 'function' ? `The function ${value.name || '(unnamed)'}` : `A ${typeof value}`;
}
