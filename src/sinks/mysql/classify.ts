/**
 * What an error of MySQL or MariaDB means for the rows that were to be written: is the server unwell, or are they bad?
 * By the server's number: names of errors differ from server to server.
 */
import { SinkError } from '../../errors.js';
import type { Verdict } from '../../target-errors/meaning.js';
import { mysqlNumber, ofMysql } from '../../target-errors/mysql.js';
import { ofNode } from '../../target-errors/network.js';
import { BadValueError } from '../sql/bad-value.js';
import { BadTextError } from '../wire/bad-text.js';
import { MessageTooLargeError } from '../wire/wire-buffer.js';
import { RowTooLargeError } from './row-too-large.js';

/**
 * What an error that MySQL, MariaDB or `mysql2` threw means, for `classify` of a sink that writes there with any driver
 * whose errors have the server's `errno`. Undefined for other errors.
 *
 * @example
 * export default defineSink({ write: (batch) => insert(batch.rows()), classify: classifyMysqlError });
 */
export function classifyMysqlError(error: unknown): Verdict {
  // Never about a row: the table or the configuration is not what it should be.
  if (error instanceof SinkError) return 'retry';
  if (error instanceof BadTextError || error instanceof BadValueError || error instanceof RowTooLargeError) {
    return 'fatal';
  }
  // Halves of what was too much may fit.
  if (error instanceof MessageTooLargeError) return 'fatal';
  if (mysqlNumber(error) !== undefined) return ofMysql(error)?.verdict;
  return isConnectionError(error) ? 'retry' : undefined;
}

/** What `mysql2` says of a connection. */
const ofConnections = /^(PROTOCOL_\w+|HANDSHAKE_\w+|AUTH_SWITCH_\w+)$/;
const withoutCode = /(closed state|Connection lost|Can't write|packets out of order)/;

/** Whether an error is about the way to the server. */
function isConnectionError(error: unknown): boolean {
  if (ofNode(error) !== undefined) return true;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return ofConnections.test(code);
  return error instanceof Error && withoutCode.test(String(message));
}

/** Numbers after which the same connection would fail again: elsewhere there may be a server that can write. */
const endings = new Set([
  1053, 1152, 1153, 1158, 1159, 1160, 1161, 1290, 1792, 1836, 1243, 1927, 2006, 2013, 3032, 4031, 1047,
]);

/** Whether the connection is of no more use. */
export function endsSession(error: unknown): boolean {
  const errno = mysqlNumber(error);
  if (errno === undefined || (error as { fatal?: unknown }).fatal === true) return true;
  return endings.has(errno);
}

/** Whether a table may be another one than was prepared. */
export function isOfAnotherTable(error: unknown): boolean {
  return [1054, 1136, 1146, 1364, 1412].includes(mysqlNumber(error) ?? 0);
}

/** Whether the server says that it does not execute in bulk, whatever it has told. */
export function refusesBulk(error: unknown): boolean {
  return [1295, 4033].includes(mysqlNumber(error) ?? 0);
}
