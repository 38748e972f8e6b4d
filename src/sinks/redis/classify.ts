/**
 * What an error of Redis means for the rows that were to be written: is the server unwell, or are they bad?
 */
import { SinkError } from '../../errors.js';
import { type Meaning, propertyOf } from '../../target-errors/meaning.js';
import { ofNode } from '../../target-errors/network.js';
import { ofRedis } from '../../target-errors/redis.js';
import { RedisRowError } from './row-error.js';
import { ReplyFormatError } from './wire/replies.js';

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

function meaningOf(error: unknown): Meaning | undefined {
  return ofRedis(error) ?? ofNode(error) ?? ofClient(error);
}

/** What `@redis/client` says of its connections. */
const ofConnections: ReadonlySet<string> = new Set([
  'ClientClosedError',
  'ClientOfflineError',
  'DisconnectsClientError',
  'SocketClosedUnexpectedlyError',
  'SocketTimeoutError',
  'ConnectionTimeoutError',
  'ReconnectStrategyError',
  'RootNodesUnavailableError',
  'TimeoutError',
  'AbortError',
]);

function ofClient(error: unknown): Meaning | undefined {
  const className = String(propertyOf(propertyOf(error, 'constructor'), 'name'));
  return ofConnections.has(className) ? { verdict: 'retry', reason: 'connection' } : undefined;
}

/** Codes of replies after which another connection may do better: to a server that takes writes, or knows the user. */
const endings = new Set(['READONLY', 'MASTERDOWN', 'MOVED', 'ASK', 'NOAUTH', 'DENIED', 'LOADING']);

/** Whether a reply shows that the connection is of no more use. */
export function endsSession(reply: Error): boolean {
  return endings.has(/^[A-Z]+/.exec(reply.message)?.[0] ?? '');
}
