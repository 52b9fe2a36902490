/**
 * Everact: durable actors, embedded. A library and a data folder, no server.
 *
 * @packageDocumentation
 */

export {
  Actor,
  type ActorClass,
  type ActorOptions,
  type AnyActorClass,
  type DeclaredKind,
  type Handlers,
  type Overflow,
} from './actor.js';
export { RawJson } from './codec.js';
export { connect, Connection } from './connection.js';
export { type Address, type Context } from './context.js';
export {
  type DeadLetter,
  type DeadLetterFilter,
  type OpenedDeadLetter,
  type RetryOptions,
} from './dead_letters.js';
export { Engine, type EngineStats, restore } from './engine.js';
export * from './errors.js';
export {
  type Asked,
  type Handler,
  handler,
  type HandlerOptions,
  type InlineHandler,
  type MessageOf,
  type Retry,
} from './handler.js';
export {
  Down,
  Exit,
  type ExitReason,
  type GivenReason,
  type GroupMonitor,
  HandlerGone,
  Joined,
  Left,
  type Monitor,
  ProcessEnded,
  type SystemMessage,
} from './exits.js';
export {
  type After,
  EventHandler,
  type EventHandlerClass,
  type EventHandlerOptions,
  eventManager,
  type EventManager,
  type EventManagerOptions,
  type HandlerContext,
  type HandlerFields,
  Refuse,
  type WhyLeft,
} from './event_manager.js';
export { type GatewayJwt, type GatewayOptions, type GatewayToken } from './gateway.js';
export { type AddOptions, EventHandlerError, ManagerRef, type SwapOptions } from './manager_ref.js';
export { type Caller, type Metadata } from './metadata.js';
export {
  type AskOptions,
  type ConnectionBounds,
  type ConnectionSettings,
  type ConnectOptions,
  type EngineOptions,
  type EngineSettings,
  type Notice,
  type TellOptions,
} from './options.js';
export {
  type ArgumentOf,
  type FieldsOf,
  type FieldTypes,
  type MessagesOf,
  type MessageTypes,
  process,
  Process,
  type ProcessClass,
  type ProcessFunction,
  type ProcessKind,
  type ProcessOptions,
  type ReceiverOptions,
} from './process.js';
export { type OfType, type ProcessContext, type ReceiveOptions } from './process_context.js';
export {
  AnyProcess,
  type HandledProcess,
  type Message,
  ProcessRef,
  type TypedProcess,
} from './process_ref.js';
export {
  type ArgumentGiven,
  type KindGiven,
  type ProcessOf,
  type ProcessScope,
  type SpawnGiven,
  type SpawnOptions,
  type TurnScope,
} from './process_scope.js';
export { type Ingested, type IngestOptions, type Producer, type ProducerState } from './producer.js';
export {
  type AnyReference,
  type Asks,
  type HandlerName,
  type MessageArguments,
  type NamedReference,
  type Reference,
  type ReplyOf,
  type TypedReference,
} from './reference.js';
export { OUTPUT_LINE, type OutputLine, program, type Program, type ProgramOptions } from './program.js';
export { type ReplyTo } from './reply_to.js';
export { type Scope } from './scope.js';
export { Server, type ServerContext } from './server.js';
export { type Field, field, type FieldOptions, type StateTypes } from './state.js';
export {
  byState,
  type InState,
  MachineActor,
  type MachineContext,
  type NextEventOptions,
  type StateHandler,
  type StateHooks,
  StateMachine,
  type StateOptions,
  type Timeout,
  type TimeoutName,
} from './state_machine.js';
export {
  type Backoff,
  type Child,
  child,
  type ChildGiven,
  type ChildCount,
  type ChildOptions,
  type ChildState,
  type Strategy,
  type Supervisor,
  supervisor,
  SupervisorError,
  type SupervisorOptions,
  SupervisorRef,
} from './supervisor.js';
export { type Timer } from './timer.js';
export {
  type Described,
  type Descriptor,
  type MapType,
  mapOf,
  type MessageSchema,
  oneOf,
  type OneOfType,
  processOf,
  type ProcessType,
  setOf,
  type SetType,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  type TypeName,
} from './schema.js';
