/**
 * What an error of NATS means for the rows that were to be published: is the server unwell, or is a message too large?
 */
import { SinkError } from '../../errors.js';
import { natsMeaning } from '../../nats/error-meaning.js';
import { type Meaning, meaning, propertyOf } from '../../target-errors/meaning.js';
import { BadRowError } from '../encode/row-writer.js';
import { StreamError } from './stream-error.js';

/**
 * What an error that the sink, its client or the server gave means, for `classify` of a sink that publishes to
 * JetStream. Empty for other errors.
 *
 * @example
 * export default defineSink({ write: (batch) => publish(batch.rows()), classify: classifyNatsError });
 */
export function classifyNatsError(error: unknown): Meaning {
  if (error instanceof BadRowError || propertyOf(error, 'split') === true) return {};
  if (error instanceof StreamError) return meaning('retry', 'syntax');
  // Never about a row: a connection, or the configuration. The cause says which.
  if (error instanceof SinkError) {
    const { reason = 'connection' } = natsMeaning(error.cause) ?? {};
    return { verdict: 'retry', reason };
  }
  return natsMeaning(error) ?? {};
}
