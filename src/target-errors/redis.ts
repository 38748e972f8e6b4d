/**
 * Errors that a Redis server replies: the first word of the message is their code.
 */
import { type Meaning, meaning, propertyOf } from './meaning.js';

const byWord: Readonly<Record<string, Meaning>> = {
  LOADING: meaning('retry', 'overload'),
  BUSY: meaning('retry', 'overload'),
  OOM: meaning('retry', 'overload'),
  TRYAGAIN: meaning('retry', 'connection'),
  CLUSTERDOWN: meaning('retry', 'connection'),
  MASTERDOWN: meaning('retry', 'connection'),
  READONLY: meaning('retry', 'connection'),
  NOREPLICAS: meaning('retry', 'connection'),
  UNBLOCKED: meaning('retry', 'connection'),
  // The key is another server's: the address is one node of a cluster.
  MOVED: meaning('retry', 'connection'),
  ASK: meaning('retry', 'connection'),
  NOAUTH: meaning('retry', 'auth'),
  WRONGPASS: meaning('retry', 'auth'),
  NOPERM: meaning('retry', 'auth'),
  DENIED: meaning('retry', 'auth'),
  MISCONF: meaning('retry', 'io'),
  WRONGTYPE: meaning('fatal', 'value'),
  CROSSSLOT: meaning('fatal', 'syntax'),
  NOSCRIPT: meaning('fatal', 'syntax'),
  EXECABORT: meaning('fatal', 'syntax'),
  ERR: meaning('fatal', 'syntax'),
};

/** ERR stands for most mistakes of a command, and for these, which are others. */
const otherErrors: readonly (readonly [RegExp, Meaning])[] = [
  [/^ERR max number of clients/, meaning('retry', 'overload')],
  [/^ERR (invalid password|operation not permitted|AUTH|Client sent AUTH)/, meaning('retry', 'auth')],
  // What the server says where it could not understand what it got; it then ends the connection.
  [/^ERR Protocol error/, meaning('retry', 'connection')],
  [
    /^ERR (value is|resulting score|increment|hash value|string exceeds|.* not a valid|.* out of range)/,
    meaning('fatal', 'value'),
  ],
];

/** The classes of replies in node-redis and ioredis, and of the sink. */
const replies = /^(ReplyError|ErrorReply|SimpleError|BlobError|RedisReplyError)$/;

/** Undefined where a Redis client does not say that it is a server's reply. */
export function ofRedis(error: unknown): Meaning | undefined {
  const name = propertyOf(error, 'name');
  const className = propertyOf(propertyOf(error, 'constructor'), 'name');
  if (!replies.test(String(name)) && !replies.test(String(className))) return undefined;
  const message = String(propertyOf(error, 'message'));
  const known = otherErrors.find(([text]) => text.test(message));
  return known?.[1] ?? byWord[/^[A-Z]+/.exec(message)?.[0] ?? ''];
}
