/**
 * The columns of a batch as parts of a message. Arrays of numbers go as they are.
 */

import type { AnyColumn } from '../schema/columns/views/any-column.js';
import { LabelColumn } from '../schema/columns/views/label-column.js';
import type { RawBytes } from '../schema/columns/views/raw-bytes.js';
import { isValid } from '../schema/columns/views/validity.js';
import type { BytesColumn, JsonColumn, TextColumn } from '../schema/columns/views/variable-column.js';
import type { Batch } from '../schema/read/batch.js';
import { narrow, type Parts } from './parts.js';

/** Where the texts of one column lie. */
interface Texts {
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
}

export function addColumns(batch: Batch, parts: Parts): void {
  const texts: Texts[] = [];
  for (const [name, { type }] of Object.entries(batch.schema.columns)) {
    const view: unknown = batch.columns[name];
    const validity = batch.validity[name];
    if (validity !== undefined) parts.add(validity);
    switch (type) {
      case 'label':
        addLabels(view as LabelColumn, parts);
        break;
      case 'string':
        texts.push(addLengths((view as TextColumn).raw, validity, parts));
        break;
      case 'json':
        texts.push(addLengths((view as JsonColumn).text.raw, validity, parts));
        break;
      case 'bytes':
        addBytes((view as BytesColumn).raw, validity, parts);
        break;
      case 'any':
        addAny(view as AnyColumn, batch.length, parts);
        break;
      default:
        parts.add(view as ArrayBufferView);
    }
  }
  const { bytes, mode } = batch.data.text;
  const region = textsOf(bytes, texts, batch.length);
  parts.addNote([mode], region.length);
  parts.add(region);
}

/** Ids of rows without a label are 0. Only labels of the batch's rows are stored. */
function addLabels({ ids, dictionary }: LabelColumn, parts: Parts): void {
  const places = new Int32Array(dictionary.length).fill(-1);
  const used: string[] = [];
  const own = new Int32Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    if (id < 0) continue;
    if ((places[id] as number) < 0) places[id] = used.push(dictionary[id] as string) - 1;
    own[i] = places[id] as number;
  }
  const { bytes, starts, ends, mode } = new LabelColumn(own, used).raw;
  const entries = ends.map((end, id) => end - (starts[id] as number));
  const narrowIds = narrow(own, used.length - 1);
  const lengths = narrow(entries, largestOf(entries));
  parts.addNote([narrowIds.BYTES_PER_ELEMENT, lengths.BYTES_PER_ELEMENT, mode], used.length);
  parts.add(narrowIds);
  parts.add(lengths);
  parts.add(bytes);
}

/** The lengths of a column's values; of those that are missing, 0. */
function addLengths({ starts, ends }: RawBytes, validity: Uint8Array | undefined, parts: Parts): Texts {
  const lengths = new Int32Array(starts.length);
  for (let i = 0; i < lengths.length; i++) {
    if (isValid(validity, i)) lengths[i] = (ends[i] as number) - (starts[i] as number);
  }
  const narrowed = narrow(lengths, largestOf(lengths));
  parts.addNote([narrowed.BYTES_PER_ELEMENT]);
  parts.add(narrowed);
  return { starts, lengths };
}

function addBytes(raw: RawBytes, validity: Uint8Array | undefined, parts: Parts): void {
  const { starts, lengths } = addLengths(raw, validity, parts);
  const joined = new Uint8Array(sumOf(lengths));
  let at = 0;
  for (let i = 0; i < lengths.length; i++) {
    const start = starts[i] as number;
    joined.set(raw.bytes.subarray(start, start + (lengths[i] as number)), at);
    at += lengths[i] as number;
  }
  parts.add(joined);
}

/** Values as `v8.serialize` writes them: readers of other versions of this package understand them. */
function addAny(column: AnyColumn<unknown, null>, length: number, parts: Parts): void {
  const values = Array.from({ length }, (_, i) => column.encoded(i) ?? new Uint8Array(0));
  const lengths = Int32Array.from(values, (value) => value.length);
  const narrowed = narrow(lengths, largestOf(lengths));
  parts.addNote([narrowed.BYTES_PER_ELEMENT]);
  parts.add(narrowed);
  parts.add(Buffer.concat(values));
}

/**
 * The texts of all columns, row after row. In a batch as it comes from the ring they lie so already; where rows have
 * been left out, or any values have texts among them, they are put together.
 */
function textsOf(bytes: Uint8Array, columns: readonly Texts[], rows: number): Uint8Array {
  const size = columns.reduce((sum, { lengths }) => sum + sumOf(lengths), 0);
  const first = firstStart(columns, rows);
  let end = first;
  let isWhole = true;
  for (let row = 0; row < rows && isWhole; row++) {
    for (const { starts, lengths } of columns) {
      const length = lengths[row] as number;
      if (length > 0 && starts[row] !== end) isWhole = false;
      end += length;
    }
  }
  if (isWhole) return bytes.subarray(first, first + size);
  const joined = new Uint8Array(size);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const { starts, lengths } of columns) {
      const start = starts[row] as number;
      const length = lengths[row] as number;
      joined.set(bytes.subarray(start, start + length), at);
      at += length;
    }
  }
  return joined;
}

/** Where the first text that is not empty begins. */
function firstStart(columns: readonly Texts[], rows: number): number {
  for (let row = 0; row < rows; row++) {
    for (const { starts, lengths } of columns) if (lengths[row] !== 0) return starts[row] as number;
  }
  return 0;
}

function sumOf(values: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}

function largestOf(values: Int32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) if ((values[i] as number) > largest) largest = values[i] as number;
  return largest;
}
