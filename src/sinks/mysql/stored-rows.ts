/**
 * Which rows a table of MySQL or MariaDB has already, by their identities.
 */
import { mysqlNumber } from '../../target-errors/mysql.js';
import { untilAborted } from '../connections/until-aborted.js';
import type { SentRows } from '../sql/sent-rows.js';
import { storedRows as rowsStoredBy } from '../sql/stored-rows.js';
import { mysqlDialect } from './dialect.js';
import type { PreparedTable } from './prepared-table.js';
import type { Session } from './session.js';

const duplicates = [1062, 1586];
/** Most identities in one question. */
const mostAsked = 1000;
/** Bytes of an identity in the text of a question, at most. */
const textBytes = 64;

/** Whether the server may have refused a row because the table has that very row. */
export function mayBeStored(error: unknown, { plan }: PreparedTable): boolean {
  return plan.identityColumn !== undefined && duplicates.includes(mysqlNumber(error) ?? 0);
}

/** The rows, by their place, that are stored already. */
export function storedRows(
  session: Session,
  table: PreparedTable,
  { batch }: SentRows,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const column = mysqlDialect.quote(table.plan.identityColumn as string);
  // Half of a packet is left to the rest of the question.
  const most = Math.min(mostAsked, Math.max(1, Math.floor(session.packetBytes / 2 / textBytes)));
  return rowsStoredBy(batch, async (identities) => {
    const ids = identities.map((identity) => identity.toString('hex').toUpperCase());
    const places = new Map(ids.map((id, place) => [id, place]));
    const there: number[] = [];
    for (let from = 0; from < ids.length; from += most) {
      const asked = ids.slice(from, from + most).map((id) => `X'${id}'`);
      const sql = `SELECT HEX(${column}) AS id FROM ${table.sql} WHERE ${column} IN (${asked.join(', ')})`;
      const found = await untilAborted(session.rows(sql), signal);
      for (const { id } of found) there.push(places.get(id as string) as number);
    }
    return there;
  });
}
