/**
 * Errors of PostgreSQL by their SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
import { type Meaning, meaning, propertyOf } from './meaning.js';

/** Where a state differs from its class. */
const byState: Readonly<Record<string, Meaning>> = {
  '23505': meaning('fatal', 'duplicate_key'),
  '40001': meaning('retry', 'deadlock'),
  '40P01': meaning('retry', 'deadlock'),
  '42501': meaning('retry', 'auth'),
  '55P03': meaning('retry', 'lock_timeout'),
  '57014': meaning('retry', 'timeout'),
};

/** By class, the first two characters. */
const byClass: Readonly<Record<string, Meaning>> = {
  // The connection, the machine, or an operator.
  '08': meaning('retry', 'connection'),
  '53': meaning('retry', 'overload'),
  '57': meaning('retry', 'connection'),
  '58': meaning('retry', 'io'),
  XX: meaning('retry', 'unknown'),
  // Transactions that met; a server that is read-only.
  '40': meaning('retry', 'unknown'),
  '25': meaning('retry', 'connection'),
  '55': meaning('retry', 'unknown'),
  // The configuration: passwords, names, rights, statements that the table does not allow. It may be put right.
  '0A': meaning('retry', 'syntax'),
  '26': meaning('retry', 'syntax'),
  '28': meaning('retry', 'auth'),
  '3D': meaning('retry', 'syntax'),
  '3F': meaning('retry', 'syntax'),
  '42': meaning('retry', 'syntax'),
  // The rows: their values, the rules of the table, what a trigger said.
  '21': meaning('fatal', 'value'),
  '22': meaning('fatal', 'value'),
  '23': meaning('fatal', 'value'),
  '44': meaning('fatal', 'value'),
  // A value is too large for an index, say.
  '54': meaning('fatal', 'value'),
  P0: meaning('fatal', 'value'),
};

/** The SQLSTATE of an error that the server sent, or of an error which explains one. */
export function sqlState(error: unknown): string | undefined {
  const code = propertyOf(error, 'code');
  // A letter alone would be a code of Node's, such as EPIPE.
  return typeof code === 'string' && /^(?:\d[0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/.test(code) ? code : undefined;
}

/** Undefined where PostgreSQL has not sent it, or its class says nothing of rows. */
export function ofPostgres(error: unknown): Meaning | undefined {
  const state = sqlState(error);
  return state === undefined ? undefined : (byState[state] ?? byClass[state.slice(0, 2)]);
}
