/**
 * What errors of NATS mean, whoever asked: is the server unwell, the connection of no use, the stream gone?
 */
import { type Meaning, meaning, propertyOf } from '../target-errors/meaning.js';
import { jetStreamNumber, ofNats } from '../target-errors/nats.js';
import { ofNode } from '../target-errors/network.js';

/** Causes may form a circle. */
const deepest = 5;

/** What an error of the client, the server or the network means. */
export function natsMeaning(error: unknown): Meaning | undefined {
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
export function endsConnection(error: unknown): boolean {
  return (
    jetStreamNumber(error) === undefined &&
    ['timeout', 'connection', 'auth'].includes(String(natsMeaning(error)?.reason))
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
