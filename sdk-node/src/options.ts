/**
 * How an engine is configured. The core knows defaults and ranges; `REENACT_*` variables fill what is not given.
 */

import { type ActorClass } from './actor.js';
import { InvalidConfiguration } from './errors.js';

/** The settings of an engine; each is also an environment variable (`askTimeoutMs` is REENACT_ASK_TIMEOUT_MS). */
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
  /** Encoded state in memory before the least recently used activations leave it; 0 is no limit. */
  readonly memoryBytesMax?: number;
  /** Messages that may wait for one actor. */
  readonly mailboxCapacityMessages?: number;
  /** Open asks in the engine before Overloaded. */
  readonly pendingAsksMax?: number;
  /** Larger messages, replies and states are TooLarge. */
  readonly messageBytesMax?: number;
  /** Turns in a row on the caller's stack before one goes through the queue. */
  readonly callerRunsMax?: number;
  /** A turn open for longer is reported, in milliseconds. */
  readonly slowTurnMs?: number;
  /** The store's page cache. */
  readonly cacheBytes?: number;
}

/** Something a person should know: a slow turn, a message that reached nobody, trouble with the store. */
export interface Notice {
  /** The error number it belongs to. */
  readonly code: number;
  /** What happened. */
  readonly text: string;
}

/** What opens an engine. */
export interface EngineOptions extends EngineSettings {
  /** The classes of the actors. */
  readonly actors: readonly ActorClass[];
  /** Hears notices; `process.emitWarning` does when left out. */
  readonly onNotice?: (notice: Notice) => void;
}

/** What may go with an ask. */
export interface AskOptions {
  /** Time to the reply in milliseconds, `Infinity` for none; the engine's setting when left out. */
  readonly deadlineMs?: number;
  /** Cancels the ask. */
  readonly signal?: AbortSignal;
  /** The name of a producer of a rising sequence; what was applied before is answered AlreadyApplied. */
  readonly producer?: string;
  /** The producer's rising number of this message. */
  readonly sequence?: number | bigint;
  /** A free key: a second ask with it gets the first one's reply. */
  readonly idempotencyKey?: string;
  /** How long the key is kept, in milliseconds. */
  readonly keepMs?: number;
}

/** The settings by the names that the core knows. */
const SETTINGS: Readonly<Record<keyof EngineSettings, string>> = {
  data: 'data',
  shards: 'shards',
  askTimeoutMs: 'ask_timeout_ms',
  idleTimeoutMs: 'idle_timeout_ms',
  activationsMax: 'activations_max',
  memoryBytesMax: 'memory_bytes_max',
  mailboxCapacityMessages: 'mailbox_capacity_messages',
  pendingAsksMax: 'pending_asks_max',
  messageBytesMax: 'message_bytes_max',
  callerRunsMax: 'caller_runs_max',
  slowTurnMs: 'slow_turn_ms',
  cacheBytes: 'cache_bytes',
};

/**
 * The core's configuration object, without the kinds.
 *
 * @throws InvalidConfiguration for a name that is no setting.
 */
export function coreSettings(options: EngineOptions): Record<string, unknown> {
  const config: Record<string, unknown> = { lane: 'loop' };
  for (const [name, value] of Object.entries(options)) {
    if (name === 'actors' || name === 'onNotice' || value === undefined) {
      continue;
    }
    if (!Object.hasOwn(SETTINGS, name)) {
      throw new InvalidConfiguration(
        `"${name}" is no setting; known are ${Object.keys(SETTINGS).join(', ')}.`,
      );
    }
    config[SETTINGS[name as keyof EngineSettings]] = value;
  }
  return config;
}
