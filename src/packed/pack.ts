/**
 * Packs a batch into one message (`form.ts`).
 */
import { crc32 } from 'node:zlib';
import type { Schema } from '../schema/columns/schema.js';
import { columnsText } from '../schema/columns/schema-text.js';
import type { Batch } from '../schema/read/batch.js';
import type { RowIdentities } from '../schema/read/row-identities.js';
import { crcEnd, givenFlag, magic, place, rangeBytes, runBytes, version } from './form.js';
import { addColumns } from './pack-columns.js';
import { Parts } from './parts.js';

/**
 * Pack all rows of a batch.
 *
 * @returns fresh memory.
 */
export function pack(batch: Batch): Uint8Array<ArrayBuffer> {
  const { identities } = batch.data;
  const parts = new Parts();
  const head = headOf(batch.schema);
  parts.add(head);
  addIdentities(identities, parts);
  addColumns(batch, parts);
  const message = parts.join();
  const view = new DataView(message.buffer);
  view.setUint32(place.magic, magic, true);
  view.setUint8(place.version, version);
  view.setUint8(place.flags, identities.given === undefined ? 0 : givenFlag);
  view.setUint32(place.bytes, message.length, true);
  view.setUint32(place.rows, batch.length, true);
  view.setUint32(place.head, head.length, true);
  view.setUint32(place.crc, checksum(message), true);
  return message;
}

/** The checksum of a message: CRC-32 of all of its bytes but the four of the checksum. */
export function checksum(message: Uint8Array): number {
  return crc32(message.subarray(crcEnd), crc32(message.subarray(0, place.crc)));
}

const heads = new WeakMap<Schema, Uint8Array>();

function headOf(schema: Schema): Uint8Array {
  let head = heads.get(schema);
  if (head === undefined) {
    head = Buffer.from(`{"schema":${JSON.stringify(schema.name)},"columns":${columnsText(schema)}}`);
    heads.set(schema, head);
  }
  return head;
}

function addIdentities({ run, ranges, given }: RowIdentities, parts: Parts): void {
  if (given !== undefined) {
    parts.add(given);
    return;
  }
  const bytes = new Uint8Array(runBytes + 8 + rangeBytes * ranges.length);
  const view = new DataView(bytes.buffer);
  // As in the identities themselves.
  run.forEach((word, i) => void view.setUint32(4 * i, word));
  view.setUint32(runBytes, ranges.length, true);
  ranges.forEach(({ producer, first, count }, i) => {
    const at = runBytes + 8 + rangeBytes * i;
    view.setUint32(at, producer, true);
    view.setUint32(at + 4, count, true);
    view.setBigUint64(at + 8, BigInt(first), true);
  });
  parts.add(bytes);
}
