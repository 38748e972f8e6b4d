/**
 * The settings of the ingest service, their defaults and bounds.
 */
import { ConfigError } from '../errors.js';
import type { Flow } from '../flow/api/flow.js';
import type { Schema } from '../schema/columns/schema.js';

export interface IngestServiceOptions<S extends Schema = Schema> {
  /** Where events go. Its `onFull` should be `reject`: the service answers 429 then. The caller closes it. */
  flow: Flow<S>;
  /** What an event is; one of the flow's schemas. */
  schema: S;
  /** When given, `/v1/events`, `/stats`, `/metrics` and the live page's data want `Authorization: Bearer <token>`. */
  token?: string | undefined;
  /** The live page at `/`, and what it needs below `/live/`. Default true. */
  livePage?: boolean | undefined;
  /** Longest JSON body, unpacked. NDJSON has no limit. Default 4 MiB. */
  bodyLimitBytes?: number | undefined;
  /** Longest line of NDJSON. Default 1 MiB. */
  maxLineBytes?: number | undefined;
  /** How long a request waits for room in a full ring before it is answered 429. Default 1000. */
  fullWaitMs?: number | undefined;
  /** How long `?ack=committed` waits for the commit before it is answered 504. Default 30,000. */
  ackTimeoutMs?: number | undefined;
  /** Bad lines that an answer lists; more are counted. Default 100. */
  maxRejected?: number | undefined;
  /** Told of errors that should not happen; their requests are answered 500. */
  onError?: ((error: unknown) => void) | undefined;
}

const defaults = {
  bodyLimitBytes: 4 * 1024 * 1024,
  maxLineBytes: 1024 * 1024,
  fullWaitMs: 1000,
  ackTimeoutMs: 30_000,
  maxRejected: 100,
};

export type ServiceLimits = typeof defaults;

/** @throws ConfigError */
export function limitsOf(options: Partial<Record<keyof ServiceLimits, number | undefined>>): ServiceLimits {
  const limits = { ...defaults };
  for (const key of Object.keys(defaults) as (keyof ServiceLimits)[]) {
    const value = options[key] ?? defaults[key];
    // The upper bound is that of Node's timers and far beyond any sensible size.
    if (!Number.isInteger(value) || value < 1 || value > 0x7fffffff) {
      throw new ConfigError(key, value, 'a whole number from 1 to 2147483647');
    }
    limits[key] = value;
  }
  return limits;
}
