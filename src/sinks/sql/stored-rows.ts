/**
 * The rows of a batch that are stored already, by their identities. The table is asked only after the server has
 * refused a duplicate.
 *
 * A row that is there breaks each unique index that its values are in, and the server names one of them. So any
 * duplicate may be the same row. What the server has refused it for is committed by then, and seen by the question.
 */
import type { Batch } from '../../schema/read/batch.js';

/**
 * @param batch no identity stands twice in it: `write-answer.ts` has taken such rows out.
 * @param ask which of these identities the table has, by their places in the list.
 * @returns the places of rows that the table has.
 */
export async function storedRows(
  batch: Batch,
  ask: (identities: readonly Buffer[]) => Promise<Iterable<number>>,
): Promise<ReadonlySet<number>> {
  const identities = Array.from({ length: batch.length }, (_, row) =>
    Buffer.from(batch.identityBytes(row).buffer),
  );
  return new Set(await ask(identities));
}
