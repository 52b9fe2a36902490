/**
 * A process with an engine that listens: prints its address, ends when its stdin does. Its one argument is a JSON object of
 * settings.
 */

import { Engine, type EngineSettings } from 'everact';

import { Counter } from './actors.js';
import { Airports } from './airports.js';
import { Waiter } from './waiter.js';

const settings = JSON.parse(process.argv[2] ?? '{}') as EngineSettings;
const engine = await Engine.open({
  listen: '127.0.0.1:0',
  data: null,
  gateway: { serve: 'all' },
  ...settings,
  actors: [Counter, Airports, Waiter],
});
console.log(engine.address);
process.stdin.resume();
process.stdin.on('end', () => {
  void engine.close();
});
