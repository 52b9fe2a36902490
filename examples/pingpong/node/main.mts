// Two processes play ping-pong: the first program with processes in Erlang's guide.
import { Engine, process, processOf } from 'everact';

type Pong = { readonly type: 'pong' };
const PONG = {
  messages: { ping: { sender: processOf<Pong>() }, finished: {} },
} as const;

const pong = process('pong', PONG, async (context) => {
  for (;;) {
    const message = await context.receive();
    switch (message.type) {
      case 'ping':
        console.log('Pong received ping');
        void message.sender.tell({ type: 'pong' });
        break;
      case 'finished':
        console.log('Pong finished');
        return;
    }
  }
});

const PING = {
  argument: { count: 'integer', pong: 'process' },
  messages: { pong: {} },
} as const;

const ping = process('ping', PING, async (context, { count, pong }) => {
  for (let sent = 0; sent < count; sent++) {
    void pong.tell({ type: 'ping', sender: context.self });
    await context.receive('pong');
    console.log('Ping received pong');
  }
  void pong.tell({ type: 'finished' });
  console.log('ping finished');
});

const engine = await Engine.open({ processes: [ping, pong] });
const first = engine.spawn(pong);
engine.spawn(ping, { count: 3, pong: first });
await first.ended();
await engine.close();
