/**
 * The dialect of SQLite, for the SQL of tables.
 */
import type { Dialect, TableColumn } from '../sql/dialect.js';
import { quoted } from '../sql/identifier.js';
import { affinitiesOf, fits, mayBeNaN } from './storage.js';

export interface SqliteColumn extends TableColumn {
  /** Its type as the table declares it; may be empty. */
  readonly type: string;
  /** Whether its table is STRICT. */
  readonly strict: boolean;
}

export const quote = (name: string): string => quoted(name, '"');

/** What SQLite compares names by: it ignores the case of ASCII letters, and of no others. */
export function fold(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

export const sqliteDialect: Dialect<SqliteColumn> = {
  quote,
  fold,
  declaredType: (type) => affinitiesOf(type)[0],
  // SQLite has no NaN and stores NULL in its place.
  mayBeNull: mayBeNaN,
  fits: (type, { type: declared, strict }) => fits(type, declared, strict),
  fittingTypes: (type) => `one of ${affinitiesOf(type).join(', ')}`,
  identity: { type: 'BLOB', fits: ({ type, strict }) => fits('bytes', type, strict) },
  indexName: (table, columns) => quote([table, ...columns].join('_')),
  alter: {
    isOneAStatement: true,
    addsUnique: false,
    allowNull: () => undefined,
    changeType: () => undefined,
  },
};
