/**
 * SQL for a table of dead letters: its columns, and which letters are meant.
 *
 * People edit such tables by hand, and SQLite lets a column hold anything. So every value is cast to what it should be.
 */
import { deadLetterSchema } from '../../flow/delivery/dead-letter.js';
import { quote } from '../../sinks/sqlite/dialect.js';
import type { Selection } from './settings.js';

const casts = { label: 'TEXT', string: 'TEXT', uint32: 'INTEGER', timestamp: 'REAL' } as const;

/** Each column of a letter as an expression of its own type, NULL only where a letter may have none. */
export const cells = Object.fromEntries(
  Object.entries(deadLetterSchema.columns).map(([name, { type, nullable }]) => {
    const cast = `CAST(${quote(name)} AS ${casts[type]})`;
    return [name, nullable ? cast : `coalesce(${cast}, ${casts[type] === 'TEXT' ? "''" : 0})`];
  }),
) as Record<keyof typeof deadLetterSchema.columns, string>;

/** Columns that files of earlier versions lack. */
export const newColumns: readonly string[] = ['identity', 'errorReason'];

/** Everything of a letter, for SELECT. @param lacking columns that the table does not have. */
export function letterColumns(lacking: readonly string[]): string {
  const values = Object.entries(cells).map(
    ([name, value]) => `${lacking.includes(name) ? 'NULL' : value} AS ${quote(name)}`,
  );
  return ['rowid AS id', ...values].join(', ');
}

/** The letter that was read, and no other that has got its number since. */
export const sameLetter = `rowid = @id AND ${cells.row} = @row AND ${cells.failedAt} = @failedAt`;

const dayMs = 86_400_000;

/** A selection as a WHERE clause and its parameters. */
export function conditions({ ids, schema, reason, olderThan }: Selection): {
  where: string;
  parameters: Record<string, unknown>;
} {
  const wanted: [sql: string, parameters: Record<string, unknown>][] = [];
  if (ids !== undefined && ids.length > 0) {
    wanted.push(['rowid IN (SELECT value FROM json_each(@ids))', { ids: JSON.stringify(ids) }]);
  }
  if (schema !== undefined) wanted.push([`${cells.schema} = @schema`, { schema }]);
  if (reason !== undefined) wanted.push([`${cells.reason} = @reason`, { reason }]);
  if (olderThan !== undefined) {
    wanted.push([`${cells.failedAt} <= @before`, { before: Date.now() - olderThan * dayMs }]);
  }
  const where = wanted.length === 0 ? '' : `WHERE ${wanted.map(([sql]) => sql).join(' AND ')}`;
  return { where, parameters: Object.assign({}, ...wanted.map(([, parameters]) => parameters)) };
}
