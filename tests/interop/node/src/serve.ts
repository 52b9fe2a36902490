/**
 * serve DATA: an engine that listens. Prints its address, ends with its input.
 */

import { once } from 'node:events';

import { Engine } from 'everact';

import { Airports } from './airports.js';

const [data = ''] = process.argv.slice(2);
await using engine = await Engine.open(data, { actors: [Airports], listen: '127.0.0.1:0' });
console.log(`http://${engine.address ?? ''}`);
await once(process.stdin.resume(), 'end');
