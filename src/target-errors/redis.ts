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
  NOAUTH: meaning('retry', 'auth'),
  WRONGPASS: meaning('retry', 'auth'),
  NOPERM: meaning('retry', 'auth'),
  MISCONF: meaning('retry', 'io'),
  WRONGTYPE: meaning('fatal', 'value'),
  ERR: meaning('fatal', 'syntax'),
};

/** ERR stands for most mistakes of a command, and for these, which are none. */
const notOfCommand: readonly (readonly [RegExp, Meaning])[] = [
  [/^ERR max number of clients/, meaning('retry', 'overload')],
  [/^ERR (invalid password|operation not permitted|AUTH|Client sent AUTH)/, meaning('retry', 'auth')],
];

/** The classes of replies in node-redis and ioredis. */
const replies = /^(ReplyError|ErrorReply|SimpleError|BlobError)$/;

/** Undefined where a Redis client does not say that it is a server's reply. */
export function ofRedis(error: unknown): Meaning | undefined {
  const name = propertyOf(error, 'name');
  const className = propertyOf(propertyOf(error, 'constructor'), 'name');
  if (!replies.test(String(name)) && !replies.test(String(className))) return undefined;
  const message = String(propertyOf(error, 'message'));
  const known = notOfCommand.find(([text]) => text.test(message));
  return known?.[1] ?? byWord[/^[A-Z]+/.exec(message)?.[0] ?? ''];
}
