/**
 * PostgreSQL's dialect, for the SQL of tables.
 */
import type { Dialect, TableColumn } from '../sql/dialect.js';
import { quoted } from '../sql/identifier.js';
import { declaredType, fittingTypes, type TypeThere, wayInto } from './storage.js';

export type PostgresColumn = TableColumn & TypeThere;

export const postgresDialect: Dialect<PostgresColumn> = {
  quote: (name) => quoted(name, '"'),
  // Quoted names are compared as they are.
  fold: (name) => name,
  declaredType,
  mayBeNull: () => false,
  fits: (type, column) => wayInto(type, column) !== undefined,
  fittingTypes,
  identity: { type: 'bytea', fits: (column) => wayInto('bytes', column) !== undefined },
  alter: {
    allowNull: (column) => `ALTER COLUMN ${column} DROP NOT NULL`,
    changeType: (column, type) => `ALTER COLUMN ${column} TYPE ${type}`,
  },
};

/** The dialect for a table that is partitioned by these columns; none: it has no partitions. */
export function partitionedBy(key: readonly string[]): Dialect<PostgresColumn> {
  if (key.length === 0) return postgresDialect;
  const { alter, identity } = postgresDialect;
  return {
    ...postgresDialect,
    ...(identity === undefined ? {} : { identity: { ...identity, indexedWith: key } }),
    alter: { ...alter, addsUnique: false },
  };
}
