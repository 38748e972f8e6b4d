/**
 * The dialect of MySQL and MariaDB, for the SQL of tables.
 */
import type { Dialect, TableColumn } from '../sql/dialect.js';
import { quoted } from '../sql/identifier.js';
import { listOf } from '../sql/statements.js';
import type { ConflictPlan } from '../sql/table-plan.js';
import { declaredType, fits, fittingTypes } from './storage.js';

export interface MysqlColumn extends TableColumn {
  /** Its type without lengths, with `unsigned` where it is. */
  readonly base: string;
  /** Whether rows that name no value for it conflict with no other row there: it is NULL, counts, or is a UUID. */
  readonly differs: boolean;
}

export const mysqlDialect: Dialect<MysqlColumn> = {
  quote: (name) => quoted(name, '`'),
  fold: (name) => name.toLowerCase(),
  declaredType,
  // A batch is stored whole only by an engine with transactions. Keys are compared as they are, capitals included.
  tableOptions: ' ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin',
  mayBeNull: () => false,
  fits: (type, { base }) => fits(type, base),
  fittingTypes,
  identity: {
    type: 'binary(25)',
    fits: ({ declared }) => /^(binary\(25\)|varbinary\((2[5-9]|[3-9]\d|\d{3,})\))$/.test(declared),
  },
  alter: {
    allowNull: (column, declared) => `MODIFY COLUMN ${column} ${declared} NULL`,
    changeType: (column, type) => `MODIFY COLUMN ${column} ${type}`,
  },
};

/**
 * The clause for keys that are taken; empty for conflicts that are errors. Rows whose key is ignored set a column to
 * itself: `INSERT IGNORE` would also turn bad values into others. The server goes through the rows one by one, so a
 * key may stand twice in a batch.
 *
 * @param column a column that is there, for a statement without a key.
 */
export function onDuplicateSql({ strategy, key, updated, kept }: ConflictPlan, column: string): string {
  const { quote } = mysqlDialect;
  if (strategy === 'error') return '';
  if (strategy === 'ignore') {
    const same = quote(key[0] ?? column);
    return ` ON DUPLICATE KEY UPDATE ${same} = ${same}`;
  }
  const assignments = updated.map((name) => {
    const quotedName = quote(name);
    const value = `VALUES(${quotedName})`;
    return `${quotedName} = ${kept.has(name) ? `COALESCE(${value}, ${quotedName})` : value}`;
  });
  return ` ON DUPLICATE KEY UPDATE ${assignments.join(', ')}`;
}

export function columnsOf(names: readonly string[]): string {
  return listOf(mysqlDialect, names);
}
