/**
 * The settings of the gateway that an engine opens with `listen`. The core knows defaults and ranges.
 */

import { snakeCase } from './internal/names.js';

/** The gateway's settings (docs/guide/gateway.md). */
export interface GatewayOptions {
  /** Serve others than this machine without TLS or without credentials. */
  readonly insecure?: boolean;
  /** Which kinds are reachable: those with a contract and those that are exposed, or all. */
  readonly serve?: 'exposed' | 'all';
  /** Certificates, as PEM files. */
  readonly tls?: {
    /** The server's certificate and those between it and its authority. */
    readonly certificate: string;
    /** Its private key. */
    readonly key: string;
    /** The authorities whose clients may connect; a client without such a certificate is turned away. */
    readonly clientCa?: string;
  };
  /** Who may call what; without it everybody who reaches the port may call everything. */
  readonly auth?: {
    /** Fixed bearer tokens: `token` itself or its SHA-256 in hexadecimal digits. */
    readonly tokens?: readonly GatewayToken[];
    /** A file with more of them, a JSON array; read again when it changes. */
    readonly tokensFile?: string;
    /** Signed tokens. */
    readonly jwt?: GatewayJwt;
    /** What may be called without credentials. */
    readonly anonymous?: { readonly allow: readonly string[] };
  };
  /** Without `auth`: whoever reaches the port may decide about dead letters and producers. */
  readonly control?: boolean;
  /** Pages of other origins that a browser lets call; `*` is every page. */
  readonly cors?: { readonly origins: readonly string[] };
  /** Whether gRPC reflection answers. */
  readonly reflection?: boolean;
  /** Whether `/openapi.json` and the page to try it answer. */
  readonly docs?: boolean;
  /** The bounds, each a number with its unit at the end of its name. */
  readonly limits?: Readonly<Record<string, number>>;
}

/** A fixed bearer token. */
export interface GatewayToken {
  /** Who calls with it. */
  readonly name: string;
  /** The token. */
  readonly token?: string;
  /** The token's SHA-256, so that the configuration holds no secret. */
  readonly sha256?: string;
  /** What it may call. */
  readonly allow?: readonly string[];
}

/** Signed tokens (JWT) and the keys that verify them. */
export interface GatewayJwt {
  /** A file with the keys, a JSON Web Key Set. */
  readonly jwks: string;
  /** The `iss` that a token must have. */
  readonly issuer?: string;
  /** The `aud` that a token must have. */
  readonly audience?: string;
  /** Seconds by which clocks may differ. */
  readonly leewaySeconds?: number;
  /** What every `sub` may call that `subjects` does not name. */
  readonly allow?: readonly string[];
  /** What certain ones may call, by `sub`. */
  readonly subjects?: Readonly<Record<string, readonly string[]>>;
}

/** Objects whose names are the user's own, not settings. */
const VERBATIM = new Set(['subjects']);

/** The settings by the names that the core knows. */
export function gatewaySettings(given: unknown): unknown {
  if (Array.isArray(given)) {
    return given.map(gatewaySettings);
  }
  if (typeof given !== 'object' || given === null) {
    return given;
  }
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      snakeCase(name),
      VERBATIM.has(name) ? value : gatewaySettings(value),
    ]),
  );
}
