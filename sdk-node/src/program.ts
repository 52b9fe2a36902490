/**
 * Programs of the operating system as children of supervisors.
 */

/** How a program runs. */
export interface ProgramOptions {
  /** Where it runs; the engine's own directory when left out. */
  readonly directory?: string;
  /** Variables beside the engine's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The signal that asks it to end; `terminate` when left out. */
  readonly stop?: 'terminate' | 'interrupt' | 'hangup' | 'quit';
  /** The name of a registered process that is told each line of its output (`OutputLine`); left out, lines go to the diagnostics. */
  readonly output?: string;
}

/** A line that a program has written. A function takes it as a message with `messages: { output_line: OUTPUT_LINE }`. */
export interface OutputLine {
  /** The number of the program's process. */
  readonly process: string;
  readonly stream: 'stdout' | 'stderr';
  readonly line: string;
}

/** What an `OutputLine` has, as handlers and functions declare it. */
export const OUTPUT_LINE = { process: 'string', stream: 'string', line: 'string' } as const;

/** A program of the operating system, as data. */
export class Program {
  readonly command: readonly string[];
  readonly options: ProgramOptions;

  /** @internal */
  constructor(command: readonly string[], options: ProgramOptions) {
    this.command = command;
    this.options = options;
  }

  /** @internal As the core takes it. */
  get json(): Record<string, unknown> {
    const { output, ...options } = this.options;
    const told = output === undefined ? {} : { output: { name: output, handler: 'output_line' } };
    return { command: this.command, ...options, ...told };
  }
}

/**
 * Describes a program as a child. To its supervisor it is a process: exit status 0 is a normal end, any other one a crash, a
 * shutdown sends it its signal, and a kill ends all of its process group.
 *
 * @param command - a file or a name to be looked up, and its arguments.
 * @param options - how it runs.
 *
 * @example
 * supervisor({ children: [child(program(['redis-server', '--port', '0'], { output: 'lines' }))] });
 */
export function program(command: readonly string[], options: ProgramOptions = {}): Program {
  return new Program(command, options);
}
