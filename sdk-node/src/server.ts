/**
 * Servers: processes with the general part of Erlang's gen_server.
 */

import { Context } from './context.js';
import { type ExitReason } from './exits.js';
import { jsonOf } from './internal/message.js';
import { waitOf } from './internal/processes.js';
import { Process } from './process.js';

/**
 * A process with a time-out for when nothing comes, work between two messages, and a hook for its end.
 *
 * @example
 * class Session extends Server {
 *   static override handlers = { say: handler({ message: 'string' }) };
 *   lines: string[] = [];
 *   override activated(context: ServerContext): void { context.trapExits(true); context.idleTimeout(60_000); }
 *   say(line: string, context: ServerContext): void { this.lines = [...this.lines, line]; context.idleTimeout(60_000); }
 *   override onTimeout(context: ServerContext): void { context.exit('normal'); }
 *   override terminate(reason: ExitReason): void { console.log('ended', reason.type); }
 * }
 */
export abstract class Server extends Process {
  /** Its initialization, before everything else. */
  override activated?(context: ServerContext): void | Promise<void>;
  /** Called when no message has come for the time of `context.idleTimeout`. */
  onTimeout?(context: ServerContext): void | Promise<void>;
  /** Called with the value of `context.continueWith`, before the next message. */
  onContinue?(value: unknown, context: ServerContext): void | Promise<void>;
  /**
   * Called before it ends: because a handler or hook has exited or thrown, or because its parent ends it while it traps exits. What
   * it throws itself is the reason then.
   */
  terminate?(reason: ExitReason, context: ServerContext): void | Promise<void>;
}

/** A turn of a server. Of what it wants until the next message the last counts. */
export class ServerContext extends Context {
  #wish: string | undefined = undefined;

  /** @internal */
  override wish(): string | undefined {
    return this.#wish;
  }

  /**
   * Runs `onTimeout` if no message comes for so long; 0 is behind the messages that wait now.
   *
   * @param ms - milliseconds; `undefined` for never.
   */
  idleTimeout(ms: number | undefined): void {
    this.requireOpen();
    this.#wish = `{"timeout":${ms === undefined ? 'null' : String(waitOf('the time-out', ms))}}`;
  }

  /** Waits for the next message with as little memory as can be. */
  hibernate(): void {
    this.requireOpen();
    this.#wish = '{"hibernate":true}';
  }

  /**
   * Runs `onContinue` with a value before any message.
   *
   * @throws InvalidArgument for what cannot be encoded.
   */
  continueWith(value: unknown = null): void {
    this.requireOpen();
    this.#wish = `{"continue":${jsonOf('continueWith', value)}}`;
  }
}
