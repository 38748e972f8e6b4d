/**
 * The rows of a batch that are stored already, by their identities. The table is asked only after the server has
 * refused a duplicate.
 *
 * A row that is there breaks each unique index that its values are in, and the server names one of them. So any
 * duplicate may be the same row. What the server has refused it for is committed by then, and seen by the question.
 * Identities from elsewhere may stand twice in a batch: then the first row is sent for both.
 */
import type { Batch } from '../../schema/read/batch.js';

/**
 * @param ask which of these identities the table has, by their places in the list.
 * @returns the places of rows that the table has, or whose identity an earlier row of the batch has.
 */
export async function storedRows(
  batch: Batch,
  ask: (identities: readonly Buffer[]) => Promise<Iterable<number>>,
): Promise<ReadonlySet<number>> {
  const stored = new Set<number>();
  const first = new Map<string, number>();
  for (let row = 0; row < batch.length; row++) {
    const identity = batch.identity(row);
    if (first.has(identity)) stored.add(row);
    else first.set(identity, row);
  }
  const rows = [...first.values()];
  const identities = rows.map((row) => Buffer.from(batch.identityBytes(row).buffer));
  for (const place of await ask(identities)) stored.add(rows[place] as number);
  return stored;
}
