/**
 * How an engine is configured. The core knows defaults and ranges; `EVERACT_*` variables fill what is not given.
 */

import { type ActorClass, type AnyActorClass, type DeclaredKind } from './actor.js';
import { type ApplicationErrorClass, InvalidConfiguration } from './errors.js';
import { gatewaySettings, type GatewayOptions } from './gateway.js';
import { unknownOption } from './internal/known.js';
import { type Metadata } from './metadata.js';
import { type KindGiven } from './process_scope.js';

/** The settings of an engine; each is also an environment variable (`askTimeoutMs` is EVERACT_ASK_TIMEOUT_MS). */
export interface EngineSettings {
  /** The data folder; `null` keeps everything in memory. */
  readonly data?: string | null;
  /** Independent parts of the actor table, 1 to 64. */
  readonly shards?: number;
  /** The deadline of asks that name none, in milliseconds. */
  readonly askTimeoutMs?: number;
  /** Idle time before an activation leaves memory, in milliseconds. */
  readonly idleTimeoutMs?: number;
  /** Activations in memory before the least recently used leave it. */
  readonly activationsMax?: number;
  /** Processes alive in one shard before a spawn is Overloaded. */
  readonly processesMax?: number;
  /** Encoded state in memory before the least recently used activations leave it; 0 is no limit. */
  readonly memoryBytesMax?: number;
  /** Messages that may wait for one actor. */
  readonly mailboxCapacityMessages?: number;
  /** Open asks in the engine before Overloaded. */
  readonly pendingAsksMax?: number;
  /** Bytes accepted and not yet durable before asks get Overloaded and told messages wait. */
  readonly uncommittedBytesMax?: number;
  /** Larger messages, replies and states are TooLarge. */
  readonly messageBytesMax?: number;
  /** A message in JSON that nests deeper is InvalidPayload. */
  readonly jsonDepthMax?: number;
  /** A message in JSON with more elements is InvalidPayload. */
  readonly jsonElementsMax?: number;
  /** Turns in a row on the event loop before other work runs. */
  readonly callerRunsMax?: number;
  /** A turn open for longer is reported, in milliseconds. */
  readonly slowTurnMs?: number;
  /** The store's page cache. */
  readonly cacheBytes?: number;
  /** Where the gateway listens, for example `127.0.0.1:8080`; port 0 takes a free one. Left out, there is none. */
  readonly listen?: string | null;
  /** The gateway's settings. */
  readonly gateway?: GatewayOptions;
  /** Which of the core's own diagnostics are published to the diagnostics channel `everact.log`; none when left out. */
  readonly logLevel?: 'error' | 'warn' | 'info' | 'debug' | 'trace';
}

/** Something a person should know: a slow turn, a message that reached nobody, trouble with the store. */
export interface Notice {
  /** The number of the error it is about; 1000 for a slow turn, which is no error. */
  readonly code: number;
  /** The name of that error, or `'SlowTurn'`. */
  readonly name: string;
  /** What happened. */
  readonly text: string;
}

/** What opens an engine. */
export interface EngineOptions extends EngineSettings {
  /** The classes of the actors. */
  readonly actors?: readonly ActorClass[];
  /** The kinds of processes: their classes, and what `process` and `eventManager` gave. */
  readonly processes?: readonly KindGiven[];
  /** Pools for kinds that compute for long, by name: how many workers each has (`cpu`: processors less one). */
  readonly pools?: Readonly<Record<string, number>>;
  /** Hears notices; `process.emitWarning` does when left out. */
  readonly onNotice?: (notice: Notice) => void;
  /** The application's own errors beside those that the actors name, so that they arrive as their classes. */
  readonly errors?: readonly ApplicationErrorClass[];
  /**
   * What becomes of a promise that a handler starts and neither awaits nor catches, when it is rejected. `'notice'`: a notice names
   * the handler, and the process goes on; the default from Node 24 on. `'throw'`: it is the process's, as any other; the
   * default before, where telling whose a promise is costs more than an ask.
   */
  readonly unhandledRejections?: 'notice' | 'throw';
}

/** The bounds of a connection. */
export interface ConnectionBounds {
  /** The deadline of asks that name none, in milliseconds. */
  readonly askTimeoutMs?: number;
  /** Open asks of the connection before Overloaded. */
  readonly pendingAsksMax?: number;
  /** Larger messages are TooLarge. */
  readonly messageBytesMax?: number;
}

/** As whom to connect, and how. */
export interface ConnectionSettings {
  /** The bearer token. */
  readonly token?: string;
  /** A PEM file with the authorities to trust instead of the system's. */
  readonly authorityFile?: string;
  /** A PEM file with the client's certificate. */
  readonly certificateFile?: string;
  /** A PEM file with its private key. */
  readonly keyFile?: string;
  /** The name in the server's certificate, where it is not the address's. */
  readonly serverName?: string;
  /** Time to connect and to be welcomed, in milliseconds. */
  readonly connectTimeoutMs?: number;
  /** Time without a word before the other side is asked whether it is there, in milliseconds. */
  readonly keepaliveMs?: number;
  /** The first wait before connecting again, in milliseconds; it doubles, with jitter. */
  readonly retryFirstMs?: number;
  /** The longest wait before connecting again, in milliseconds. */
  readonly retryMostMs?: number;
}

