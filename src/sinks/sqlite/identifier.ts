/**
 * Names of tables and columns in SQL. They come from users, so they only ever appear quoted.
 */
import { SinkError } from '../../errors.js';

/**
 * A name as a quoted identifier; any text is safe.
 *
 * @throws SinkError for what SQLite cannot hold in a name: NUL, which would end the statement's text, and
 *   lone surrogates, which have no UTF-8.
 */
export function quote(name: string): string {
  if (name.includes('\0') || !name.isWellFormed()) {
    throw new SinkError(
      `${JSON.stringify(name)} cannot name a table or a column: it holds NUL or half a surrogate pair`,
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** What SQLite compares names by: it ignores the case of ASCII letters, and of no others. */
export function fold(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
