/**
 * Which error of the table a failed call tells of.
 */

import { type ServiceError, status } from '@grpc/grpc-js';

import { google } from './contract.js';

/** The reason in the status details; without them the status code's name in the same spelling. */
export function reasonOf(error: ServiceError): string {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  if (bytes === undefined) {
    return (status[error.code] as string).replace(
      /(.)([^_]*)_?/g,
      (_, first: string, rest: string) => first + rest.toLowerCase(),
    );
  }
  const { details } = google.rpc.Status.deserialize(Buffer.from(bytes));
  const info = details.find(({ type_url }) => type_url.endsWith('/google.rpc.ErrorInfo'));
  return google.rpc.ErrorInfo.deserialize(info?.value as Buffer).reason;
}
