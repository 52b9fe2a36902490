/** The driver's protocol (tests/conformance/README.md, part 2): JSON lines on stdin and stdout. */

import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

import { ApplicationError, connect, Engine, InvalidArgument, EveractError, RawJson, restore } from 'everact';

import { catalogue } from './catalogue.mjs';
import { Collector, Guarded } from './couriers.mjs';
import { Cruncher } from './cruncher.mjs';
import { Brittle, Culprit, Moody } from './culprits.mjs';
import { EDITIONS, Record, Typed } from './typed.mjs';
import { readNote, steerGate } from './tables.mjs';

const { version } = createRequire(import.meta.url)('everact/package.json');
/** Engines by name, each with the scope that asks go through: itself, or a connection to it. */
const engines = new Map();
const isRemote = process.env.EVERACT_CONFORMANCE_REMOTE === '1';
/** Options of an engine that its connections have too. */
const CONNECTION_OPTIONS = ['askTimeoutMs', 'pendingAsksMax', 'messageBytesMax'];

/** What the SDK has noticed so far. */
const notices = [];

/** The kinds of a release. */
function kindsOf(release) {
  const edition = EDITIONS[release];
  const edge = [Culprit, Brittle, Moody, Typed, Collector, Guarded, Record, Cruncher];
  return [...catalogue, ...edge, ...(edition === undefined ? [] : [edition])];
}

/** The largest raw reply that is shown in full. */
const SHOWN_BYTES_MAX = 1024;

const operations = {
  hello: () => ({ language: 'node', pid: process.pid, version }),
  async open({ engine, data, options = {}, duplicate_kind: twice, release = 1, connect: as = {} }) {
    const kinds = kindsOf(release);
    const actors = twice ? [...kinds, kinds[0]] : kinds;
    const settings = Object.fromEntries(
      Object.entries(options).map(([name, value]) => [camelCase(name), value]),
    );
    const gateway = { control: true, ...settings.gateway };
    const listen = isRemote ? { listen: '127.0.0.1:0', gateway } : {};
    const onNotice = ({ name, text }) => notices.push(`${name}: ${text}`);
    const opened = await Engine.open({ ...settings, ...listen, data: data ?? null, actors, onNotice });
    const shared = { ...Object.fromEntries(sharedOf(settings)), ...as, actors: kinds, onNotice };
    engines.set(engine, { opened, scope: isRemote ? await connected(opened, shared) : opened });
  },
  async ask(request) {
    const { kind, key, handler, reply } = request;
    const message = decodeMessage(request.message, 'message' in request, request.handler === 'bytes');
    const reference = scopeOf(request).actor(kind, keyOf(key));
    return encodeReply(await reference.ask(handler, message, askOptions(request)), reply);
  },
  async tell(request) {
    const { kind, key, handler } = request;
    const message = decodeMessage(request.message, 'message' in request, request.handler === 'bytes');
    await scopeOf(request).actor(kind, keyOf(key)).tell(handler, message, askOptions(request));
  },
  notices: ({ contains }) => notices.filter((text) => text.includes(contains)).length,
  async dead_letters(request) {
    const letters = [];
    const { kind, key } = request;
    for await (const letter of scopeOf(request).deadLetters({ kind, key })) letters.push(letter);
    return letters;
  },
  async dead_letter(request) {
    const letter = await scopeOf(request).deadLetter(request.letter);
    return { ...letter, payload: undefined, message: letter.message };
  },
  dead_retry: (request) =>
    scopeOf(request).retryDeadLetter(
      request.letter,
      'message' in request ? { message: request.message } : {},
    ),
  dead_drop: (request) => scopeOf(request).dropDeadLetter(request.letter),
  async producer_newest(request) {
    const { producer, kind, key } = request;
    return (await scopeOf(request).producer(producer).newest(kind, key)).sequence;
  },
  producer_skip(request) {
    const { producer, kind, key, sequence } = request;
    return scopeOf(request).producer(producer).skip(kind, key, sequence);
  },
  async ingest(request) {
    const { producer, kind, handler, first_sequence: firstSequence, items, in_flight: inFlight } = request;
    const { applied, alreadyApplied, newest } = await scopeOf(request)
      .producer(producer)
      .ingest(items, {
        to: kind,
        handler,
        key: (item) => item.key,
        message: (item) => item.message,
        firstSequence,
        inFlight,
      });
    return { applied, already_applied: alreadyApplied, newest };
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
async function connected(engine, options) {
  try {
    return await connect(`http://${engine.address}`, options);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function sharedOf(settings) {
  return Object.entries(settings).filter(([name]) => CONNECTION_OPTIONS.includes(name));
}

/** A key that is no text stands for one that UTF-8 cannot write. */
function keyOf(key) {
  return typeof key === 'string' ? key : '\ud800';
}

function camelCase(name) {
  return name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}

function decodeMessage(message, isThere, takesBytes) {
  if (!isThere) return undefined;
  if (typeof message !== 'object' || message === null) return message;
  if ('bytes_base64' in message) {
    const bytes = new Uint8Array(Buffer.from(message.bytes_base64, 'base64'));
    return takesBytes ? bytes : new RawJson(bytes);
  }
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
  if (request.metadata !== undefined) options.metadata = request.metadata;
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
  else message = decodeMessage(request.message, 'message' in request, request.handler === 'bytes');
  const reference = scopeOf(request).actor(kind, key);
  if (request.tell) return reference.tell(handler, message);
  const marks =
    request.producer === undefined
      ? undefined
      : { producer: request.producer, sequence: request.first_sequence + number };
  return reference.ask(handler, message, marks);
}

/** JSON with bigints as integers. */
function exactText(value) {
  const mark = '\u0000int:';
  const text = JSON.stringify(value, (_, inner) =>
    typeof inner === 'bigint' ? mark + String(inner) : inner,
  );
  return text.replace(/"\\u0000int:(-?\d+)"/g, '$1');
}

/** JSON in which integers beyond 2^53 are bigints. */
function exactValue(text) {
  const mark = '\u0000int:';
  const tokens = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;
  const marked = text.replace(tokens, (token) =>
    token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : JSON.stringify(mark + token),
  );
  return JSON.parse(marked, (_, inner) =>
    typeof inner === 'string' && inner.startsWith(mark) ? BigInt(inner.slice(mark.length)) : inner,
  );
}

function print(answer) {
  process.stdout.write(`${exactText(answer)}\n`);
}

async function answer(line) {
  const request = exactValue(line);
  const { id } = request;
  try {
    const operation = operations[request.op];
    if (operation === undefined) throw new Error(`no such operation: ${request.op}`);
    print({ id, result: await operation(request) });
  } catch (error) {
    const known = error instanceof EveractError;
    const name = known ? error.name : 'Unexpected';
    const failure = {
      id,
      error: name,
      message: String(error?.message ?? error),
      retryable: known && error.retryable,
    };
    if (!(error instanceof ApplicationError)) return print(failure);
    const { type, status, details } = error;
    print({ ...failure, error: 'ApplicationError', type, status, details, class: error.constructor.name });
  }
}

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on('line', (line) => {
  void answer(line);
});
lines.on('close', () => process.exit(0));
