/**
 * Names of tables and columns in SQL. They come from users, so they only ever appear quoted.
 */
import { SinkError } from '../../errors.js';
import { custom } from '../../options/rules.js';

/** Text of 1 to 1024 characters that fits in an SQL statement. */
const isName = (value: unknown) =>
  typeof value === 'string' && /^[^\0]{1,1024}$/s.test(value) && value.isWellFormed();

const nameRule = 'a text of 1 to 1024 characters, without NUL or lone surrogates';

/** The rule of an option that names a table or a column. */
export const name = custom<string>(isName, nameRule);

/**
 * A name as a quoted identifier; any text is safe.
 *
 * @param mark the quotation mark, which is doubled inside.
 * @throws SinkError for a name that no statement can hold: NUL would end its text, and a lone surrogate has no UTF-8.
 */
export function quoted(name: string, mark: '"' | '`'): string {
  if (name.includes('\0') || !name.isWellFormed()) {
    throw new SinkError(
      `${JSON.stringify(name)} cannot name a table or a column: it holds NUL or half a surrogate pair`,
    );
  }
  return mark + name.replaceAll(mark, mark + mark) + mark;
}
