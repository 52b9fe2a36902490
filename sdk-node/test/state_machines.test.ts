/**
 * State machines: states, time-outs, events put aside, and machines that are stored.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  byState,
  Engine,
  handler,
  InvalidArgument,
  InvalidDeclaration,
  MachineActor,
  type MachineContext,
  StateMachine,
  StateMismatch,
  type Timeout,
  UnknownHandler,
} from 'everact';

import { emptyFolder, inMemory } from './actors.js';

class Door extends StateMachine {
  static override options = { initial: 'locked', enterCalls: true };
  static override handlers = {
    press: byState('integer', {
      locked(this: Door, digit: number, context: MachineContext): string {
        if (digit !== 7) {
          return 'wrong';
        }
        context.nextState('open');
        context.stateTimeout(5, 'too long');
        return 'right';
      },
    }),
    enter: byState(undefined, {
      locked(this: Door, _message: undefined, context: MachineContext): number {
        context.postpone();
        return 0;
      },
      open(this: Door): number {
        return (this.guests += 1);
      },
    }),
    seen: handler(),
    slam: handler(),
    slammed: handler({ message: 'string' }),
    nowhere: handler(),
    go: handler({ message: 'string' }),
  };
  static override inState = {
    open: {
      onTimeout(this: Door, { which, content }: Timeout, context: MachineContext): void {
        this.log = [...this.log, `${typeof which === 'string' ? which : which.name}: ${String(content)}`];
        context.nextState('locked');
      },
    },
  };
  guests = 0;
  log: string[] = [];

  override onEnter(previous: string): void {
    this.log = [...this.log, `${previous} to ${this.state}`];
  }
  seen(): readonly string[] {
    return this.log;
  }
  slam(_message: undefined, context: MachineContext): void {
    context.nextEvent('slammed', 'first');
    context.nextEvent('slammed', 'second', { as: 'tell' });
  }
  slammed(how: string, context: MachineContext): void {
    this.log = [...this.log, `${how} ${String(context.isInternal)}`];
  }
  go(where: string, context: MachineContext): void {
    context.nextState(where);
  }
  nowhere(_message: undefined, context: MachineContext): void {
    context.nextState('ajar');
  }
}

test('states, their time-outs and their entering', async () => {
  await using engine = await inMemory([], { processes: [Door] });
  const door = engine.spawn(Door);
  assert.equal(await door.press(1), 'wrong');
  assert.equal(await door.press(7), 'right');
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.deepEqual(await door.seen(), [
    'locked to locked',
    'locked to open',
    'state: too long',
    'open to locked',
  ]);
});

test('an ask that is put aside is answered in another state', async () => {
  await using engine = await inMemory([], { processes: [Door] });
  const door = engine.spawn(Door);
  const guests = [door.enter(), door.enter()];
  await door.press(7);
  assert.deepEqual(await Promise.all(guests), [1, 2]);
});

test('a machine is put into another state and enters none', async () => {
  await using engine = await inMemory([], { processes: [Door] });
  const door = engine.spawn(Door);
  assert.deepEqual(await door.seen(), ['locked to locked']);
  await engine.replaceState(door, { state: 'open', guests: 0, log: [] });
  await door.go('open');
  await door.go('locked');
  assert.deepEqual(await door.seen(), ['open to locked']);
  await assert.rejects(engine.replaceState(door, { state: 'ajar' }), StateMismatch);
  assert.deepEqual(await door.seen(), ['open to locked']);
});

test('inserted events come before those that wait', async () => {
  await using engine = await inMemory([], { processes: [Door] });
  const door = engine.spawn(Door);
  const all = [door.slam(), door.slammed('third')];
  await Promise.all(all);
  assert.deepEqual((await door.seen()).slice(1), ['first true', 'second false', 'third false']);
});

test('a message that its state does not take', async () => {
  await using engine = await inMemory([], { processes: [Door] });
  const door = engine.spawn(Door, { state: 'open' });
  const end = door.ended();
  await assert.rejects(door.press(1), (error: Error) => {
    assert.ok(error instanceof UnknownHandler);
    assert.match(error.message, /door does not take press in the state open/);
    return true;
  });
  assert.equal((await end).type, 'failed');
});

test('a state that nothing declares is refused', async () => {
  await using engine = await inMemory([], { processes: [Door] });
  await assert.rejects(engine.spawn(Door).nowhere(), /InvalidArgument: .*no state ajar/);
  const end = await engine.spawn(Door, { state: 'ajar' }).ended();
  assert.ok(end.type === 'failed' || end.type === 'no_process');
  assert.ok(InvalidArgument.name);
});

test('what a class declares wrongly', async () => {
  class Nameless extends StateMachine {}
  class Plain extends MachineActor {
    static override options = { initial: 'a', enterCalls: 'yes' as never };
  }
  await assert.rejects(inMemory([], { processes: [Nameless] }), InvalidDeclaration);
  await assert.rejects(inMemory([Plain]), InvalidDeclaration);
});

class Order extends MachineActor {
  static override options = { name: 'order', initial: 'open', states: ['paid', 'sent'] };
  static override handlers = { pay: handler({ message: 'integer' }), send: handler(), status: handler() };
  cents = 0;
  pay(cents: number, context: MachineContext): void {
    this.cents += cents;
    context.nextState('paid');
    if (cents < 0) {
      throw new RangeError('less than nothing');
    }
  }
  send(_message: undefined, context: MachineContext): void {
    if (this.state !== 'paid') {
      context.postpone();
      return;
    }
    context.nextState('sent');
  }
  status(): [string, number] {
    return [this.state, this.cents];
  }
}

test('a durable machine goes on in its state; a turn that fails leaves it where it was', async () => {
  const data = emptyFolder();
  {
    await using engine = await Engine.open(data, { actors: [Order] });
    const order = engine.actor(Order, '1');
    await assert.rejects(order.pay(-1));
    assert.deepEqual(await order.status(), ['open', 0]);
    const sent = order.send();
    await order.pay(500);
    await sent;
    assert.deepEqual(await order.status(), ['sent', 500]);
  }
  await using engine = await Engine.open(data, { actors: [Order] });
  assert.deepEqual(await engine.actor(Order, '1').status(), ['sent', 500]);
});
