/**
 * What is measured from Node: opens an engine on the data folder given, prints where it listens, ends with its input.
 */

import { Engine } from 'everact';

import type { AddRequest, SayRequest } from './bench/v1/door_pb.js';
import { CounterActor, EchoActor } from './bench/v1/door_everact.js';

class Echo extends EchoActor {
  say(request: SayRequest): { text: string } {
    return { text: request.text };
  }
}

class Counter extends CounterActor {
  add(request: AddRequest): { value: bigint } {
    this.state.value += request.amount;
    return { value: this.state.value };
  }
}

const engine = await Engine.open({
  data: process.argv[2],
  actors: [Echo, Counter],
  listen: '127.0.0.1:0',
  gateway: { serve: 'all' },
});
console.log(engine.address);
process.stdin.resume();
process.stdin.on('end', () => {
  void engine.close();
});
