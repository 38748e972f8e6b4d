/**
 * An error of the server as a write throws it: the server's number, and a message that says where it happened.
 *
 * The message has no values of rows, since clients of a service may come to read it. The server's own error, which may
 * have some, is its cause.
 */
import { messageOf } from '../../describe.js';
import { mysqlNumber } from '../../target-errors/mysql.js';

/** From there on the two servers give numbers of their own, and `mysql2` has MySQL's names for both. */
const firstOwn = 1900;

/** Rows that the server did not take. */
export class MysqlWriteError extends Error {
  override readonly name = 'MysqlWriteError';

  constructor(
    message: string,
    /** The server's number, such as 1062. */
    readonly errno: number,
    /** The name that MySQL and MariaDB have for it, such as `ER_DUP_ENTRY`; undefined where they differ. */
    readonly code: string | undefined,
    readonly sqlState: string | undefined,
    options: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The error to throw for one that a write met; what the server did not send stays as it is. */
export function writeError(cause: unknown, table: string): unknown {
  const errno = mysqlNumber(cause);
  if (errno === undefined || cause instanceof MysqlWriteError) return cause;
  const { code, sqlState } = cause as { code?: string; sqlState?: string };
  const message = withoutValues(messageOf(cause));
  const text = `table ${table}: ${message} (${errno})`;
  return new MysqlWriteError(text, errno, errno < firstOwn ? code : undefined, sqlState, { cause });
}

/**
 * `Duplicate entry 'x' for key 'k'`, `Incorrect integer value: 'x' for column …`, `Truncated incorrect INTEGER value:
 * 'x'`, `… no partition for value x`. Sessions ask for messages in English.
 */
function withoutValues(message: string): string {
  return message
    .replace(/(Duplicate entry|value:?) '.*'(?= for )/s, '$1')
    .replace(/(value:?) '.*'$/s, '$1')
    .replace(/(no partition for value) .*/s, '$1');
}
