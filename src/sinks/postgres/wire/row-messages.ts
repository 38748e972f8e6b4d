/**
 * The rows of a batch as the server takes them: an array a column for a statement's parameters, or rows for COPY.
 */
import type { ColumnType } from '../../../schema/columns/columns.js';
import type { Batch } from '../../../schema/read/batch.js';
import { toPlaces } from '../../wire/wire-buffer.js';
import type { Cells } from './cells.js';
import { identityCells } from './identity-cells.js';
import type { MessageBuffer } from './message-buffer.js';
import { run } from './messages.js';
import { cellsOf, type WireName, wires } from './wires.js';

/** A column of the schema, or that of rows' identities, and the type in which its values travel. */
export interface WireColumn {
  readonly name: string;
  readonly type: ColumnType | 'identity';
  readonly wire: WireName;
}

const binary = 1;

/**
 * Bind a statement's parameters to the batch's columns, as arrays. @param statement its name; '' is the one without.
 */
export function bindColumns(
  into: MessageBuffer,
  statement: string,
  columns: readonly WireColumn[],
  batch: Batch,
): void {
  into.message('B', () => {
    into.text('');
    into.text(statement);
    into.int16(1);
    into.int16(binary);
    into.int16(columns.length);
    const sizes = new Int32Array(batch.length);
    for (const column of columns) writeArray(into, column, batch, sizes);
    into.int16(0);
  });
}

/** One-dimensional, from 1 on; the server does not look at the mark for NULLs. */
function writeArray(into: MessageBuffer, column: WireColumn, batch: Batch, sizes: Int32Array): void {
  const start = into.at;
  into.int32(0);
  into.int32(1);
  into.int32(1);
  into.int32(wires[column.wire]);
  into.int32(batch.length);
  into.int32(1);
  const cells = cellsIn(batch, column);
  sizes.fill(0);
  cells.measure(sizes);
  const end = toPlaces(sizes, into.at);
  into.reserve(end - into.at);
  cells.write(into, sizes);
  into.at = end;
  into.view.setInt32(start, end - start - 4);
}

const copySignature = Uint8Array.from([...Buffer.from('PGCOPY\n'), 0xff, ...Buffer.from('\r\n\0')]);
/** Bytes of a row's number of columns. */
const countBytes = 2;
const copyEnd = -1;

/**
 * Rows of one COPY. For each of its first 1000 rows the server makes a place, and its search for the owner of a place
 * goes through all that were made: 1000 rows cost 1.1 ms for places alone, a third of their time, four times 250 rows
 * 0.3 ms. The places of those 1000 serve all further rows, so that one COPY is best for many.
 */
export function rowsOfCopy(rows: number): number {
  return rows > mostSplit ? rows : splitRows;
}
const splitRows = 250;
const mostSplit = 2000;

/** The batch's rows as COPY's data, in one COPY or several. @param statement of each. */
export function copyRows(
  into: MessageBuffer,
  statement: string,
  columns: readonly WireColumn[],
  batch: Batch,
): void {
  const all = columns.map((column) => cellsIn(batch, column));
  const places = new Int32Array(batch.length).fill(countBytes);
  for (const cells of all) cells.measure(places);
  const most = rowsOfCopy(batch.length);
  for (let from = 0; from < places.length; from += most) {
    run(into, statement);
    into.message('d', () => {
      into.raw(copySignature);
      into.int32(0);
      into.int32(0);
      const end = toPlaces(places.subarray(from, from + most), into.at);
      into.reserve(end - into.at);
      into.at = end;
      into.int16(copyEnd);
    });
    into.message('c', () => {});
  }
  // The memory is the last one only now that all of it is reserved.
  const { view } = into;
  for (let i = 0; i < places.length; i++) {
    view.setInt16(places[i] as number, columns.length);
    (places[i] as number) += countBytes;
  }
  for (const cells of all) cells.write(into, places);
}

function cellsIn(batch: Batch, { name, type, wire }: WireColumn): Cells {
  if (type === 'identity') return identityCells(batch);
  const { columns, validity, length } = batch;
  return cellsOf(wire, { type, view: columns[name], validity: validity[name], rows: length });
}
