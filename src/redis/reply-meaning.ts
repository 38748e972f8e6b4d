/**
 * What errors of a connection to Redis mean: what the server replies, what Node says of the way to it, and what
 * `@redis/client` says of its connections.
 */
import { type Meaning, propertyOf } from '../target-errors/meaning.js';
import { ofNode } from '../target-errors/network.js';
import { ofRedis } from '../target-errors/redis.js';

/** Undefined for other errors. */
export function meaningOf(error: unknown): Meaning | undefined {
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
