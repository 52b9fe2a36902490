/**
 * Reads the declarations of kinds that say their messages themselves: functions, and event managers.
 */

import { InvalidDeclaration } from '../errors.js';
import { type EventManager, type EventManagerOptions } from '../event_manager.js';
import { type SystemMessage } from '../exits.js';
import { type MessageTypes, type ProcessKind, type ReceiverOptions } from '../process.js';
import { compileSchema, type Descriptor, type StandardSchema } from '../schema.js';
import { HandlerClasses } from './handler_classes.js';
import { type BoundHandler, type KindParts, NO_HOOKS, plainHandler } from './kind.js';
import { type Known } from './known.js';
import { MANAGER_STATE } from './managers.js';
import { NO_STATE } from './no_state.js';
import { refuseUnknown } from './refusals.js';

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

/** A kind of event managers, as `eventManager` declared it. */
export function managerParts(given: EventManager): KindParts {
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
export function receiverParts(given: ProcessKind): KindParts {
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
