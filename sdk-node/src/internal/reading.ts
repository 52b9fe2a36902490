/**
 * For whom a message or a state is being read: a reference to a process in it belongs to that turn's process or actor.
 */

import { type Route } from '../scope.js';

let reading: Route | undefined;

/** From now on, until the next such call, what is read is for this one. */
export function readFor(route: Route): void {
  reading = route;
}

/** For whom it is. */
export function reader(): Route | undefined {
  return reading;
}
