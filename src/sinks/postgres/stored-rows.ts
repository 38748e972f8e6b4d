/**
 * Which rows a table of PostgreSQL has already, by their identities.
 */
import { sqlState } from '../../target-errors/sqlstate.js';
import { untilAborted } from '../connections/until-aborted.js';
import type { SentRows } from '../sql/sent-rows.js';
import { storedRows as rowsStoredBy } from '../sql/stored-rows.js';
import { postgresDialect } from './dialect.js';
import type { PreparedTable } from './prepared-table.js';
import type { Session } from './session.js';

const uniqueViolation = '23505';

/** Whether the server may have refused a row because the table has that very row. */
export function mayBeStored(error: unknown, { plan }: PreparedTable): boolean {
  return plan.identityColumn !== undefined && sqlState(error) === uniqueViolation;
}

/** The rows, by their place, that are stored already. */
export function storedRows(
  session: Session,
  table: PreparedTable,
  { batch }: SentRows,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const column = postgresDialect.quote(table.plan.identityColumn as string);
  const sql =
    'SELECT ids.place::pg_catalog.int4 AS place ' +
    'FROM unnest($1::pg_catalog.bytea[]) WITH ORDINALITY AS ids (id, place) ' +
    `WHERE EXISTS (SELECT 1 FROM ${table.sql} AS there WHERE there.${column} = ids.id)`;
  return rowsStoredBy(batch, async (identities) => {
    const found = await untilAborted(session.rows(sql, [identities]), signal);
    return found.map(({ place }) => (place as number) - 1);
  });
}
