/**
 * The options of the ingest service: what they mean, what is allowed, and their defaults.
 */
import { constants } from 'node:buffer';
import type { Flow } from '../flow/api/flow.js';
import { schemaRule } from '../flow/config/flow-rules.js';
import type { RulesFor } from '../options/check.js';
import { boolean, callback, custom, integer, isObject, list } from '../options/rules.js';
import type { Schema } from '../schema/columns/schema.js';
import { tokenRule } from './bearer-token.js';
import { allowedName, nameExpected } from './host-names.js';
import { originOf } from './origins.js';
import { type Target, targetRule } from './target.js';

export interface IngestServiceOptions<S extends Schema = Schema> {
  /** Where events go. Its `onFull` should be `reject`: the service answers 429 then. The caller closes it. */
  flow: Flow<S>;
  /** What an event is; one of the flow's schemas. */
  schema: S;
  /** When given, `/v1/events`, `/stats`, `/metrics` and the live page's data want `Authorization: Bearer <token>`. */
  token?: string | undefined;
  /**
   * Names by which clients may call the service while it has no token, beside addresses, `localhost` and names below
   * it. Without ports: `['events.internal']`. With a token every name is answered.
   */
  allowedHosts?: readonly string[] | undefined;
  /**
   * Origins whose web pages may use the service beside its own page: `['https://shop.example']`. Their browsers get the
   * headers that they want (CORS). Requests of all other pages are refused.
   */
  allowedOrigins?: readonly string[] | undefined;
  /** Where rows go, shown by the live page and `/stats`. Not needed for anything else. */
  target?: Target | undefined;
  /** The live page at `/`, and what it needs below `/live/`. Default true. */
  livePage?: boolean | undefined;
  /** Longest JSON body, unpacked. NDJSON has no limit. Default 8 MiB. */
  bodyLimitBytes?: number | undefined;
  /**
   * Longest line of NDJSON. Default 8 MiB, as JSON may take six bytes for one of a text, and an event may have 1 MiB of
   * texts.
   */
  maxLineBytes?: number | undefined;
  /** How long a request waits for room in a full ring before it is answered 429. Default 1000. */
  fullWaitMs?: number | undefined;
  /** How long `?ack=committed` waits for the commit before it is answered 504. Default 30,000. */
  ackTimeoutMs?: number | undefined;
  /**
   * Whether answers to requests with a key have `duplicates`, the rows that the target had already. False for a target
   * that cannot tell, such as a stream whose readers find duplicates. Default true.
   */
  tellDuplicates?: boolean | undefined;
  /**
   * How long a client may send nothing while the service waits for the rest of its body, before it is answered 408.
   * Default 60,000.
   */
  clientTimeoutMs?: number | undefined;
  /**
   * Bytes that unfinished lines and JSON bodies of all requests may take together, beyond 16 KiB of each. A request
   * that needs more is answered 503, unless it is alone. Default 64 MiB.
   */
  maxBufferedBytes?: number | undefined;
  /** Bad lines that an answer lists; more are counted. Default 100. */
  maxRejected?: number | undefined;
  /** Told of errors that should not happen; their requests are answered 500. */
  onError?: ((error: unknown) => void) | undefined;
}

const hostNames = list(
  custom<string>((value) => typeof value === 'string' && allowedName(value) !== undefined, nameExpected),
  'a list of names of hosts',
);

const origins = list(
  custom<string>(
    (value) => typeof value === 'string' && originOf(value) !== undefined,
    'an origin, which has a scheme and no path: https://shop.example',
  ),
  'a list of origins',
);

/** The upper bound is that of Node's timers, and far beyond any sensible size. */
const limit = integer(1, 2 ** 31 - 1);
/** Bodies and lines become texts. */
const textLimit = integer(1, constants.MAX_STRING_LENGTH);

export const serviceRules = {
  flow: custom<Flow>(
    (value) => isObject(value) && typeof value.producer === 'function',
    'a flow made by createBatchFlow()',
  ),
  schema: schemaRule,
  token: tokenRule.optional(),
  allowedHosts: hostNames.optional(),
  allowedOrigins: origins.optional(),
  target: targetRule.optional(),
  livePage: boolean().default(true),
  bodyLimitBytes: textLimit.default(8 * 1024 * 1024),
  maxLineBytes: textLimit.default(8 * 1024 * 1024),
  fullWaitMs: limit.default(1000),
  ackTimeoutMs: limit.default(30_000),
  tellDuplicates: boolean().default(true),
  clientTimeoutMs: limit.default(60_000),
  maxBufferedBytes: limit.default(64 * 1024 * 1024),
  maxRejected: limit.default(100),
  onError: callback<(error: unknown) => void>('a function of the error').optional(),
} satisfies RulesFor<IngestServiceOptions>;
