/**
 * Processes: what benches/rust and benches/erlang measure, through the SDK. Written with handlers, as Node's users write actors; what
 * processes cost that are functions and receive stands beside that of objects.
 */

import { fileURLToPath } from 'node:url';

import { child, Engine, handler, Process, process as receiver, supervisor } from 'everact';

import { aloneBytes, residentBytes } from './memory.mjs';

const MILLION = 1_000_000;
/** Functions that receive: fewer, because a million of them take half a minute. */
const RECEIVERS = 250_000;
/** Messages that a source sends before it waits for the word that all have come. */
const PAGE = 1_000;
const RING = 1_000;
const PAIRS = 64;
const HOUR_MS = 3_600_000;
const HOPS = 400_000;
const TELLS = 400_000;
const ASKS = 200_000;
const RESTARTS = 10_000;
const TIMERS = 200_000;
const SPAWNS = 200_000;
const self = fileURLToPath(import.meta.url);

/** Called by a process when the work of a round is done. */
let done = () => {};
let total = 0;

class Holder extends Process {
  static handlers = { add: handler({ message: 'integer' }) };
  value = 0;

  add(amount) {
    this.value += amount;
    total += amount;
  }
}

const waiting = receiver('waiting', { messages: { add: { amount: 'integer' } } }, async (context) => {
  for (;;) {
    const { amount } = await context.receive('add');
    total += amount;
  }
});

/** Sends a page at a time to a sink, which says when it has come. */
class Source extends Process {
  static handlers = { send: handler() };
  #sink = undefined;

  send(_message, context) {
    this.#sink ??= context.spawn(Sink);
    for (let i = 0; i < PAGE; i++) this.#sink.tell.take(1);
    this.#sink.tell.flush(context.self);
  }
}

class Sink extends Process {
  static handlers = { take: handler({ message: 'integer' }), flush: handler({ message: 'process' }) };
  #heard = 0;

  take(amount) {
    this.#heard += amount;
  }

  flush(source) {
    if (this.#heard < TELLS) source.tell('send');
    else done();
  }
}

class Member extends Process {
  static handlers = { join: handler({ message: 'process' }), hop: handler({ message: 'integer' }) };
  #next = undefined;

  join(next) {
    this.#next = next;
  }

  hop(left) {
    if (left > 0) this.#next.tell('hop', left - 1);
    else done();
  }
}

class Asked extends Process {
  static handlers = { answer: handler({ message: 'integer' }) };

  answer(value) {
    return value;
  }
}

class Asker extends Process {
  static handlers = { run: handler({ message: 'integer' }) };

  async run(asks, context) {
    const asked = context.spawn(Asked);
    for (let i = 0; i < asks; i++) await asked.answer(1);
  }
}

let left = 0;

/** Killed as soon as it is up, until it has been so often. */
class Mortal extends Process {
  activated({ self }) {
    if (left-- > 0) queueMicrotask(() => self.kill());
    else done();
  }
}

const processes = [Holder, waiting, Source, Sink, Member, Asked, Asker, Mortal];

async function withEngine(measure) {
  const engine = await Engine.open({ processes, mailboxCapacityMessages: MILLION, onNotice: () => {} });
  try {
    return await measure(engine);
  } finally {
    await engine.close();
  }
}

/** A rate: so many in the time that the work takes until a process calls `done`. */
async function rate(count, work) {
  const finished = new Promise((resolve) => (done = resolve));
  const begin = performance.now();
  await work();
  await finished;
  return (count * 1000) / (performance.now() - begin);
}

export const spawns = () =>
  withEngine((engine) =>
    rate(SPAWNS, () => {
      for (let i = 0; i < SPAWNS; i++) engine.spawn(Holder);
      done();
    }),
  );

export const tells = () => withEngine((engine) => rate(TELLS, () => engine.spawn(Source).tell.send()));

export const ring = () =>
  withEngine(async (engine) => {
    const members = Array.from({ length: RING }, () => engine.spawn(Member));
    await Promise.all(members.map((member, i) => member.join(members[(i + 1) % RING])));
    return rate(HOPS, () => members[0].tell.hop(HOPS));
  });

export const pairs = () =>
  withEngine((engine) => {
    const askers = Array.from({ length: PAIRS }, () => engine.spawn(Asker));
    return rate(ASKS, async () => {
      await Promise.all(askers.map((asker) => asker.run(ASKS / PAIRS)));
      done();
    });
  });

export const restarts = () =>
  withEngine((engine) => {
    left = RESTARTS;
    const tree = supervisor({ intensity: 2 * RESTARTS, children: [child(Mortal)] });
    return rate(RESTARTS, () => engine.startSupervisor(tree));
  });

export const timers = () =>
  withEngine(async (engine) => {
    const holder = engine.spawn(Holder);
    const begin = performance.now();
    for (let i = 0; i < TIMERS; i++) engine.sendAfter(HOUR_MS, holder, 'add', 1);
    return ((performance.now() - begin) * 1e6) / TIMERS;
  });

/** The bytes that each of a million costs, all told. */
export const liveBytes = () => aloneBytes(self, 'handlers');
export const receiverBytes = () => aloneBytes(self, 'receivers');

/** Each has received a message, so that whatever it needs to live is there. */
async function beLive(role) {
  const count = role === 'handlers' ? MILLION : RECEIVERS;
  await withEngine(async (engine) => {
    const begin = residentBytes();
    for (let at = 0; at < count; at += PAGE) {
      const page = Array.from({ length: PAGE }, () =>
        role === 'handlers' ? engine.spawn(Holder) : engine.spawn(waiting),
      );
      await Promise.all(
        page.map((one) => (role === 'handlers' ? one.tell.add(1) : one.tell({ type: 'add', amount: 1 }))),
      );
    }
    while (total < count) await new Promise(setImmediate);
    console.log((residentBytes() - begin) / count);
    process.exit(0);
  });
}

if (process.argv[1] === self) await beLive(process.argv[2]);
