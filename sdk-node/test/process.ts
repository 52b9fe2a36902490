/**
 * Starts and ends the processes that tests talk to.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

import { type EngineSettings } from 'everact';

/** A process with an engine that listens. */
export class Server {
  readonly process: ChildProcess;
  readonly address: string;

  private constructor(process: ChildProcess, address: string) {
    this.process = process;
    this.address = address;
  }

  /** Starts one; it ends with the test file at the latest. */
  static async start(settings: EngineSettings = {}, env: Record<string, string> = {}): Promise<Server> {
    const program = fileURLToPath(new URL('server.mjs', import.meta.url));
    const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    after(() => child.kill('SIGKILL'));
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return new Server(child, line);
  }

  /** The address as a connection takes it. */
  get url(): string {
    return `http://${this.address}`;
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }

  /** Ends it in good order; the result is its exit code. */
  async end(): Promise<number> {
    this.process.stdin?.end();
    const [code] = (await once(this.process, 'exit')) as [number];
    return code;
  }
}
