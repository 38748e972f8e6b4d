/**
 * Errors of well-known targets, by the shapes that their clients give them.
 */
import { expect, test } from 'vitest';
import { knownError, ownMeaning } from '../../dist/src/target-errors/known-error.js';

const error = (properties: object, message = 'no') => Object.assign(new Error(message), properties);
const wrapped = (cause: unknown) => new Error('wrapped', { cause });
class ErrorReply extends Error {}
class SimpleError extends ErrorReply {}

test.each([
  ['a refused connection', error({ code: 'ECONNREFUSED', errno: -111 }), 'retry', 'connection'],
  ['a broken pipe, whose code has the form of an SQLSTATE', error({ code: 'EPIPE' }), 'retry', 'connection'],
  ['a name that is not known', error({ code: 'ENOTFOUND' }), 'retry', 'connection'],
  ['a name server that is away', error({ code: 'EAI_AGAIN' }), 'retry', 'connection'],
  ['a socket without an answer', error({ code: 'ETIMEDOUT' }), 'retry', 'timeout'],
  ['a fetch without an answer', wrapped(error({ code: 'UND_ERR_HEADERS_TIMEOUT' })), 'retry', 'timeout'],
  ['a fetch that found nobody', wrapped(error({ code: 'UND_ERR_SOCKET' })), 'retry', 'connection'],
  ['AbortSignal.timeout', new DOMException('late', 'TimeoutError'), 'retry', 'timeout'],
  ['a certificate', error({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'retry', 'auth'],
  ['a full disk', error({ code: 'ENOSPC' }), 'retry', 'io'],
  ['a deadlock of PostgreSQL', error({ code: '40P01' }), 'retry', 'deadlock'],
  ['a failed serialization', error({ code: '40001' }), 'retry', 'deadlock'],
  ['a key that PostgreSQL has', error({ code: '23505' }), 'fatal', 'duplicate_key'],
  ['a value that PostgreSQL refuses', error({ code: '22P02' }), 'fatal', 'value'],
  ['a lock of PostgreSQL', error({ code: '55P03' }), 'retry', 'lock_timeout'],
  ['a cancelled statement', error({ code: '57014' }), 'retry', 'timeout'],
  ['a server that shuts down', error({ code: '57P01' }), 'retry', 'connection'],
  ['too many connections', error({ code: '53300' }), 'retry', 'overload'],
  ['a table that is gone', error({ code: '42P01' }), 'retry', 'syntax'],
  ['a missing right', error({ code: '42501' }), 'retry', 'auth'],
  ['a wrong password', error({ code: '28P01' }), 'retry', 'auth'],
  ['a deadlock of MySQL', error({ code: 'ER_LOCK_DEADLOCK', errno: 1213 }), 'retry', 'deadlock'],
  ['a key that MySQL has', error({ code: 'ER_DUP_ENTRY', errno: 1062 }), 'fatal', 'duplicate_key'],
  ['a server of MySQL that is gone', error({ code: 'ER_SERVER_GONE', errno: 2006 }), 'retry', 'connection'],
  ['a full disk of MySQL', error({ code: 'EE_WRITE', errno: 3, sqlState: 'HY000' }), 'retry', 'io'],
  ['a table of MySQL that is only read', error({ errno: 1036 }), 'retry', 'io'],
  ['a server of MySQL that is offline', error({ errno: 3032 }), 'retry', 'connection'],
  ['a trigger of MySQL whose definer is gone', error({ errno: 1449 }), 'retry', 'auth'],
  ['a lock of SQLite', error({ code: 'SQLITE_BUSY_SNAPSHOT' }), 'retry', 'lock_timeout'],
  ['a key that SQLite has', error({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' }), 'fatal', 'duplicate_key'],
  ['a rule of SQLite', error({ code: 'SQLITE_CONSTRAINT_CHECK' }), 'fatal', 'value'],
  ['a Redis that loads', new SimpleError('LOADING Redis is loading the dataset'), 'retry', 'overload'],
  ['a Redis replica', error({ name: 'ReplyError' }, "READONLY You can't write"), 'retry', 'connection'],
  ['a key of another type', new ErrorReply('WRONGTYPE Operation against a key'), 'fatal', 'value'],
  ['a Redis with too many clients', new ErrorReply('ERR max number of clients reached'), 'retry', 'overload'],
  ['an old Redis and a wrong password', new ErrorReply('ERR invalid password'), 'retry', 'auth'],
  ['a lock of node:sqlite', error({ code: 'ERR_SQLITE_ERROR', errcode: 517 }), 'retry', 'lock_timeout'],
  ['a key of node:sqlite', error({ code: 'ERR_SQLITE_ERROR', errcode: 1555 }), 'fatal', 'duplicate_key'],
  ['a connection that mysql2 has lost', error({ code: 'PROTOCOL_CONNECTION_LOST' }), 'retry', 'connection'],
  ['an answer cut short', error({ code: 'ERR_STREAM_PREMATURE_CLOSE' }), 'retry', 'connection'],
  ['a client of AWS', error({ $metadata: { httpStatusCode: 503 } }), 'retry', 'overload'],
  ['a status beside a code like an SQLSTATE', error({ code: '22000', status: 503 }), 'retry', 'overload'],
  ['a busy HTTP service', error({ status: 429 }), 'retry', 'overload'],
  ['an HTTP client that keeps the response', error({ response: { status: 503 } }), 'retry', 'overload'],
  ['a failing HTTP service', error({ statusCode: 500 }), 'retry', 'unknown'],
  ['a body that HTTP refuses', error({ status: 422 }), 'fatal', 'value'],
  ['a wrong token', error({ statusCode: 401 }), 'retry', 'auth'],
])('%s is known', (_, thrown, verdict, reason) => {
  expect(knownError(thrown)).toEqual({ verdict, reason });
});

test.each([
  ['MySQL', error({ code: 'ER_NET_PACKET_TOO_LARGE', errno: 1153 })],
  ['HTTP', error({ status: 413 })],
])('what was too much for %s at once is to be split', (_, thrown) => {
  expect(knownError(thrown)).toEqual({ verdict: 'fatal', reason: 'overload', split: true });
});

const circle: { cause?: unknown } = {};
circle.cause = circle;
const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('no');
    },
  },
);

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a text', '23505'],
  ['an error without a code', new Error('LOADING')],
  ['a code of its own', error({ code: 'E_ROW' })],
  ['a number that is no error of MySQL', error({ errno: 17 })],
  ['a status that is no failure', error({ status: 200 })],
  ['a cause that is itself', circle],
  ['a proxy that throws', hostile],
  ['a class of SQLSTATE that says nothing', error({ code: '01000' })],
])('%s is not known', (_, thrown) => {
  expect(knownError(thrown)).toBe(undefined);
});

test('what an answer says is taken, and what makes no sense is left out', () => {
  expect(ownMeaning('fatal')).toEqual({ verdict: 'fatal', split: false });
  expect(ownMeaning({ verdict: 'retry', reason: 'io' })).toEqual({
    verdict: 'retry',
    reason: 'io',
    split: false,
  });
  expect(ownMeaning({ split: true })).toEqual({ split: true });
  expect(ownMeaning({ reason: 'deadlock' })).toEqual({ reason: 'deadlock' });
  for (const nonsense of [
    undefined,
    null,
    5,
    'later',
    {},
    { verdict: 'no', reason: 'why', split: 1 },
    hostile,
  ]) {
    expect(ownMeaning(nonsense)).toEqual({});
  }
});
