/**
 * What an error of NATS means for the rows that were to be published: is the server unwell, or is a message too large?
 */
import { SinkError } from '../../errors.js';
import { type Meaning, meaning, propertyOf } from '../../target-errors/meaning.js';
import { jetStreamNumber, ofNats } from '../../target-errors/nats.js';
import { ofNode } from '../../target-errors/network.js';
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
    const { reason = 'connection' } = meaningOf(error.cause) ?? {};
    return { verdict: 'retry', reason };
  }
  return meaningOf(error) ?? {};
}

/** Causes may form a circle. */
const deepest = 5;

function meaningOf(error: unknown): Meaning | undefined {
  for (let depth = 0, at = error; depth < deepest && at != null; depth++, at = propertyOf(at, 'cause')) {
    const means = ofNats(at) ?? ofNode(at);
    if (means !== undefined) return means;
  }
  return ofClient(error);
}

/** What the client says; other packages have errors of these names, too. */
function ofClient(error: unknown): Meaning | undefined {
  const message = String(propertyOf(error, 'message'));
  switch (propertyOf(error, 'name')) {
    case 'TimeoutError':
      return meaning('retry', 'timeout');
    case 'RequestError':
    case 'ConnectionError':
      return meaning('retry', 'connection');
    case 'ProtocolError':
      return meaning('retry', /maximum/i.test(message) ? 'overload' : 'connection');
    case 'InvalidArgumentError':
      // The server has become stricter since the message was made.
      return /max_payload/.test(message) ? { verdict: 'fatal', reason: 'overload', split: true } : undefined;
    default:
      return undefined;
  }
}

/** Whether an error shows that another connection may do better: a server that answers, or leads. */
export function endsSession(error: unknown): boolean {
  return (
    jetStreamNumber(error) === undefined &&
    ['timeout', 'connection', 'auth'].includes(String(meaningOf(error)?.reason))
  );
}

/** Whether an error may mean that the stream is no longer there: nobody listens, or the server says so. */
export function mayMissStream(error: unknown): boolean {
  return (
    [10_059, 10_060].includes(jetStreamNumber(error) ?? 0) ||
    propertyOf(error, 'name') === 'JetStreamNotEnabled'
  );
}

/** Whether the server has refused to let the user ask, which says nothing of the stream. */
export function isForbidden(error: unknown): boolean {
  for (let depth = 0, at = error; depth < deepest && at != null; depth++, at = propertyOf(at, 'cause')) {
    if (propertyOf(at, 'name') === 'PermissionViolationError') return true;
  }
  return false;
}
