/**
 * Messages and replies of a handler: which are JSON, which are raw bytes.
 */

import { encodeJson, isWhole, type Payload, RawJson, requireBytes } from '../codec.js';
import { InvalidArgument, InvalidPayload } from '../errors.js';
import { type BoundHandler } from './kind.js';
import { messageOf } from './thrown.js';

/**
 * The payload of a message for a handler.
 *
 * @throws InvalidArgument when it cannot be encoded, InvalidPayload when it is not bytes where the handler takes bytes.
 */
export function encodeMessage(handler: BoundHandler, message: unknown): Payload {
  if (handler.takesBytes) {
    return message === undefined ? undefined : requireBytes(message, `The message of ${handler.name}`);
  }
  if (isWhole(message)) {
    return message;
  }
  if (message instanceof RawJson) {
    return message.bytes;
  }
  try {
    return encodeJson(message);
  } catch (error) {
    throw new InvalidArgument(`the message of ${handler.name}: ${messageOf(error)}`, { cause: error });
  }
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
  if (isWhole(reply)) {
    return reply;
  }
  try {
    return encodeJson(reply);
  } catch (error) {
    throw new InvalidPayload(`the reply of ${handler.name}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * A value that a program gives along, as JSON; nothing is null.
 *
 * @throws InvalidArgument that begins with what it is.
 */
export function jsonOf(what: string, value: unknown): string {
  try {
    return encodeJson(value) ?? 'null';
  } catch (error) {
    throw new InvalidArgument(`${what}: ${messageOf(error)}`, { cause: error });
  }
}
