/**
 * The options of the durable consumer that all hosts share: what it must be, or how it is made.
 */
import { streamName } from '../../nats/options.js';
import type { Checked, RulesFor } from '../../options/check.js';
import { boolean, integer, list, oneOf, text } from '../../options/rules.js';

/**
 * A consumer. What is named here has to hold: a consumer that is there with another value fails the flow. What is left
 * out may be as it is.
 */
export interface ConsumerOptions {
  /** Its durable name: hosts that name the same one share its messages. */
  name: string;
  /** Make the consumer where there is none. Default true. */
  create?: boolean;
  /**
   * How long the server waits for a word of a message before it delivers it again: how long the messages of a dead
   * host stay away. A source says at a half of it that a message is under way. A new consumer's default: 30,000.
   */
  ackWaitMs?: number;
  /**
   * Messages that may be under way on all hosts together. A new consumer's default: as many as the rings of `hosts` can
   * hold, at one row a message, 1000 to 1,000,000.
   */
  maxAckPending?: number;
  /** How many hosts are to share the consumer, for its limits. Default 8. */
  hosts?: number;
  /** The subjects whose messages it gets; several need nats-server 2.10. Default: all of the stream. */
  filterSubjects?: readonly string[];
  /** Where a new consumer begins: with all messages of the stream, or with new ones. Default `all`. */
  deliver?: 'all' | 'new';
  /** How many servers keep its state. Default: as many as keep the stream. */
  replicas?: number;
}

export const consumerRules = {
  name: streamName,
  create: boolean().default(true),
  ackWaitMs: integer(500, 24 * 3_600_000).optional(),
  maxAckPending: integer(1, 2 ** 31 - 1).optional(),
  hosts: integer(1, 100_000).default(8),
  filterSubjects: list(text(), 'a list of subjects')
    .and(({ length }) => length > 0, 'at least one subject')
    .optional(),
  deliver: oneOf('all', 'new').default('all'),
  replicas: integer(1, 5).optional(),
} satisfies RulesFor<ConsumerOptions>;

export type ConsumerSettings = Checked<typeof consumerRules>;
