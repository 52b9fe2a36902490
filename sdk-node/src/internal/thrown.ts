/**
 * What user code threw, as an error number and a text that can cross the boundary.
 *
 * The value may be anything, and may throw in turn when it is looked at. Nothing here does: where its text cannot be had, a
 * constant stands for it.
 */

import { applicationFailure, TooLarge } from '../errors.js';

/** A failure as the core takes it. */
export interface Failed {
  readonly code: number;
  readonly text: string;
}

/** What no one could read. */
export const UNREADABLE = 'Error: what was thrown has no text that can be read';
const HANDLER_FAILED = 20;
const TOO_LARGE = 32;
const APPLICATION_ERROR = 22;
/** What stands between an error's text and its stack (core/kernel/src/process.rs). */
const STACK_MARK = '\n\u001e\n';
/** Longer texts are cut. */
const TEXT_CHARACTERS_MAX = 16_384;

/** What a handler threw in a worker of a pool, as the worker tells it. */
export class PoolFailure extends Error {
  readonly failed: Failed;

  constructor(failed: Failed, stack: string) {
    super(failed.text);
    this.failed = failed;
    this.stack = stack;
  }
}

/** The failure of a turn whose user code threw: an application's own error, else HandlerFailed. */
export function failureOf(thrown: unknown): Failed {
  try {
    if (thrown instanceof PoolFailure) {
      return thrown.failed;
    }
    const failure = applicationFailure(thrown);
    if (failure !== undefined) {
      return failure;
    }
  } catch (error) {
    // The error is one, but cannot be sent.
    const isLarge = error instanceof TooLarge;
    return {
      code: isLarge ? TOO_LARGE : HANDLER_FAILED,
      text: isLarge ? error.message : describeThrown(error),
    };
  }
  return { code: HANDLER_FAILED, text: describeThrown(thrown) };
}

/**
 * The failure with which a process ends: behind the error's text, its stack. Who asked does not get to see that.
 */
export function crashOf(thrown: unknown): Failed {
  const failed = failureOf(thrown);
  if (failed.code === APPLICATION_ERROR) {
    return failed;
  }
  const stack = stackOf(thrown);
  return { code: failed.code, text: withStack(failed.text, stack) };
}

/** The parts of a crash, as its process' end tells them. */
export function splitCrash(thrown: unknown): {
  readonly name: string;
  readonly text: string;
  readonly stack: string;
} {
  const { text } = failureOf(thrown);
  return { name: nameIn(text), text, stack: stackOf(thrown) };
}

/** The error's name in `Name: text`. */
export function nameIn(text: string): string {
  const colon = text.indexOf(': ');
  return colon < 0 ? text : text.slice(0, colon);
}

/** An error's text with its stack behind it, where there is one. */
export function withStack(text: string, stack: string): string {
  return stack === '' ? text : `${text}${STACK_MARK}${stack}`;
}

function stackOf(thrown: unknown): string {
  try {
    const { stack } = thrown as { stack: unknown };
    return typeof stack === 'string' ? bounded(stack) : '';
  } catch {
    return '';
  }
}

/** `TypeName: text` of what was thrown. */
export function describeThrown(thrown: unknown): string {
  try {
    return bounded(describe(thrown));
  } catch {
    return UNREADABLE;
  }
}

/** The text of what was thrown, without its type's name. */
export function messageOf(thrown: unknown): string {
  try {
    const { message } = thrown as { message: unknown };
    return typeof message === 'string' ? bounded(message) : describeThrown(thrown);
  } catch {
    return UNREADABLE;
  }
}

function describe(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && thrown instanceof Error) {
    return `${errorName(thrown)}: ${errorText(thrown)}`;
  }
  return `Error: ${String(thrown)}`;
}

function errorName(error: Error): string {
  try {
    const { name } = error;
    if (typeof name === 'string' && name !== 'Error') {
      return name;
    }
    const { name: className } = error.constructor;
    return typeof className === 'string' ? className : 'Error';
  } catch {
    return 'Error';
  }
}

/** An error's name is worth keeping even where its text cannot be had. */
function errorText(error: Error): string {
  try {
    // What is declared as text need not be.
    const { message } = error as { message: unknown };
    return String(message);
  } catch {
    return 'its text cannot be read';
  }
}

function bounded(text: string): string {
  return text.length <= TEXT_CHARACTERS_MAX
    ? text
    : `${text.slice(0, TEXT_CHARACTERS_MAX)}… (${String(text.length)} characters)`;
}
