/**
 * The unique index by which a table keeps each row once.
 *
 * A table without partitions needs one on the column of identities alone. A partitioned one has the partition key in
 * each of its unique indexes. That serves as well, where a row that is delivered again has the same key: its columns
 * are of the schema, and never NULL, which is equal to nothing.
 */
import { SinkError } from '../../errors.js';
import { listOf } from '../sql/statements.js';
import type { TablePlan } from '../sql/table-plan.js';
import type { TableThere } from './catalog.js';
import { postgresDialect } from './dialect.js';
import type { Session } from './session.js';

/** Columns of the partition key, with those of partitions that are partitioned themselves; null for an expression. */
const partitionKeySql = `
  SELECT a.attname AS name FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid) t
    JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = t.relid
    CROSS JOIN LATERAL pg_catalog.unnest(p.partattrs::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, place)
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attnum
  GROUP BY a.attname ORDER BY min(t.level), min(k.place)`;

/** Indexes that refuse a second row with the same values, of whatever row, at once; null for an expression. */
const uniqueIndexesSql = `
  SELECT pg_catalog.array_agg(a.attname::pg_catalog.text) AS columns FROM pg_catalog.pg_index x
    CROSS JOIN LATERAL pg_catalog.unnest(x.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, place)
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
  WHERE x.indrelid = $1::pg_catalog.oid AND x.indisunique AND x.indisvalid AND x.indimmediate AND x.indpred IS NULL
    AND k.place <= x.indnkeyatts
  GROUP BY x.indexrelid`;

/**
 * The columns that the index has beside the one of identities.
 *
 * @throws SinkError when the table's partition key is one with which no index keeps rows once.
 */
export async function partitionKey(
  session: Session,
  { schema, identityColumn }: TablePlan,
  sql: string,
  there: TableThere,
): Promise<readonly string[]> {
  if (identityColumn === undefined || !there.isPartitioned) return [];
  const found = await session.rows(partitionKeySql, [there.oid]);
  return found.map(({ name }): string => {
    const column = typeof name === 'string' ? schema.columns[name] : undefined;
    if (typeof name === 'string' && column?.nullable === false) return name;
    const part = name === null ? 'an expression' : `the column ${postgresDialect.quote(name as string)}`;
    const why =
      name === null
        ? ''
        : `, which schema "${schema.name}" ${column === undefined ? 'lacks' : 'has as optional'}`;
    throw new SinkError(
      `table ${sql} cannot take rows of schema "${schema.name}": its unique indexes need the partition key beside ` +
        `the identity, and that has ${part}${why}: a row that is delivered again could be stored twice; use a table ` +
        "without partitions, or conflict: 'ignore' with conflictColumns that hold a key and the partition key",
    );
  });
}

/**
 * Look for the index.
 *
 * @param key the partition key's columns.
 * @throws SinkError when it is missing, with the statement that makes it.
 */
export async function checkIdentityIndex(
  session: Session,
  { identityColumn, schema }: TablePlan,
  sql: string,
  there: TableThere,
  key: readonly string[],
): Promise<void> {
  if (identityColumn === undefined) return;
  const indexes = await session.rows(uniqueIndexesSql, [there.oid]);
  // One of a partitioned table may have more columns, if they are as sure to be the same.
  const isSure = (name: string | null) =>
    name === identityColumn ||
    (there.isPartitioned && name !== null && schema.columns[name]?.nullable === false);
  const isThere = indexes.some(({ columns }) => {
    const names = columns as (string | null)[];
    return names.includes(identityColumn) && names.every(isSure);
  });
  if (isThere) return;
  const column = postgresDialect.quote(identityColumn);
  const alone = there.isPartitioned ? `${column} and the partition key` : `${column} alone`;
  throw new SinkError(
    `table ${sql} cannot take rows of schema "${schema.name}": it needs a unique index on the identity column ` +
      `${alone}; this would help: CREATE UNIQUE INDEX ON ${sql} (${listOf(postgresDialect, [identityColumn, ...key])})`,
  );
}
