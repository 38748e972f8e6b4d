/**
 * What an error of PostgreSQL means for the rows that were to be written: is the server unwell, or are they bad?
 */
import { SinkError } from '../../errors.js';
import { propertyOf, type Verdict } from '../../target-errors/meaning.js';
import { ofNode } from '../../target-errors/network.js';
import { ofPostgres, sqlState } from '../../target-errors/sqlstate.js';
import { BadTextError } from '../wire/bad-text.js';
import { MessageTooLargeError } from '../wire/wire-buffer.js';

/** What `pg` says of a connection without a code. */
const ofConnections = new RegExp(
  `^(${[
    'Connection terminated',
    'timeout expired',
    'Client has encountered a connection error',
    'Client was closed',
    'The server does not support SSL',
    'There was an error establishing an SSL connection',
    'SASL',
  ].join('|')})`,
);

/**
 * What an error that PostgreSQL or `pg` threw means, for `classify` of a sink that writes to PostgreSQL with any driver
 * whose errors have the server's `code`. Undefined for other errors.
 *
 * @example
 * export default defineSink({ write: (batch) => insert(batch.rows()), classify: classifyPostgresError });
 */
export function classifyPostgresError(error: unknown): Verdict {
  // Never about a row: the table or the configuration is not what it should be.
  if (error instanceof SinkError) return 'retry';
  // Halves of what was too much may fit.
  if (error instanceof BadTextError || error instanceof MessageTooLargeError) return 'fatal';
  const state = sqlState(error);
  // The table has changed since it was looked at: a column's type is another one.
  if (state === '22P03') return 'retry';
  if (state !== undefined) return ofPostgres(error)?.verdict;
  return isConnectionError(error) ? 'retry' : undefined;
}

/** Whether an error is about the way to the server. */
export function isConnectionError(error: unknown): boolean {
  if (ofNode(error) !== undefined) return true;
  return (
    error instanceof Error && propertyOf(error, 'code') === undefined && ofConnections.test(error.message)
  );
}

/** SQLSTATEs after which the same connection would fail again: elsewhere there may be a server that can write. */
const endings = new Set(['25006', '0A000', '57P01', '57P02', '57P03', '57P05', '25P02', '25P03']);

/** Whether the connection is of no more use. */
export function endsSession(error: unknown): boolean {
  const state = sqlState(error);
  if (state === undefined) return true;
  return endings.has(state) || state.startsWith('08') || state.startsWith('XX');
}
