/**
 * The columns of a message as the columns of a batch.
 */
import { arrayTypes } from '../schema/codec/array-types.js';
import { decodeText } from '../schema/codec/text-codec.js';
import type { Column } from '../schema/columns/columns.js';
import type { Schema } from '../schema/columns/schema.js';
import { specOf } from '../schema/columns/types/table.js';
import { endOfTimes } from '../schema/columns/types/times.js';
import type { FieldData } from '../schema/columns/views/field-data.js';
import { isValid } from '../schema/columns/views/validity.js';
import type { BatchData } from '../schema/read/batch.js';
import { mostBytes } from './form.js';
import { damaged, type MessageReader } from './message-reader.js';

type Columns = Pick<BatchData, 'fields' | 'text' | 'blob'>;

/** @throws PackedMessageError where they are not columns of so many rows, or their values not of their types. */
export function readColumns(reader: MessageReader, schema: Schema, rows: number): Columns {
  const texts: Positions[] = [];
  const blobs = new Blobs();
  const fields = Object.values(schema.columns).map((column): FieldData => {
    const validity = column.nullable ? reader.take((rows + 7) >> 3) : undefined;
    const field = readColumn(reader, column, validity, rows, texts, blobs);
    return validity === undefined ? field : { ...field, validity };
  });
  const { bytes, count } = reader.note();
  const text = reader.texts(bytes[0], count);
  placeTexts(texts, rows, text.bytes.length);
  return { fields, text, blob: blobs.joined() };
}

/** Where the values of one column begin and end; lengths stand in place of ends until all columns are read. */
interface Positions {
  readonly starts: Int32Array<ArrayBuffer>;
  readonly ends: Int32Array<ArrayBuffer>;
}

function readColumn(
  reader: MessageReader,
  { type }: Column,
  validity: Uint8Array | undefined,
  rows: number,
  texts: Positions[],
  blobs: Blobs,
): FieldData {
  switch (type) {
    case 'label':
      return readLabels(reader, validity, rows);
    case 'string':
    case 'json': {
      const ends = reader.narrow(reader.note().bytes[0], rows);
      const positions = { starts: new Int32Array(rows), ends };
      texts.push(positions);
      return positions;
    }
    case 'bytes':
    case 'any': {
      const lengths = reader.narrow(reader.note().bytes[0], rows);
      return blobs.read(reader, lengths, type === 'any', validity);
    }
    default: {
      const values = reader.array<NonNullable<FieldData['values']>>(arrayTypes[specOf(type).array], rows);
      checkValues(type, values, validity);
      return { values };
    }
  }
}

/** Bits that are no value of the type: of a bool, and of a time. */
function checkValues(type: string, values: ArrayLike<unknown>, validity: Uint8Array | undefined): void {
  if (type === 'bool') {
    const flags = values as Uint8Array;
    for (let i = 0; i < flags.length; i++) if ((flags[i] as number) > 1) throw damaged('a bool that is none');
  }
  if (type !== 'timestamp') return;
  const times = values as Float64Array;
  for (
    let i = endOfTimes(times, 0, times.length);
    i < times.length;
    i = endOfTimes(times, i + 1, times.length)
  ) {
    if (isValid(validity, i)) throw damaged('a time that is none');
  }
}

function readLabels(reader: MessageReader, validity: Uint8Array | undefined, rows: number): FieldData {
  const { bytes: note, count } = reader.note();
  const ids = reader.narrow(note[0], rows);
  for (let i = 0; i < rows; i++) {
    if (!isValid(validity, i)) ids[i] = -1;
    else if (!((ids[i] as number) >= 0 && (ids[i] as number) < count)) throw damaged('a label that is none');
  }
  const ends = toEnds(reader.narrow(note[1], count));
  const { bytes, mode } = reader.texts(note[2], ends[count - 1] ?? 0);
  const dictionary = Array.from(ends, (end, id) => decodeText(bytes, ends[id - 1] ?? 0, end, mode));
  return { values: ids, dictionary };
}

/** Turn lengths into ends, in place. @throws PackedMessageError where their sum is no position. */
function toEnds(lengths: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  let end = 0;
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i] as number;
    if (length < 0 || length > mostBytes - end) throw damaged('a length that is none');
    end += length;
    lengths[i] = end;
  }
  return lengths;
}

/** Turn the lengths of text columns into positions among their texts, which lie row after row. */
function placeTexts(columns: readonly Positions[], rows: number, bytes: number): void {
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < columns.length; k++) {
      const { starts, ends } = columns[k] as Positions;
      const length = ends[row] as number;
      if (length < 0 || length > bytes - at) throw damaged('a text that does not fit');
      starts[row] = at;
      at += length;
      ends[row] = at;
    }
  }
  if (at !== bytes) throw damaged('there is more text than in its columns');
}

/** V8's mark of a value that it has serialized. */
const v8Mark = 0xff;

/** The columns of bytes and any values: each lies at a place of its own, and a batch has one memory for all. */
class Blobs {
  readonly #columns: (Positions & { readonly bytes: Uint8Array<ArrayBuffer> })[] = [];

  read(
    reader: MessageReader,
    lengths: Int32Array<ArrayBuffer>,
    isAny: boolean,
    validity: Uint8Array | undefined,
  ): FieldData {
    const ends = toEnds(lengths);
    const bytes = reader.take(ends.at(-1) ?? 0);
    const starts = new Int32Array(ends.length);
    for (let i = 1; i < ends.length; i++) starts[i] = ends[i - 1] as number;
    for (let i = 0; isAny && i < ends.length; i++) {
      const isEmpty = starts[i] === ends[i];
      if (isValid(validity, i) && (isEmpty || bytes[starts[i] as number] !== v8Mark)) {
        throw damaged('a value that V8 has not written');
      }
    }
    this.#columns.push({ starts, ends, bytes });
    // None of the values is of a form that has texts or shapes.
    return { starts, ends, ...(isAny && { textStarts: starts, textEnds: starts, shapes: new Map() }) };
  }

  /** The memory of all of them. Positions are moved to their places in it. */
  joined(): Uint8Array<ArrayBuffer> {
    const [only] = this.#columns;
    if (only === undefined) return new Uint8Array(0);
    if (this.#columns.length === 1) return only.bytes;
    const memory = new Uint8Array(this.#columns.reduce((sum, { bytes }) => sum + bytes.length, 0));
    let at = 0;
    for (const { starts, ends, bytes } of this.#columns) {
      memory.set(bytes, at);
      for (let i = 0; i < starts.length; i++) {
        starts[i] = (starts[i] as number) + at;
        ends[i] = (ends[i] as number) + at;
      }
      at += bytes.length;
    }
    return memory;
  }
}
