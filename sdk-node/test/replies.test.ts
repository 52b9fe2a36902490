/**
 * Replies that callers have before the core knows that the turn has ended: nobody may see a difference but in time.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Actor, type Context, Engine, handler, NoProcess, Process, TooLarge } from 'everact';

import { nextTurnOfTheLoop } from './actors.js';

class Speaker extends Actor {
  static override options = { transient: true };
  static override handlers = {
    say: handler({ message: 'string' }),
    fail: handler(),
    list: handler(),
    askOther: handler({ message: 'string' }),
  };
  said: string[] = [];

  say(word: string): string {
    this.said.push(word);
    return word;
  }

  fail(): void {
    throw new Error('no');
  }

  list(): string[] {
    return this.said;
  }

  async askOther(word: string, context: Context): Promise<string> {
    const other = context.actor(Speaker, 'other');
    return (await other.say(word)) + (await other.say(word));
  }
}

class Suicidal extends Process {
  static override handlers = { die: handler(), later: handler() };

  die(_message: undefined, context: Context): string {
    context.self.kill();
    return 'I am dead';
  }

  async later(_message: undefined, context: Context): Promise<string> {
    await nextTurnOfTheLoop();
    context.self.kill();
    return 'I am dead';
  }
}

test('a process that is killed within its handler answers nobody', async () => {
  await using engine = await Engine.open({ processes: [Suicidal] });
  await assert.rejects(engine.spawn(Suicidal).die(), NoProcess);
  await assert.rejects(engine.spawn(Suicidal).later(), NoProcess);
});

test('callers get their replies in the order of the outcomes, whoever gives them', async () => {
  await using engine = await Engine.open({ actors: [Speaker] });
  const speaker = engine.actor(Speaker, 'a');
  const order: string[] = [];
  const note = (what: string) => (): void => void order.push(what);
  await Promise.all([
    speaker.say('first').then(note('first')),
    speaker.fail().catch(note('failed')),
    speaker.say('second').then(note('second')),
    speaker.say('third', { deadlineMs: 10_000 }).then(note('third')),
    speaker.say('fourth').then(note('fourth')),
  ]);
  assert.deepEqual(order, ['first', 'failed', 'second', 'third', 'fourth']);
});

test('a reply that the caller changes is no longer the one of the actor', async () => {
  await using engine = await Engine.open({ actors: [Speaker] });
  const speaker = engine.actor(Speaker, 'a');
  await speaker.say('kept');
  (await speaker.list()).push('added');
  assert.deepEqual(await speaker.list(), ['kept']);
});

test('a look at the engine finds the turn ended whose reply has come', async () => {
  await using engine = await Engine.open({ actors: [Speaker] });
  const speaker = engine.actor(Speaker, 'a');
  for (let count = 1; count <= 3; count++) {
    await speaker.say('word');
    const { open_turns: open, open_asks: asks, turns } = engine.stats();
    assert.deepEqual([open, asks, turns], [0, 0, count]);
    assert.equal((await engine.inspect(speaker)).handled, count);
  }
});

test('an actor asks another one again and again within one turn', async () => {
  await using engine = await Engine.open({ actors: [Speaker] });
  assert.equal(await engine.actor(Speaker, 'a').askOther('ho'), 'hoho');
  assert.deepEqual(await engine.actor(Speaker, 'other').list(), ['ho', 'ho']);
});

test('a short reply over a very low limit is TooLarge', async () => {
  await using engine = await Engine.open({ actors: [Speaker], messageBytesMax: 20 });
  const speaker = engine.actor(Speaker, 'a');
  assert.equal(await speaker.say('short'), 'short');
  await speaker.say('0123456789');
  await assert.rejects(speaker.list(), TooLarge);
});
