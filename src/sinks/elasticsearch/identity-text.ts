/**
 * Identities of rows as texts, written to bytes: 34 characters of base64url, as `batch.identity` has them.
 */

import { identityBytes } from '../../schema/columns/row-identity.js';
import type { Batch } from '../../schema/read/batch.js';
import type { RowWrite } from '../encode/row-writer.js';

const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
const characters = 34;
/** Bytes in whole groups of three; one more stands behind them. */
const grouped = identityBytes - 1;

export function identityWriter(batch: Batch): RowWrite {
  const bytes = new Uint8Array(identityBytes);
  const view = new DataView(bytes.buffer);
  return (into, row) => {
    batch.writeIdentity(row, view, 0);
    into.reserve(characters);
    const out = into.bytes;
    let { at } = into;
    for (let k = 0; k < grouped; k += 3) {
      const group = ((bytes[k] as number) << 16) | ((bytes[k + 1] as number) << 8) | (bytes[k + 2] as number);
      out[at++] = alphabet[group >> 18] as number;
      out[at++] = alphabet[(group >> 12) & 63] as number;
      out[at++] = alphabet[(group >> 6) & 63] as number;
      out[at++] = alphabet[group & 63] as number;
    }
    const last = bytes[grouped] as number;
    out[at++] = alphabet[last >> 2] as number;
    out[at++] = alphabet[(last & 3) << 4] as number;
    into.at = at;
  };
}
