/** The driver of the Node SDK: reads a command a line, writes what it gives. tests/oracle/README.md has the protocol. */

import { createInterface } from 'node:readline';

import { Closed, DeadlineExceeded, Engine, NoProcess } from 'everact';

import { BEHAVIOURS, isBehaviour, startBehaviour, stop } from './behaviours.mjs';
import { isManaged, manage } from './managers.mjs';
import { puppet } from './puppet.mjs';
import { actByActor, Resident } from './residents.mjs';
import { Beginning, Child, isOperation, operate, startSupervisor } from './supervisors.mjs';
import { world } from './world.mjs';

const ANSWER_MS = 5000;
const RECEIVE_MS = 2000;
const LOOK_AGAIN_MS = 5;

/** Commands that were begun and not yet finished, by their puppet. */
const begun = new Map();

const COMMANDS = {
  hello: () => ({ driver: 'node', version: process.versions.node }),
  world: async () => {
    begun.clear();
    await world.engine?.close({ deadlineMs: 0 });
    world.renew(
      await Engine.open({
        data: null,
        processesMax: 1_000,
        actors: [Resident],
        processes: [puppet, Child, Beginning, ...BEHAVIOURS],
        onNotice: () => undefined,
      }),
    );
  },
  spawn: async (name, ...first) => {
    await world.entered(world.engine.spawn(puppet, { name, first }));
  },
  start: (kind, name, data) =>
    kind === 'supervisor'
      ? startSupervisor(world.engine, name, data)
      : startBehaviour((...given) => world.engine.spawn(...given), kind, name, data),
  run: (name, data) => startSupervisor({ startSupervisor: (tree) => world.engine.run(tree) }, name, data),
  close: () => world.engine.close(),
  actor: (name) => void world.actors.add(name),
  begin: ([verb, name, ...given]) => void begun.set(name, ask(name, [verb, ...given])),
  finish: (name) => begun.get(name),
  ended: (name, count) => world.ended(name, count),
  log: (log, count) => world.log(log, count),
  first: async (log, count) => (await world.log(log, count)).slice(0, count),
  history: () => world.history(),
};

async function run([verb, ...given]) {
  world.notice();
  const [name, ...rest] = given;
  if (Object.hasOwn(COMMANDS, verb)) {
    const answer = await COMMANDS[verb](...given);
    return answer === undefined ? 'ok' : answer;
  }
  if (world.actors.has(name)) {
    return actByActor(name, [verb, ...rest]);
  }
  if (isManaged(verb)) {
    return manage(verb, name, rest);
  }
  if (verb === 'stop' && isBehaviour(name)) {
    return stop(name, rest[0]);
  }
  return isOperation(verb) ? operate(verb, name, rest) : ask(name, [verb, ...rest]);
}

/** Tells a puppet a command and waits for what it gives, or for the puppet's end. */
async function ask(name, command) {
  const [verb, pattern = [], waitMs = RECEIVE_MS] = command;
  if (verb !== 'receive' || world.process(name)?.kind !== 'child') {
    return askOnce(name, command);
  }
  // A child whose messages are handled has no wait of its own.
  const until = performance.now() + waitMs;
  for (;;) {
    const found = await askOnce(name, ['take', pattern]);
    if (found !== 'nothing' || performance.now() >= until) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

async function askOnce(name, command) {
  const puppet = world.process(name);
  if (puppet === undefined || !puppet.isAlive()) {
    return ['ended', 'noproc'];
  }
  try {
    return await puppet.ask('do', { command }, { deadlineMs: ANSWER_MS });
  } catch (error) {
    if (error instanceof DeadlineExceeded) {
      return 'no answer';
    }
    const reason = error instanceof NoProcess || !puppet.isAlive() ? await world.endOf(puppet) : undefined;
    return reason === undefined ? { fault: String(error) } : ['ended', reason];
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await run(JSON.parse(line));
  } catch (error) {
    answer = error instanceof Closed ? 'closed' : { fault: String(error.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
