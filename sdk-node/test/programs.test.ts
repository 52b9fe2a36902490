/**
 * Programs of the operating system under supervisors.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { child, handler, OUTPUT_LINE, Process, program, supervisor, SupervisorError } from 'everact';

import { inMemory } from './actors.js';

class Lines extends Process {
  static override handlers = { outputLine: handler({ message: OUTPUT_LINE }), seen: handler() };
  readonly #seen: string[] = [];
  #wake: (() => void) | undefined = undefined;
  outputLine({ stream, line }: { process: string; stream: string; line: string }): void {
    this.#seen.push(`${stream}: ${line}`);
    this.#wake?.();
  }
  async seen(): Promise<readonly string[]> {
    if (this.#seen.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 20);
      });
    }
    return this.#seen;
  }
}

test('a program is a child whose output is told', async () => {
  await using engine = await inMemory([], { processes: [Lines] });
  const lines = engine.spawn(Lines, {}, { name: 'lines' });
  const sleeper = program(['sh', '-c', 'echo $GREETING; exec sleep 60'], {
    environment: { GREETING: 'hello' },
    directory: '/',
    stop: 'interrupt',
    output: 'lines',
  });
  const top = await engine.startSupervisor(
    supervisor({ children: [child(sleeper, undefined, { name: 'sleeper', shutdownMs: 'infinity' })] }),
  );
  let seen: readonly string[] = [];
  while (seen.length === 0) {
    seen = await lines.seen();
  }
  assert.deepEqual(seen, ['stdout: hello']);
  const process = engine.whereis('sleeper');
  const ended = process?.ended();
  assert.deepEqual(
    (await top.children()).map(({ id, status }) => [id, status]),
    [['sleeper', 'running']],
  );
  await top.terminateChild('sleeper');
  assert.deepEqual(await ended, { type: 'shutdown' });
});

test('a program that is not there does not start', async () => {
  await using engine = await inMemory([]);
  const tree = supervisor({ children: [program(['/no/such/program'])] });
  await assert.rejects(engine.startSupervisor(tree), (refused: unknown) => {
    assert.ok(refused instanceof SupervisorError);
    assert.deepEqual([refused.why, refused.path], ['not_started', ['/no/such/program']]);
    assert.equal(refused.reason?.type, 'failed');
    return true;
  });
  const top = await engine.startSupervisor(supervisor({ name: 'top', children: [] }));
  await assert.rejects(top.restartChild('nobody'), { why: 'not_found' });
});
