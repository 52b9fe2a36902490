/**
 * Turns that the system asks for: the state as it is now, and another state in its place.
 *
 * They are handlers of every kind with an object; what they take and give is the encoded state.
 */

import { Buffer } from 'node:buffer';

import { decodeText, encodeJson, type Payload, requireBytes } from '../codec.js';
import { type Context } from '../context.js';
import { StateMismatch } from '../errors.js';
import { type Addressee } from '../reference.js';
import { type Snapshot } from '../state.js';
import { type Written } from './parts.js';
import * as layout from './generated/layout.js';
import { type BoundHandler, plainHandler } from './kind.js';
import { type Lane } from './lane.js';
import { readFor } from './reading.js';

const GET_STATE: BoundHandler = {
  ...plainHandler(layout.HANDLER_GET_STATE, 'get_state'),
  method: (_message, context) => stateOf(context),
  readOnly: true,
  internal: true,
  givesBytes: true,
};

/** Replaces the state: its turn changes it whatever it was before. */
export const REPLACE_STATE: BoundHandler = {
  ...plainHandler(layout.HANDLER_REPLACE_STATE, 'replace_state'),
  method: (message, context) => {
    replaceState(message as Uint8Array | undefined, context);
  },
  internal: true,
  takesBytes: true,
};

/** The handler of a system turn. */
export function systemHandler(id: number): BoundHandler | undefined {
  switch (id) {
    case layout.HANDLER_GET_STATE:
      return GET_STATE;
    case layout.HANDLER_REPLACE_STATE:
      return REPLACE_STATE;
    default:
      return undefined;
  }
}

/** The state of an actor or a process, as a value of JSON, or as the bytes that it is. */
export async function askState(lane: Lane, of: Addressee): Promise<unknown> {
  const { boundKind, target } = of;
  const state = (await lane.ask(boundKind, GET_STATE, target, undefined, undefined, undefined)) as Uint8Array;
  return boundKind.shape.takesBytes ? state : decodeText(Buffer.from(state).toString('utf8'));
}

/** Puts another state in its place. */
export async function askReplacement(lane: Lane, of: Addressee, state: unknown): Promise<void> {
  const { boundKind, target } = of;
  const given = boundKind.shape.takesBytes
    ? requireBytes(state, 'The state')
    : Buffer.from(encodeJson(state) ?? '', 'utf8');
  await lane.ask(boundKind, REPLACE_STATE, target, given, undefined, undefined);
}

/** The encoded state, as bytes. */
function stateOf({ activation, before }: Context): Uint8Array {
  const { shape } = activation.kind;
  const now = shape.captureAfter(activation.object, before);
  return bytesOf(now.encoded ?? shape.encode(activation.object, now));
}

/** Puts the object to another state, as after a load; what it holds beside its state stays. */
function replaceState(given: Uint8Array | undefined, { activation }: Context): void {
  const { shape } = activation.kind;
  const stored = given ?? new Uint8Array(0);
  const fresh = shape.make();
  readFor(activation.route);
  const next: Snapshot = shape.load(fresh, shape.takesBytes ? stored : Buffer.from(stored).toString('utf8'));
  const { behaviour, name } = activation.kind;
  const { state } = fresh as { readonly state?: string };
  if (behaviour !== undefined && behaviour.states.size > 0 && !behaviour.states.has(state ?? '')) {
    throw new StateMismatch(`${name} has no state ${String(state)}.`);
  }
  shape.restore(activation.object, next);
}

function bytesOf(state: Payload | Written): Uint8Array {
  if (typeof state !== 'object') {
    return Buffer.from(state === undefined ? '' : String(state), 'utf8');
  }
  if (ArrayBuffer.isView(state)) {
    return state;
  }
  const room = Buffer.alloc(state.bytesMax);
  return room.subarray(0, state.write(room, 0));
}
