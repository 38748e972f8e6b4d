/**
 * The rows of a batch as packets: a bulk execute, or the execute of a statement with a parameter for each value.
 *
 * A packet begins with four bytes of header, which `mysql2` fills. Rows that one packet does not hold go into several.
 */
import type { ColumnType } from '../../../schema/columns/columns.js';
import type { Batch } from '../../../schema/read/batch.js';
import { toPlaces, type WireBuffer } from '../../wire/wire-buffer.js';
import type { Cells, Lead } from './cells.js';
import { identityCells } from './identity-cells.js';
import { cellsOf, type WireName, wires } from './wires.js';

/** A column of the schema, or that of rows' identities, and the type in which its values travel. */
export interface WireColumn {
  readonly name: string;
  readonly type: ColumnType | 'identity';
  readonly wire: WireName;
}

export const headerBytes = 4;
/** Of an execute: command, statement, flags, number of iterations; and the mark that types follow. */
const executeBytes = headerBytes + 1 + 4 + 1 + 4 + 1;
/** Of a bulk execute: command, statement, flags. */
const bulkBytes = headerBytes + 1 + 4 + 2;
const typeBytes = 2;

const executeCommand = 0x17;
const bulkCommand = 0xfa;
/** The types of the parameters are in the packet. */
const sendsTypes = 128;

/** Rows of a batch from `from` up to `to`. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

export class RowPackets {
  readonly #cells: readonly Cells[];
  readonly #types: Uint8Array;
  /** Bytes of each row, with those that a row adds elsewhere in the packet. */
  readonly #sizes: Int32Array;
  #allBytes = 0;
  #largestBytes = 0;

  constructor(
    batch: Batch,
    columns: readonly WireColumn[],
    private readonly way: 'bulk' | 'execute',
  ) {
    const lead: Lead = way === 'bulk' ? 1 : 0;
    this.#cells = columns.map(({ name, type, wire }) => {
      if (type === 'identity') return identityCells(batch, lead);
      const { columns: views, validity, length: rows } = batch;
      return cellsOf(wire, { type, view: views[name], validity: validity[name], rows }, lead);
    });
    this.#types = Uint8Array.from(columns.flatMap(({ wire }) => [...wires[wire]]));
    this.#sizes = new Int32Array(batch.length);
    for (const cells of this.#cells) cells.measure(this.#sizes);
    for (let row = 0; row < batch.length; row++) {
      const bytes = this.#bytesOf(row);
      this.#allBytes += bytes;
      if (bytes > this.#largestBytes) this.#largestBytes = bytes;
    }
  }

  /** Bytes of a packet with no row. */
  get #fixedBytes(): number {
    return this.way === 'bulk' ? bulkBytes + this.#types.length : executeBytes;
  }

  /** Bytes that a row needs, at most. */
  #bytesOf(row: number): number {
    const size = this.#sizes[row] as number;
    return this.way === 'bulk' ? size : size + this.#types.length + Math.ceil(this.#cells.length / 8);
  }

  /** The rows that fit no packet of so many bytes. */
  tooLarge(most: number): number[] {
    const room = most - this.#fixedBytes;
    if (this.#largestBytes <= room) return [];
    return Array.from(this.#sizes.keys()).filter((row) => this.#bytesOf(row) > room);
  }

  /** Rows as ranges, of which each fits a packet of so many bytes and has so many rows at most. */
  ranges({ from, to }: RowRange, most: number, mostRows: number): RowRange[] {
    const room = most - this.#fixedBytes;
    if (to > from && to - from <= mostRows && this.#allBytes <= room) return [{ from, to }];
    const ranges: RowRange[] = [];
    let start = from;
    let bytes = 0;
    for (let row = from; row < to; row++) {
      const size = this.#bytesOf(row);
      if (row > start && (bytes + size > room || row - start === mostRows)) {
        ranges.push({ from: start, to: row });
        start = row;
        bytes = 0;
      }
      bytes += size;
    }
    if (to > start) ranges.push({ from: start, to });
    return ranges;
  }

  /** Write a packet of rows. */
  write(into: WireBuffer, statement: number, { from, to }: RowRange): void {
    const rows = to - from;
    into.clear();
    into.at = headerBytes;
    if (this.way === 'bulk') this.#bulkHead(into, statement);
    else this.#executeHead(into, statement, from, rows);
    const places = this.#sizes.slice(from, to);
    const end = toPlaces(places, into.at);
    into.reserve(end - into.at);
    for (const cells of this.#cells) cells.write(into, places, from);
    // A packet that is cut is stored by the server with what is missing as empty values.
    if (rows > 0 && places.at(-1) !== end)
      throw new RangeError(`a packet of ${places.at(-1)} bytes, not ${end}`);
    into.at = end;
  }

  #bulkHead(into: WireBuffer, statement: number): void {
    into.reserve(bulkBytes + this.#types.length);
    const { bytes, view } = into;
    bytes[into.at] = bulkCommand;
    view.setUint32(into.at + 1, statement, true);
    view.setUint16(into.at + 5, sendsTypes, true);
    bytes.set(this.#types, into.at + 7);
    into.at += 7 + this.#types.length;
  }

  #executeHead(into: WireBuffer, statement: number, from: number, rows: number): void {
    const count = rows * this.#cells.length;
    const bitmapBytes = (count + 7) >> 3;
    into.reserve(executeBytes + bitmapBytes + typeBytes * count);
    const { bytes, view } = into;
    bytes[into.at] = executeCommand;
    view.setUint32(into.at + 1, statement, true);
    bytes[into.at + 5] = 0;
    view.setUint32(into.at + 6, 1, true);
    const bitmap = into.at + 10;
    bytes.fill(0, bitmap, bitmap + bitmapBytes);
    this.#cells.forEach(({ isAbsent }, column) => {
      if (isAbsent === undefined) return;
      for (let row = 0; row < rows; row++) {
        if (!isAbsent(from + row)) continue;
        const bit = row * this.#cells.length + column;
        (bytes[bitmap + (bit >> 3)] as number) |= 1 << (bit & 7);
      }
    });
    const types = bitmap + bitmapBytes;
    bytes[types] = 1;
    for (let row = 0; row < rows; row++) bytes.set(this.#types, types + 1 + row * this.#types.length);
    into.at = types + 1 + rows * this.#types.length;
  }
}
