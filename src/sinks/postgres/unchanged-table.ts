/**
 * Whether a table is still the one that was prepared. COPY takes the bytes of a value for one of the column's type as
 * it is now: where a column has become another type of the same width, it would store other values. So the table is
 * looked at again at the end of the transaction, which holds it as it is.
 */
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';

/** The table has changed since it was prepared. The next attempt looks at it anew. */
export class TableChangedError extends SinkError {
  constructor(table: string) {
    super(`table ${table} has changed since it was looked at`);
  }
}

/** What no number begins with, so that the server refuses to read one. */
const mark = 'batchflow: another table than ';

/** An expression for the types of a table's columns. @param oid the table's, as SQL. */
export function typesSql(oid: string): string {
  return (
    '(SELECT pg_catalog.array_agg(a.atttypid ORDER BY a.attnum)::pg_catalog.text ' +
    `FROM pg_catalog.pg_attribute a WHERE a.attrelid = ${oid} AND a.attnum > 0)`
  );
}

/**
 * The statement that fails when the types of a table's columns have changed.
 *
 * @param filenode the table's file. One is made anew when values take another form. It is found in a sixth of the time.
 * @param types what `typesSql` says, for a table without a file of its own.
 */
export function unchangedSql(oid: string, filenode: string | null, types: string): string {
  const holds =
    filenode === null
      ? `${typesSql(oid)} = '${types}'`
      : `pg_catalog.pg_relation_filenode(${oid}) = ${filenode}`;
  return `SELECT CASE WHEN ${holds} THEN 0 ELSE pg_catalog.concat('${mark}', ${oid})::pg_catalog.int4 END`;
}

/** Whether that statement has failed. */
export function saysChanged(error: unknown): boolean {
  return messageOf(error).includes(mark);
}
