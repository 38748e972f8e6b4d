/**
 * The rows that a table has already, by their identities. It is asked only after the server has refused a duplicate.
 *
 * A row that is there breaks each unique index that its values are in, and the server names one of them. So any
 * duplicate may be the same row. What the server has refused it for is committed by then, and seen by the question.
 */

import { sqlState } from '../../target-errors/sqlstate.js';
import { untilAborted } from '../connections/until-aborted.js';
import type { SentRows } from '../sql/sent-rows.js';
import { postgresDialect } from './dialect.js';
import type { PreparedTable } from './prepared-table.js';
import type { Session } from './session.js';

const uniqueViolation = '23505';

/** Whether the server may have refused a row because the table has that very row. */
export function mayBeStored(error: unknown, { plan }: PreparedTable): boolean {
  return plan.identityColumn !== undefined && sqlState(error) === uniqueViolation;
}

/** The rows, by their place, that the table has. */
export async function storedRows(
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
  const ids = Array.from({ length: batch.length }, (_, i) => Buffer.from(batch.identityBytes(i).buffer));
  const found = await untilAborted(session.rows(sql, [ids]), signal);
  return new Set(found.map(({ place }) => (place as number) - 1));
}