/** What opens a connection. */
export interface ConnectOptions extends ConnectionBounds, ConnectionSettings {
  /** The actors to reach: their classes, or the declarations of generated ones. */
  readonly actors: readonly (AnyActorClass | DeclaredKind)[];
  /** Hears notices; `process.emitWarning` does when left out. */
  readonly onNotice?: (notice: Notice) => void;
  /** The application's own errors beside those that the actors name, so that they arrive as their classes. */
  readonly errors?: readonly ApplicationErrorClass[];
}

/** What may go with a message. */
export interface TellOptions {
  /** The name of a producer of a rising sequence; what was applied before is answered AlreadyApplied. */
  readonly producer?: string;
  /** The producer's rising number of this message. */
  readonly sequence?: number | bigint;
  /** A free key: a second ask with it gets the first one's reply. */
  readonly idempotencyKey?: string;
  /** How long the key is kept, in milliseconds. */
  readonly keepMs?: number;
  /** What travels beside the message; the handler finds it in its context. */
  readonly metadata?: Metadata;
}

/** What may go with an ask. */
export interface AskOptions extends TellOptions {
  /** Time to the reply in milliseconds, `Infinity` for none; the engine's setting when left out. */
  readonly deadlineMs?: number;
  /** Cancels the ask. */
  readonly signal?: AbortSignal;
  /** Hears what the handler sent beside its reply, before the reply itself; not called where it sent nothing. */
  readonly onMetadata?: (metadata: Metadata) => void;
}

/** Settings by the names that the core knows. */
type Names<T> = Readonly<Record<keyof T & string, string>>;

const ENGINE_SETTINGS: Names<EngineSettings> = {
  data: 'data',
  shards: 'shards',
  askTimeoutMs: 'ask_timeout_ms',
  idleTimeoutMs: 'idle_timeout_ms',
  activationsMax: 'activations_max',
  processesMax: 'processes_max',
  memoryBytesMax: 'memory_bytes_max',
  mailboxCapacityMessages: 'mailbox_capacity_messages',
  pendingAsksMax: 'pending_asks_max',
  uncommittedBytesMax: 'uncommitted_bytes_max',
  messageBytesMax: 'message_bytes_max',
  jsonDepthMax: 'json_depth_max',
  jsonElementsMax: 'json_elements_max',
  callerRunsMax: 'caller_runs_max',
  slowTurnMs: 'slow_turn_ms',
  cacheBytes: 'cache_bytes',
  listen: 'listen',
  gateway: 'gateway',
  logLevel: 'log_level',
};

/** Bounds that a connection has as an engine has them. */
const CONNECTION_BOUNDS: Names<ConnectionBounds> = {
  askTimeoutMs: 'ask_timeout_ms',
  pendingAsksMax: 'pending_asks_max',
  messageBytesMax: 'message_bytes_max',
};

const CONNECTION_SETTINGS: Names<ConnectionSettings> = {
  token: 'token',
  authorityFile: 'authority_file',
  certificateFile: 'certificate_file',
  keyFile: 'key_file',
  serverName: 'server_name',
  connectTimeoutMs: 'connect_timeout_ms',
  keepaliveMs: 'keepalive_ms',
  retryFirstMs: 'retry_first_ms',
  retryMostMs: 'retry_most_ms',
};

/** Names of options that the core never sees. */
const OUR_OWN = new Set(['actors', 'processes', 'pools', 'onNotice', 'errors', 'unhandledRejections']);

/**
 * The core's configuration of an engine, without the kinds.
 *
 * @throws InvalidConfiguration for a name that is no setting.
 */
export function engineSettings(options: EngineOptions): Record<string, unknown> {
  refuseOthers(options, ENGINE_SETTINGS);
  const settings = translate(options, ENGINE_SETTINGS);
  return {
    lane: 'loop',
    ...settings,
    ...(settings.gateway === undefined ? {} : { gateway: gatewaySettings(settings.gateway) }),
  };
}

/**
 * The core's configuration of a connection, without the kinds.
 *
 * @throws InvalidConfiguration for a name that is no setting.
 */
export function connectionSettings(
  addresses: readonly string[],
  options: ConnectOptions,
): Record<string, unknown> {
  refuseOthers(options, { ...CONNECTION_BOUNDS, ...CONNECTION_SETTINGS });
  return {
    lane: 'loop',
    ...translate(options, CONNECTION_BOUNDS),
    connect: { addresses, ...translate(options, CONNECTION_SETTINGS) },
  };
}

function translate(options: object, names: Readonly<Record<string, string>>): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (Object.hasOwn(names, name) && value !== undefined) {
      settings[names[name] as string] = value;
    }
  }
  return settings;
}

function refuseOthers(options: object, names: Readonly<Record<string, string>>): void {
  const given = Object.fromEntries(Object.entries(options).filter(([name]) => !OUR_OWN.has(name)));
  const fault = unknownOption(given, names, 'setting');
  if (fault !== undefined) {
    throw new InvalidConfiguration(fault);
  }
}
