/**
 * Every failure as a class, all under `EveractError`; the table is the core's, the same in every language.
 *
 * An application declares its own failures as classes under `ApplicationError`: their fields arrive at the caller.
 */

import { Buffer } from 'node:buffer';

import { parseExact, stringifyExact } from './internal/exact.js';
import {
  ApplicationError as ApplicationErrorRow,
  type EveractError,
  fromCode as rowOf,
  InvalidDeclaration,
  TooLarge,
} from './internal/generated/errors.js';
import { JsonForm, misfitText } from './internal/json_form.js';
import { snakeCase } from './internal/names.js';
import { asSaid } from './internal/said.js';

export * from './internal/generated/errors.js';

const APPLICATION_ERROR = 22;
const STATUS_DEFAULT = 409;
const TYPE = /^[a-z][a-z0-9_]{0,127}$/;
const BYTES_MAX = 65_536;
/** What every error has; the rest of an instance's fields are its own. */
const COMMON = new Set([
  ...['name', 'message', 'stack', 'cause', 'code', 'family', 'retryable', 'nextStep'],
  ...['type', 'status', 'grpc', 'details'],
]);

/** What an application error says beside its message; a subclass says it by its static fields and its own fields. */
export interface ApplicationErrorOptions extends ErrorOptions {
  /** What kind of refusal it is, in lower snake case; the class's name when left out. */
  readonly type?: string;
  /** The HTTP status, 400 to 599; 409 when left out. */
  readonly status?: number;
  /** The gRPC status, such as `NOT_FOUND`; it follows from the HTTP status when left out. */
  readonly grpc?: string;
  /** What a caller may want to know; the instance's own fields when left out. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A class of application errors. */
export interface ApplicationErrorClass {
  readonly name: string;
  readonly prototype: ApplicationError;
  readonly type?: string;
  readonly status?: number;
  readonly grpc?: string;
}

/** @internal Where a class of generated errors keeps the function that makes one of what arrived; copies of this package share it. */
export const RECEIVE = Symbol.for('everact.receive');

/**
 * A refusal that belongs to the application: thrown in a handler, caught by the caller as the same class with the same fields.
 *
 * The caller's side must know the class: by `static errors` of the actor or the option `errors`; else it gets an
 * `ApplicationError` with `type`, `status` and `details`.
 *
 * @example
 * class SeatTaken extends ApplicationError {
 *   constructor(readonly seat: string) { super(`seat ${seat} is taken`); }
 * }
 */
export class ApplicationError extends ApplicationErrorRow {
  static {
    // A bundler that joins this with the table's class renames one of the two, and a name is what people read.
    Object.defineProperty(this, 'name', { value: 'ApplicationError' });
  }

  /** What kind of refusal it is; the class's name in lower snake case when left out. */
  static readonly type?: string;
  /** The HTTP status. */
  static readonly status?: number;
  /** The gRPC status. */
  static readonly grpc?: string;

  /** What kind of refusal it is, in lower snake case. */
  get type(): string {
    return this.#options.type ?? typeOf(this.constructor);
  }

  /** The HTTP status. */
  get status(): number {
    return this.#options.status ?? (this.constructor as typeof ApplicationError).status ?? STATUS_DEFAULT;
  }

  /** The gRPC status, where one was named. */
  get grpc(): string | undefined {
    return this.#options.grpc ?? (this.constructor as typeof ApplicationError).grpc;
  }

  /** What a caller may want to know: the instance's own fields, or what was given. */
  get details(): Readonly<Record<string, unknown>> {
    return (
      this.#options.details ??
      Object.fromEntries(
        Object.entries(this).filter(([name, value]) => !COMMON.has(name) && value !== undefined),
      )
    );
  }

  readonly #options: ApplicationErrorOptions;

  /**
   * @param message - one sentence for people.
   * @param options - what else is to be said, where no subclass says it.
   */
  constructor(message: string, options: ApplicationErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.#options = options;
  }
}

/** @internal The classes that a side knows, by their type. */
export class ErrorClasses {
  readonly #byType = new Map<string, ApplicationErrorClass>();

  /** @throws InvalidDeclaration for what is no such class, or a second one of a type. */
  constructor(classes: readonly ApplicationErrorClass[]) {
    for (const known of classes) {
      this.#add(known);
    }
  }

