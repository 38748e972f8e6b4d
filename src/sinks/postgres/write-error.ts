/**
 * An error of PostgreSQL as a write throws it: the server's code, and a message that says where it happened.
 *
 * The message has no values of rows, since clients of a service may come to read it. The server's own error, whose
 * `detail` may have some, is its cause.
 */
import { messageOf } from '../../describe.js';
import { sqlState } from '../../target-errors/sqlstate.js';

/** Rows that PostgreSQL did not take. */
export class PostgresWriteError extends Error {
  override readonly name = 'PostgresWriteError';

  constructor(
    message: string,
    /** The SQLSTATE, such as `23505`. */
    readonly code: string,
    /** The constraint and the column that the server names, if it does. */
    readonly constraint: string | undefined,
    readonly column: string | undefined,
    options: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The error to throw for one that a write met; what the server did not send stays as it is. */
export function writeError(cause: unknown, table: string): unknown {
  const state = sqlState(cause);
  if (state === undefined || cause instanceof PostgresWriteError) return cause;
  const { constraint, column } = cause as { constraint?: string; column?: string };
  const text = `table ${table}: ${withoutValues(messageOf(cause), state)} (${state})`;
  return new PostgresWriteError(text, state, constraint, column, { cause });
}

/** Marks of quotation in the languages of the server. */
const quotation = /["'\u00ab\u00bb\u2018-\u201f\u300c\u300d].*["'\u00ab\u00bb\u2018-\u201f\u300c\u300d]/s;

/** Errors of values quote them: `invalid input syntax for type uuid: "x"`. Other errors quote names. */
function withoutValues(message: string, state: string): string {
  return state.startsWith('22') ? message.replace(quotation, '…') : message;
}
