// Opens the engine and serves its actors: `reenact serve`, or `npm start`.
import { Engine } from 'reenact';

import { Airport } from './airport.js';

const engine = await Engine.open(process.env.REENACT_DATA ?? 'data', { actors: [Airport] });
console.log('SFO has seen', await engine.actor(Airport, 'SFO').count(), 'flights');
if (engine.address) {
  console.log('listening on', engine.address);
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
await engine.close();
