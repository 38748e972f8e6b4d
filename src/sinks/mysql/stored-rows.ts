/**
 * The rows that a table has already, by their identities. It is asked only after the server has refused a duplicate.
 *
 * A row that is there breaks each unique index that its values are in, and the server names one of them. So any
 * duplicate may be the same row. What the server has refused it for is committed by then, and seen by the question.
 */

import { mysqlNumber } from '../../target-errors/mysql.js';
import { untilAborted } from '../connections/until-aborted.js';
import type { SentRows } from '../sql/sent-rows.js';
import { mysqlDialect } from './dialect.js';
import type { PreparedTable } from './prepared-table.js';
import type { Session } from './session.js';

const duplicates = [1062, 1586];
/** Most identities in one question: a text of 60 bytes each. */
const mostAsked = 1000;

/** Whether the server may have refused a row because the table has that very row. */
export function mayBeStored(error: unknown, { plan }: PreparedTable): boolean {
  return plan.identityColumn !== undefined && duplicates.includes(mysqlNumber(error) ?? 0);
}

/** The rows, by their place, that the table has. */
export async function storedRows(
  session: Session,
  table: PreparedTable,
  { batch }: SentRows,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const column = mysqlDialect.quote(table.plan.identityColumn as string);
  const places = new Map(Array.from({ length: batch.length }, (_, i) => [batch.identity(i), i]));
  const ids = Array.from(places.keys(), (id) => `X'${Buffer.from(id, 'base64url').toString('hex')}'`);
  const there = new Set<number>();
  for (let from = 0; from < ids.length; from += mostAsked) {
    const asked = ids.slice(from, from + mostAsked).join(', ');
    const sql = `SELECT HEX(${column}) AS id FROM ${table.sql} WHERE ${column} IN (${asked})`;
    for (const { id } of await untilAborted(session.rows(sql), signal)) {
      there.add(places.get(Buffer.from(id as string, 'hex').toString('base64url')) as number);
    }
  }
  return there;
}
