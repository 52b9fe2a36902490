/** The command `everact`, which is also protoc's plugin: a program in Rust in the platform's package. Here it is started. */

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isatty } from 'node:tty';

/** Runs the program under a name, by which it goes; ends as it ends. */
export function run(name) {
  const child = spawn(program(name), process.argv.slice(2), { argv0: name, stdio: 'inherit' });
  forwardSignals(child);
  child.on('error', (error) => fail(name, error.message));
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exit(code);
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Signals for this process are meant for the program. A terminal's own reach it without help. */
function forwardSignals(child) {
  // Not process.stdin: touching it would make the pipe that the program inherits one that does not wait.
  const isInTerminal = isatty(0);
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTERM']) {
    const isFromTerminal = signal !== 'SIGTERM' && isInTerminal;
    process.on(signal, () => isFromTerminal || child.kill(signal));
  }
}

/** Where the program is: beside the native library, with which it was installed. */
function program(name) {
  const suffix = process.platform === 'linux' ? '-gnu' : '';
  const platform = `@everact/core-${process.platform}-${process.arch}${suffix}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${platform}/package.json`)), 'everact');
  } catch (error) {
    return fail(name, `the package ${platform} is not there (${error.code})`);
  }
}

function fail(name, why) {
  console.error(
    `${name}: ${why}. The program comes with everact in an optional dependency; ` +
      'install without --omit=optional on the platform that runs it.',
  );
  process.exit(1);
}
