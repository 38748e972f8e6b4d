/**
 * Cells of rows' identities, for the column that keeps each row once.
 */

import { identityBytes } from '../../../schema/columns/row-identity.js';
import type { Batch } from '../../../schema/read/batch.js';
import { beginCell, type Cells, type Lead, measureFixed } from './cells.js';

/** An identity with its length in front. */
const wholeBytes = 1 + identityBytes;

export function identityCells(batch: Batch, lead: Lead): Cells {
  return {
    measure: (sizes) => measureFixed(sizes, undefined, lead, wholeBytes),
    write({ bytes, view }, places, from) {
      for (let i = 0; i < places.length; i++) {
        const at = beginCell(bytes, places, i, true, lead, wholeBytes);
        bytes[at] = identityBytes;
        batch.writeIdentity(from + i, view, at + 1);
      }
    },
    isAbsent: undefined,
  };
}
