/**
 * The identities of a message's rows.
 */
import { identityBytes } from '../schema/columns/row-identity.js';
import type { IdentityRange, RowIdentities } from '../schema/read/row-identities.js';
import { rangeBytes, runBytes } from './form.js';
import { damaged, type MessageReader } from './message-reader.js';

/** Numbers of rows are of 53 bits, those of producers of 16. */
const endOfRows = 2 ** 53;
const endOfProducers = 2 ** 16;

/** @throws PackedMessageError where they are not those of so many rows. */
export function readIdentities(reader: MessageReader, rows: number, isGiven: boolean): RowIdentities {
  if (isGiven) return { run: [0, 0, 0, 0], ranges: [], given: reader.take(identityBytes * rows) };
  const head = reader.take(runBytes + 8);
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const run = [0, 4, 8, 12].map((at) => view.getUint32(at));
  const count = view.getUint32(runBytes, true);
  return { run, ranges: readRanges(reader.take(rangeBytes * count), rows), given: undefined };
}

function readRanges({ buffer, byteOffset, length }: Uint8Array, rows: number): IdentityRange[] {
  const view = new DataView(buffer, byteOffset, length);
  const ranges: IdentityRange[] = [];
  let left = rows;
  for (let at = 0; at < length; at += rangeBytes) {
    const producer = view.getUint32(at, true);
    const count = view.getUint32(at + 4, true);
    const first = Number(view.getBigUint64(at + 8, true));
    if (producer >= endOfProducers || count === 0 || count > left || first + count > endOfRows) {
      throw damaged('a range of identities');
    }
    left -= count;
    ranges.push({ producer, first, count });
  }
  if (left > 0) throw damaged(`${left} rows without an identity`);
  return ranges;
}
