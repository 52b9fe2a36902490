/**
 * What records are made of beside their fixed fields, and the room that it takes.
 */

import { type Payload } from '../codec.js';
import * as layout from './generated/layout.js';
import { NUMBER_BYTES_MAX, textBytesMax, type WritableBytes } from './text.js';

/** Records start at multiples of 8, and so do their variable parts. */
export const ALIGNMENT = 8;
/** The number of a process. */
export const PROCESS_BYTES = 8;

/** What writes itself into the buffer, so that no text is made of it first. */
export interface Written {
  /** It takes at most so many bytes. */
  readonly bytesMax: number;
  /** Writes itself from an offset on; the result is its bytes. */
  write(bytes: WritableBytes, at: number): number;
}

/** A number of 64 bits, in two halves. */
export interface Wide {
  readonly low: number;
  readonly high: number;
}

/** Whom a message is for: an actor's key, or the number of a process. */
export type Target = string | Wide;

/** Why a process ends with its turn. */
export interface Exit {
  readonly code: number;
  readonly detail: Payload;
}

/** A message that leaves with a turn's commit. */
export interface Effect {
  readonly kind: number;
  readonly handler: number;
  readonly to: Target;
  readonly payload: Payload;
  /** The block of metadata, where there is some. */
  readonly metadata: Uint8Array | undefined;
}

/** The most bytes that an addressee can take. */
export function targetBytesMax(to: Target): number {
  return typeof to === 'string' ? textBytesMax(to) : PROCESS_BYTES;
}

/** The most bytes that a text or payload can take. */
export function bytesMax(payload: Payload | Written): number {
  if (payload === undefined) {
    return 0;
  }
  if (typeof payload === 'string') {
    return textBytesMax(payload);
  }
  if (typeof payload === 'number') {
    return NUMBER_BYTES_MAX;
  }
  return ArrayBuffer.isView(payload) ? payload.length : payload.bytesMax;
}

/** The most bytes that the messages of a turn can take. */
export function effectsRoom(effects: readonly Effect[]): number {
  let room = 0;
  for (const { to, payload, metadata } of effects) {
    room += layout.TELL_FIXED_BYTES + targetBytesMax(to) + bytesMax(payload) + bytesMax(metadata) + ALIGNMENT;
  }
  return room;
}
