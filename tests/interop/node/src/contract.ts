/**
 * The contract as proto-loader reads it, and Google's messages for what goes wrong.
 */

import { fileURLToPath } from 'node:url';

import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

import { type ProtoGrpcType as Airports } from './gen/official/airports.js';
import { type ProtoGrpcType as Details } from './gen/official/error_details.js';
import { type ProtoGrpcType as Status } from './gen/official/status.js';

const files = ['flights/v1/airports.proto', 'google/rpc/error_details.proto', 'google/rpc/status.proto'];
const folders = ['../proto', '../node_modules/google-proto-files'];

// build.sh writes the types for these options.
const loaded = loadSync(files, {
  includeDirs: folders.map((folder) => fileURLToPath(new URL(folder, import.meta.url))),
  longs: Number,
  defaults: true,
});

/** The packages: a service is its client's class, a message has `serialize` and `deserialize`. */
export const { flights, google } = loadPackageDefinition(loaded) as unknown as Airports & Details & Status;