  #add(known: ApplicationErrorClass): void {
    if (
      typeof (known as unknown) !== 'function' ||
      !((known.prototype as unknown) instanceof ApplicationError)
    ) {
      throw new InvalidDeclaration('`errors` lists classes that extend ApplicationError.');
    }
    const type = typeOf(known);
    if (!TYPE.test(type)) {
      throw new InvalidDeclaration(
        `${known.name}: the type "${type}" is no lower snake case of 1 to 128 bytes.`,
      );
    }
    if ((this.#byType.get(type) ?? known) !== known) {
      throw new InvalidDeclaration(`Two classes of errors have the type ${type}.`);
    }
    this.#byType.set(type, known);
  }

  /** The class of a type, where it is known. */
  find(type: string): ApplicationErrorClass | undefined {
    return this.#byType.get(type);
  }
}

function typeOf(known: ApplicationErrorClass): string {
  return Object.hasOwn(known, 'type') && known.type !== undefined ? known.type : snakeCase(known.name);
}

/**
 * @internal The failure that a thrown application error is; nothing for any other value.
 *
 * @throws anything that its fields throw, and errors that say what of it cannot be sent.
 */
export function applicationFailure(thrown: unknown): { code: number; text: string } | undefined {
  if (typeof thrown !== 'object' || thrown === null || !(thrown instanceof ApplicationError)) {
    return undefined;
  }
  const { type, status, details, grpc } = thrown;
  if (!TYPE.test(type) || !Number.isInteger(status) || status < 400 || status > 599) {
    throw new InvalidDeclaration(
      `an application error has a type in lower snake case and a status from 400 to 599, not ${type} and ${String(status)}`,
    );
  }
  const form = new JsonForm(false);
  const found = form.misfit(details);
  if (found !== undefined) {
    throw new InvalidDeclaration(misfitText(`${type}.details`, found));
  }
  const text = stringifyExact({
    type,
    message: messageText(thrown),
    status,
    details: asSaid(details, form),
    grpc,
  });
  if (text.length > BYTES_MAX || Buffer.byteLength(text) > BYTES_MAX) {
    throw new TooLarge(`an application error has at most ${String(BYTES_MAX)} bytes`);
  }
  return { code: APPLICATION_ERROR, text };
}

/** Its message, which need not be the text that it is declared as. */
function messageText({ message }: { readonly message: unknown }): string {
  return String(message);
}

/** The error for an error number and its text. */
export function fromCode(code: number, text: string): EveractError {
  return knownFromCode(code, text, undefined);
}

/** @internal The same, of the application's own class where that is known. */
export function knownFromCode(code: number, text: string, known: ErrorClasses | undefined): EveractError {
  return code === APPLICATION_ERROR ? applicationError(text, known) : rowOf(code, text);
}

type Receive = (message: string, details: unknown) => ApplicationError | undefined;

/** The application error of its JSON text: of its own class where that is known. */
function applicationError(text: string, known: ErrorClasses | undefined): ApplicationError {
  let said: Record<string, unknown>;
  try {
    said = parseExact(text) as Record<string, unknown>;
  } catch {
    return new ApplicationError(text);
  }
  const { type, message, status, grpc, details } = said as ApplicationErrorOptions & { message?: unknown };
  const options = Object.fromEntries(
    Object.entries({ type, status, grpc, details }).filter(([, value]) => value !== undefined),
  );
  const found = type === undefined ? undefined : known?.find(type);
  const receive = found === undefined ? undefined : (Reflect.get(found, RECEIVE) as Receive | undefined);
  if (receive !== undefined) {
    return receive.call(found, String(message), details) ?? new ApplicationError(String(message), options);
  }
  // The subclass's own constructor takes what it likes, so the base's makes the instance, and the fields are put there.
  const target = (found ?? ApplicationError) as unknown as new () => ApplicationError;
  const error = Reflect.construct(ApplicationError, [String(message), options], target) as ApplicationError;
  if (found !== undefined && details !== undefined) {
    for (const [name, value] of Object.entries(details)) {
      if (!COMMON.has(name)) {
        Object.defineProperty(error, name, { value, enumerable: true, configurable: true, writable: true });
      }
    }
  }
  return error;
}
