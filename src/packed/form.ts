/**
 * The form of a packed message: the rows of one batch, in columns, as they lie in a batch. All numbers are
 * little-endian; each array begins at a multiple of 8 bytes from the message's first byte. `docs/jetstream/format.md`
 * describes every byte.
 *
 *     magic 4 │ version 1 │ flags 1 │ 0 2 │ bytes 4 │ crc 4 │ rows 4 │ bytes of head 4
 *     head: {"schema":name,"columns":{…}} │ identities │ column │ … │ texts
 *
 *     identities   run 16 │ ranges 4 │ 0 4 │ ranges × (producer 4, rows 4, first 8);  or, by a flag, rows × 25 bytes
 *     column       validity of an optional one, then by its type:
 *       numbers, bool, timestamp   values
 *       label        widths 1 1 │ mode 1 │ 0 1 │ entries 4 │ ids │ lengths of entries │ their bytes
 *       string, json width 1 │ 0 7 │ lengths
 *       bytes, any   width 1 │ 0 7 │ lengths │ the bytes of all values
 *     texts        mode 1 │ 0 3 │ bytes 4 │ those of all string and json columns, row after row
 */

/** `BFPM`, for "BatchFlow packed message". */
export const magic = 0x4d504642;
/** The version that is written; a reader refuses higher ones. */
export const version = 1;

/** Where the fields before the head lie. */
export const place = { magic: 0, version: 4, flags: 5, bytes: 8, crc: 12, rows: 16, head: 20 } as const;
/** Where the head begins. */
export const headStart = 24;
/** The checksum covers all bytes but its own. */
export const crcEnd = place.crc + 4;

/** Identities came with the events: 25 bytes a row in place of ranges. */
export const givenFlag = 1;

/** More than 512 columns with long names need. */
export const mostHeadBytes = 2 ** 20;
/** Positions in a batch are of 31 bits. */
export const mostBytes = 2 ** 31 - 1;

export const runBytes = 16;
export const rangeBytes = 16;

/** Where an array may begin: the next multiple of 8. */
export function aligned(at: number): number {
  return at + ((8 - (at & 7)) & 7);
}
