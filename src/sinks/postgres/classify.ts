/**
 * What an error of PostgreSQL means for the rows that were to be written: is the server unwell, or are they bad?
 */
import { SinkError } from '../../errors.js';
import type { Verdict } from '../../sink.js';
import { BadTextError } from '../sql/bad-text.js';
import { isNetworkError } from '../sql/network-errors.js';
import { MessageTooLargeError } from '../sql/wire/wire-buffer.js';

/** By class, the first two characters of an SQLSTATE. */
const byClass: Readonly<Record<string, Verdict>> = {
  // The connection, the machine, or an operator.
  '08': 'retry',
  '53': 'retry',
  '57': 'retry',
  '58': 'retry',
  XX: 'retry',
  // Transactions that met: deadlocks, failures of serialization, a server that is read-only.
  '40': 'retry',
  '25': 'retry',
  '55': 'retry',
  // The configuration: passwords, names, rights, statements that the table does not allow. It may be put right.
  '0A': 'retry',
  '26': 'retry',
  '28': 'retry',
  '3D': 'retry',
  '3F': 'retry',
  '42': 'retry',
  // The rows: their values, the rules of the table, what a trigger said.
  '21': 'fatal',
  '22': 'fatal',
  '23': 'fatal',
  '44': 'fatal',
  // A value is too large for an index, say.
  '54': 'fatal',
  P0: 'fatal',
};

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

/** The SQLSTATE of an error that the server sent, or of an error which explains one. */
export function sqlState(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && /^(?:\d[0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/.test(code) ? code : undefined;
}

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
  if (state !== undefined) return byClass[state.slice(0, 2)];
  return isConnectionError(error) ? 'retry' : undefined;
}

/** Whether an error is about the way to the server. */
export function isConnectionError(error: unknown): boolean {
  const code = codeOf(error);
  if (isNetworkError(error)) return true;
  return error instanceof Error && code === undefined && ofConnections.test(error.message);
}

/** SQLSTATEs after which the same connection would fail again: elsewhere there may be a server that can write. */
const endings = new Set([
  '25006',
  '26000',
  '42P05',
  '0A000',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '25P02',
  '25P03',
]);

/** Whether the connection is of no more use. */
export function endsSession(error: unknown): boolean {
  const state = sqlState(error);
  if (state === undefined) return true;
  return endings.has(state) || state.startsWith('08') || state.startsWith('XX');
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
