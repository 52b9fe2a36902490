/**
 * Messages and replies of a handler: which are JSON, which are raw bytes.
 */

import { encodeJson, type Payload, requireBytes } from '../codec.js';
import { InvalidPayload } from '../errors.js';
import { type BoundHandler } from './kind.js';
import { messageOf } from './thrown.js';

/**
 * The payload of a message for a handler.
 *
 * @throws InvalidPayload when it cannot be encoded, or is not bytes where the handler takes bytes.
 */
export function encodeMessage(handler: BoundHandler, message: unknown): Payload {
  if (handler.takesBytes) {
    return message === undefined ? undefined : requireBytes(message, `The message of ${handler.name}`);
  }
  return encodeJson(message);
}

/**
 * The payload of a handler's reply.
 *
 * @throws InvalidPayload when it cannot be encoded, or is not bytes where the handler gives bytes.
 */
export function encodeReply(handler: BoundHandler, reply: unknown): Payload {
  if (handler.encode !== undefined) {
    return handler.encode(reply);
  }
  if (handler.givesBytes) {
    return reply === undefined ? undefined : requireBytes(reply, `The reply of ${handler.name}`);
  }
  try {
    return encodeJson(reply);
  } catch (error) {
    throw new InvalidPayload(`the reply of ${handler.name}: ${messageOf(error)}`, { cause: error });
  }
}
