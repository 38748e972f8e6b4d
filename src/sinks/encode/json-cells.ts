/**
 * Values of columns as JSON, by the column's type.
 */
import type { ColumnType } from '../../schema/columns/columns.js';
import type { LabelColumn } from '../../schema/columns/views/label-column.js';
import type { BytesColumn, JsonColumn, TextColumn } from '../../schema/columns/views/variable-column.js';
import { bufferOf, pieceOf, sourceOf } from '../wire/copy-bytes.js';
import { WireBuffer } from '../wire/wire-buffer.js';
import { writePiece, writeSlice, writeString } from './byte-text.js';
import type { JsonForm } from './json-form.js';
import { writeJsonString } from './json-text.js';
import { bigintWriter, writeAscii, writeNumber, writeWhole } from './number-text.js';
import type { RowWrite } from './row-writer.js';
import { timeWriter } from './time-text.js';

/** Makes the writer of a column from what the batch has of it; of an any column, from its texts. */
type CellOf = (view: never) => RowWrite;

/** The labels of a batch, before they are copied. One for all: a new one would cost more than small batches. */
const strings = new WireBuffer(2 ** 30);

export function jsonCell(type: ColumnType, form: JsonForm): (view: unknown) => RowWrite {
  return cellOf(type, form) as (view: unknown) => RowWrite;
}

function cellOf(type: ColumnType, form: JsonForm): CellOf {
  switch (type) {
    case 'bool':
      return bools;
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return integers;
    case 'float32':
    case 'float64':
      return form.nonFinite === 'text' ? floatsAndTexts : floats;
    case 'bigint64':
      return form.bigints === 'number'
        ? bigintWriter
        : (values: BigInt64Array) => quoted(bigintWriter(values));
    case 'timestamp':
      return form.times === 'iso' ? (values: Float64Array) => quoted(timeWriter(values)) : floats;
    case 'label':
      return (view: LabelColumn) => labelWriter(view, '');
    case 'string':
      return texts;
    case 'bytes':
      return base64;
    case 'json':
      return documents;
    case 'any':
      return (values: readonly string[]) => (into, row) => writeString(into, values[row] as string);
    default:
      return type satisfies never;
  }
}

const yes = pieceOf('true');
const no = pieceOf('false');

function bools(values: Uint8Array): RowWrite {
  return (into, row) => writePiece(into, values[row] === 1 ? yes : no);
}

function integers(values: Int32Array): RowWrite {
  return (into, row) => writeWhole(into, values[row] as number);
}

function floats(values: Float64Array): RowWrite {
  return (into, row) => {
    const value = values[row] as number;
    if (Number.isFinite(value)) writeNumber(into, value);
    else writeAscii(into, 'null');
  };
}

function floatsAndTexts(values: Float64Array): RowWrite {
  return (into, row) => {
    const value = values[row] as number;
    if (Number.isFinite(value)) writeNumber(into, value);
    else writeAscii(into, `"${value}"`);
  };
}

const quote = 0x22;

/** The same in quotes. */
function quoted(write: RowWrite): RowWrite {
  return (into, row) => {
    into.reserve(1);
    into.bytes[into.at++] = quote;
    write(into, row);
    into.reserve(1);
    into.bytes[into.at++] = quote;
  };
}

function texts({ raw }: TextColumn): RowWrite {
  const { bytes, starts, ends } = raw;
  const source = sourceOf(bytes);
  return (into, row) => writeJsonString(into, source, starts[row] as number, ends[row] as number);
}

/**
 * Writes labels of a batch, each escaped once for all of its rows.
 *
 * @param key what stands before each.
 */
export function labelWriter({ ids, raw }: LabelColumn, key: string): RowWrite {
  const { bytes, starts, ends } = raw;
  const labels = sourceOf(bytes);
  const places = new Int32Array(starts.length + 1);
  strings.clear();
  for (let id = 0; id < starts.length; id++) {
    writeString(strings, key);
    writeJsonString(strings, labels, starts[id] as number, ends[id] as number);
    places[id + 1] = strings.at;
  }
  const source = sourceOf(strings.written.slice());
  return (into, row) => {
    const id = ids[row] as number;
    writeSlice(into, source, places[id] as number, places[id + 1] as number);
  };
}

function base64({ raw }: BytesColumn): RowWrite {
  const source = bufferOf(raw.bytes);
  return (into, row) => {
    const text = source.toString('base64', raw.starts[row], raw.ends[row]);
    into.reserve(text.length + 2);
    const { bytes, at } = into;
    bytes[at] = quote;
    bufferOf(bytes).write(text, at + 1, 'latin1');
    bytes[at + 1 + text.length] = quote;
    into.at += text.length + 2;
  };
}

function documents({ text }: JsonColumn): RowWrite {
  const { bytes, starts, ends } = text.raw;
  const source = sourceOf(bytes);
  return (into, row) => writeSlice(into, source, starts[row] as number, ends[row] as number);
}
