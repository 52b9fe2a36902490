/**
 * The state of kinds that have no object in the host: functions, and supervisors.
 */

import { type Shape, type Snapshot } from '../state.js';

const EMPTY: Snapshot = { values: [], encoded: undefined, rest: undefined };

/** No state. */
export const NO_STATE: Shape = {
  takesBytes: false,
  onUnknown: undefined,
  make(): never {
    throw new TypeError('Nothing of this kind has an object.');
  },
  capture: () => EMPTY,
  captureAfter: () => EMPTY,
  encode: () => undefined,
  restore: () => undefined,
  load: () => EMPTY,
};
