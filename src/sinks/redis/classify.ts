/**
 * What an error of Redis means for the rows that were to be written: is the server unwell, or are they bad?
 */
import { SinkError } from '../../errors.js';
import { meaningOf } from '../../redis/reply-meaning.js';
import { ReplyFormatError } from '../../redis/wire/replies.js';
import type { Meaning } from '../../target-errors/meaning.js';
import { RedisRowError } from './row-error.js';

/**
 * What an error that Redis, the sink or `@redis/client` threw means, for `classify` of a sink that writes to Redis.
 * Empty for other errors.
 *
 * @example
 * export default defineSink({ write: (batch) => insert(batch.rows()), classify: classifyRedisError });
 */
export function classifyRedisError(error: unknown): Meaning {
  if (error instanceof RedisRowError) return { verdict: 'fatal', reason: 'value' };
  if (error instanceof ReplyFormatError) return { verdict: 'retry', reason: 'connection' };
  // Never about a row: a connection, or the configuration. The cause says which.
  if (error instanceof SinkError) {
    const { reason = 'connection' } = meaningOf(error.cause) ?? {};
    return { verdict: 'retry', reason };
  }
  return meaningOf(error) ?? {};
}
