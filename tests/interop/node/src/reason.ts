/**
 * Which error of the table a failed call tells of.
 */

import { type ServiceError, status } from '@grpc/grpc-js';

import { google } from './contract.js';

/** The reason in the status details; without them the status code's name in the same spelling. */
export function reasonOf(error: ServiceError): string {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const { details } = google.rpc.Status.deserialize(Buffer.from(bytes ?? ''));
  const info = details.find((detail) => detail.type_url.endsWith('/google.rpc.ErrorInfo'));
  if (info === undefined) {
    const words = status[error.code].toLowerCase().split('_');
    return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  }
  return google.rpc.ErrorInfo.deserialize(info.value).reason;
}
