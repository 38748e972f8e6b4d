/**
 * The options of the stream that messages go to: what it must be, or how it is made.
 */
import { streamName } from '../../nats/options.js';
import type { Checked, RulesFor } from '../../options/check.js';
import { boolean, integer, list, oneOf, text } from '../../options/rules.js';

/**
 * A stream. What is named here has to hold: a stream that is there with another value fails the flow. What is left out
 * may be as it is.
 */
export interface StreamOptions {
  name: string;
  /** Make the stream where there is none. Default true. */
  create?: boolean;
  /** What a new stream listens to. Default: the subjects of all schemas and partitions, as `events.*.*`. */
  subjects?: readonly string[];
  /** A new stream's default: `file`. */
  storage?: 'file' | 'memory';
  /** How many servers keep it, 1 to 5. A new stream's default: 1. */
  replicas?: number;
  /** A new stream's default: `limits`. */
  retention?: 'limits' | 'interest' | 'workqueue';
  /** What a full stream does: refuse new messages, or drop its oldest. A new stream's default: `new`. */
  discard?: 'new' | 'old';
  /** Default: no limit. */
  maxBytes?: number;
  /** Default: no limit. */
  maxMessages?: number;
  /** Default: no limit. */
  maxAgeMs?: number;
  /** Default: what the server takes. */
  maxMessageBytes?: number;
  /**
   * For how long the server remembers a message's id. A new stream's default: as long as a batch may be tried, at least
   * two minutes.
   */
  duplicateWindowMs?: number;
}

const hour = 3_600_000;
const most = Number.MAX_SAFE_INTEGER;
export const streamRules = {
  name: streamName,
  create: boolean().default(true),
  subjects: list(text(), 'a list of subjects').optional(),
  storage: oneOf('file', 'memory').optional(),
  replicas: integer(1, 5).optional(),
  retention: oneOf('limits', 'interest', 'workqueue').optional(),
  discard: oneOf('new', 'old').optional(),
  maxBytes: integer(1, most).optional(),
  maxMessages: integer(1, most).optional(),
  maxAgeMs: integer(100, 24 * 366 * 100 * hour).optional(),
  maxMessageBytes: integer(1, 2 ** 31 - 1).optional(),
  duplicateWindowMs: integer(100, 24 * hour).optional(),
} satisfies RulesFor<StreamOptions>;

export type StreamSettings = Checked<typeof streamRules>;
