/**
 * The SQL of a table: how it is created for a schema, and how rows are inserted.
 */
import type { Column } from '../../schema/columns/columns.js';
import type { Schema } from '../../schema/columns/schema.js';
import { quote } from './identifier.js';
import type { Conflict, SqliteSettings } from './options.js';
import { affinitiesOf, mayBeNaN } from './storage.js';

/** The definition of a column. */
export function columnSql(name: string, { type, nullable }: Column): string {
  const constraint = nullable || mayBeNaN(type) ? '' : ' NOT NULL';
  return `${quote(name)} ${affinitiesOf(type)[0]}${constraint}`;
}

/** What decides how rows get into a table. */
export type InsertSettings = Pick<SqliteSettings, 'conflict' | 'conflictColumns' | 'identityColumn'>;

export function createTableSql(
  table: string,
  schema: Schema,
  { conflictColumns, identityColumn }: InsertSettings,
): string {
  const definitions = Object.entries(schema.columns).map(([name, column]) => columnSql(name, column));
  if (identityColumn !== undefined) definitions.push(`${quote(identityColumn)} BLOB NOT NULL UNIQUE`);
  // Not PRIMARY KEY: on one INTEGER column that would be the rowid, which refuses a timestamp's fraction.
  if (conflictColumns.length > 0) definitions.push(`UNIQUE (${list(conflictColumns)})`);
  return `CREATE TABLE ${quote(table)} (${definitions.join(', ')})`;
}

/**
 * Inserts `rows` rows; the parameters are their values, row after row, each row's identity behind them.
 *
 * @param columns those of the schema.
 */
export function insertSql(
  table: string,
  columns: readonly string[],
  rows: number,
  { conflict, conflictColumns, identityColumn }: InsertSettings,
): string {
  const all = identityColumn === undefined ? columns : [...columns, identityColumn];
  const verb = conflict === 'replace' ? 'INSERT OR REPLACE' : 'INSERT';
  const row = `(${Array(all.length).fill('?').join(',')})`;
  const values = Array(rows).fill(row).join(',');
  // First of all: a row that is there may break other keys, too, by itself.
  const ofIdentity = identityColumn === undefined ? '' : upsert('ignore', [identityColumn]);
  const onConflict = ofIdentity + upsert(conflict, conflictColumns);
  return `${verb} INTO ${quote(table)} (${list(all)}) VALUES ${values}${onConflict}`;
}

/** Not INSERT OR IGNORE: that would also skip, without a word, rows that break NOT NULL. */
function upsert(conflict: Conflict, conflictColumns: readonly string[]): string {
  if (conflict === 'error' || conflict === 'replace') return '';
  const target = conflictColumns.length > 0 ? ` (${list(conflictColumns)})` : '';
  if (conflict === 'ignore') return ` ON CONFLICT${target} DO NOTHING`;
  const assignments = conflict.update.map((name) => `${quote(name)} = excluded.${quote(name)}`);
  return ` ON CONFLICT${target} DO UPDATE SET ${assignments.join(', ')}`;
}

function list(names: readonly string[]): string {
  return names.map(quote).join(', ');
}
