/**
 * Cells of rows' identities, for the column that keeps each row once.
 */

import { identityBytes } from '../../../schema/columns/row-identity.js';
import type { Batch } from '../../../schema/read/batch.js';
import { beginCell, type Cells, measureFixed } from './cells.js';

export function identityCells(batch: Batch): Cells {
  return {
    measure: (sizes) => measureFixed(sizes, undefined, identityBytes),
    write({ view }, places) {
      for (let i = 0; i < places.length; i++) {
        batch.writeIdentity(i, view, beginCell(view, places, i, undefined, identityBytes));
      }
    },
  };
}
