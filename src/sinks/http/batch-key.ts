/**
 * A key of a batch: the same for the same rows, and another for any others. A receiver that has seen it has the rows.
 *
 * It narrows the window of duplicates and does not close it: after a death of a thread, rows are grouped anew.
 */
import { createHash } from 'node:crypto';
import type { Batch } from '../../schema/read/batch.js';

/** 34 characters of base64url, as an identity has. */
const keyBytes = 25;

export function batchKey(batch: Batch): string {
  const hash = createHash('sha256').update(`${batch.schema.name}\n`);
  const { ranges } = batch;
  if (ranges !== undefined && batch.length > 0) {
    hash.update(batch.identityBytes(0)).update(JSON.stringify(ranges));
  } else for (let row = 0; row < batch.length; row++) hash.update(batch.identityBytes(row));
  return hash.digest().subarray(0, keyBytes).toString('base64url');
}
