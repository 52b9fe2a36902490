/** A process that does what it is told. Commands overtake its other messages, which stay in the mailbox until it receives them. */

import { process } from 'everact';

import { act, Memory } from './acts.mjs';
import { begins, shown } from './terms.mjs';
import { world } from './world.mjs';

const RECEIVE_MS = 2000;
const COMMANDS = ['do', 'ping'];

/** What puppets take: a command, a ping, and what scenarios send. */
export const MESSAGES = {
  do: { command: ['any'] },
  ping: {},
  message: { tag: 'any' },
};

export const puppet = process(
  'puppet',
  { argument: { name: 'string', first: ['any'] }, messages: MESSAGES, mailboxCapacityMessages: 2_000_000 },
  async (context, { name, first }) => {
    const memory = new Memory();
    if (name !== '') {
      world.enter(name, context.self);
    }
    for (const command of first) {
      await perform(context, memory, command);
    }
    for (;;) {
      const message = await context.receive(COMMANDS);
      const { caller } = context;
      caller.reply(message.type === 'ping' ? 'pong' : await perform(context, memory, message.command));
    }
  },
);

async function perform(context, memory, [verb, ...given]) {
  switch (verb) {
    case 'receive': {
      const [pattern = [], timeoutMs = RECEIVE_MS] = given;
      return (await take(context, memory, pattern, timeoutMs)) ?? 'nothing';
    }
    case 'mailbox': {
      const all = [];
      for (;;) {
        const message = await take(context, memory, [], 0);
        if (message === undefined) {
          return all;
        }
        all.push(message);
      }
    }
    default:
      return await act(context, memory, [verb, ...given]);
  }
}

/** The first message that a pattern is the beginning of. */
async function take(context, { monitors }, pattern, timeoutMs) {
  const isIt = (message) => !COMMANDS.includes(message.type) && begins(shown(message, monitors), pattern);
  const message = await context.receive(isIt, { timeoutMs });
  return message && shown(message, monitors);
}
