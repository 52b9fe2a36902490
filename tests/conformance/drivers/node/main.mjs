/** The driver's protocol (tests/conformance/README.md, part 2): JSON lines on stdin and stdout. */

import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

import { connect, Engine, InvalidArgument, EveractError, restore } from 'everact';

import { catalogue } from './catalogue.mjs';
import { readNote, steerGate } from './tables.mjs';

const { version } = createRequire(import.meta.url)('everact/package.json');
/** Engines by name, each with the scope that asks go through: itself, or a connection to it. */
const engines = new Map();
const isRemote = process.env.EVERACT_CONFORMANCE_REMOTE === '1';
/** Options of an engine that its connections have too. */
const CONNECTION_OPTIONS = ['askTimeoutMs', 'pendingAsksMax', 'messageBytesMax'];

/** The largest raw reply that is shown in full. */
const SHOWN_BYTES_MAX = 1024;

const operations = {
  hello: () => ({ language: 'node', pid: process.pid, version }),
  async open({ engine, data, options = {}, duplicate_kind: twice }) {
    const actors = twice ? [...catalogue, catalogue[0]] : catalogue;
    const settings = Object.fromEntries(
      Object.entries(options).map(([name, value]) => [camelCase(name), value]),
    );
    const listen = isRemote ? { listen: '127.0.0.1:0' } : {};
    const opened = await Engine.open({ ...settings, ...listen, data: data ?? null, actors });
    engines.set(engine, { opened, scope: isRemote ? await connected(opened, settings) : opened });
  },
  async ask(request) {
    const { kind, key, handler, reply } = request;
    const message = decodeMessage(request.message, 'message' in request);
    const reference = scopeOf(request).actor(kind, key);
    return encodeReply(await reference.ask(handler, message, askOptions(request)), reply);
  },
  async tell(request) {
    const { kind, key, handler } = request;
    const message = decodeMessage(request.message, 'message' in request);
    await scopeOf(request).actor(kind, key).tell(handler, message);
  },
  batch: runBatch,
  stats: (request) => engineOf(request).stats(),
  backup: (request) => engineOf(request).backup(request.folder),
  restore: ({ from, into }) => restore(from, into),
  async close(request) {
    const entry = entryOf(request);
    const { opened, scope } = entry;
    if (scope !== opened) await arrived(scope);
    // A connection would wait for the engine to come back: latecomers ask the engine itself.
    entry.scope = opened;
    await opened.close({ deadlineMs: request.deadline_ms });
    if (scope !== opened) await scope.close();
  },
  gate: (request) => steerGate(request),
  note: ({ text }) => readNote(text),
  exit: () => setImmediate(() => process.exit(0)) && undefined,
};

function entryOf({ engine }) {
  const found = engines.get(engine);
  if (found === undefined) throw new InvalidArgument(`no engine named ${engine}`);
  return found;
}

const engineOf = (request) => entryOf(request).opened;
const scopeOf = (request) => entryOf(request).scope;

/** Until what was sent through a connection has reached the engine; one that answers nothing more has it, or never will. */
async function arrived(connection) {
  await connection
    .actor('echo', 'close')
    .ask('nothing', undefined, { deadlineMs: 1000 })
    .catch(() => undefined);
}

/** A connection to an engine of this process. */
async function connected(engine, settings) {
  const shared = Object.entries(settings).filter(([name]) => CONNECTION_OPTIONS.includes(name));
  try {
    return await connect(`http://${engine.address}`, { ...Object.fromEntries(shared), actors: catalogue });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function camelCase(name) {
  return name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}

function decodeMessage(message, isThere) {
  if (!isThere) return undefined;
  if (typeof message !== 'object' || message === null) return message;
  if ('bytes_base64' in message) return new Uint8Array(Buffer.from(message.bytes_base64, 'base64'));
  if ('bytes_pattern' in message)
    return Uint8Array.from({ length: message.bytes_pattern }, (_, at) => at % 251);
  if ('text_pattern' in message) {
    return 'abcdefghijklmnopqrstuvwxyz'.repeat(message.text_pattern / 26 + 1).slice(0, message.text_pattern);
  }
  return message;
}

function encodeReply(reply, as) {
  if (as !== 'bytes') return reply;
  const bytes = Buffer.from(reply);
  const hash = createHash('sha256').update(bytes).digest('hex');
  return {
    bytes_length: bytes.length,
    bytes_sha256: hash,
    ...(bytes.length <= SHOWN_BYTES_MAX ? { bytes_base64: bytes.toString('base64') } : {}),
  };
}

function askOptions(request) {
  const options = {};
  if (request.deadline_ms !== undefined) options.deadlineMs = request.deadline_ms;
  if (request.producer !== undefined) options.producer = request.producer;
  if (request.sequence !== undefined) options.sequence = request.sequence;
  if (request.idempotency_key !== undefined) options.idempotencyKey = request.idempotency_key;
  if (request.keep_ms !== undefined) options.keepMs = request.keep_ms;
  if (request.cancel_after_ms !== undefined) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), request.cancel_after_ms);
    options.signal = controller.signal;
  }
  return options;
}

/** Submits numbered asks or tells in order, with so many open at most. */
async function runBatch(request) {
  const { id, count, in_flight: inFlight, acknowledged } = request;
  const outcome = { ok: 0, errors: {}, last: undefined };
  let next = 0;
  let highest = -1;
  const worker = async () => {
    while (next < count) {
      const number = next++;
      try {
        const reply = await sendNumbered(request, number);
        outcome.ok += 1;
        if (number > highest) {
          highest = number;
          outcome.last = encodeReply(reply, request.reply);
        }
        if (acknowledged) print({ id, acknowledged: number });
      } catch (error) {
        const name = error instanceof EveractError ? error.name : 'Unexpected';
        outcome.errors[name] = (outcome.errors[name] ?? 0) + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, worker));
  return outcome;
}

function sendNumbered(request, number) {
  const { kind, handler, keys } = request;
  const key = keys === undefined ? request.key : `${request.key}${number % keys}`;
  let message;
  if (request.message_index === 'text') message = String(number);
  else if (request.message_index) message = number;
  else message = decodeMessage(request.message, 'message' in request);
  const reference = scopeOf(request).actor(kind, key);
  if (request.tell) return reference.tell(handler, message);
  const marks =
    request.producer === undefined
      ? undefined
      : { producer: request.producer, sequence: request.first_sequence + number };
  return reference.ask(handler, message, marks);
}

function print(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function answer(line) {
  const request = JSON.parse(line);
  const { id } = request;
  try {
    const operation = operations[request.op];
    if (operation === undefined) throw new Error(`no such operation: ${request.op}`);
    print({ id, result: await operation(request) });
  } catch (error) {
    const known = error instanceof EveractError;
    const name = known ? error.name : 'Unexpected';
    print({ id, error: name, message: String(error?.message ?? error), retryable: known && error.retryable });
  }
}

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on('line', (line) => {
  void answer(line);
});
lines.on('close', () => process.exit(0));
