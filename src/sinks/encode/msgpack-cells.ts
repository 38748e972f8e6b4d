/**
 * Values of columns as MessagePack, by the column's type; those of json and any columns are made one by one elsewhere.
 */
import type { ColumnType } from '../../schema/columns/columns.js';
import type { LabelColumn } from '../../schema/columns/views/label-column.js';
import type { BytesColumn, TextColumn } from '../../schema/columns/views/variable-column.js';
import { sourceOf } from '../wire/copy-bytes.js';
import { valueWriter, writeSlice } from './byte-text.js';
import {
  msgpackOf,
  writeBigint,
  writeBinHead,
  writeByte,
  writeDouble,
  writeInt,
  writeStr,
  writeStrHead,
  writeTime,
} from './msgpack-value.js';
import type { RowWrite } from './row-writer.js';

/** The mode of texts that may have halves of surrogate pairs. */
const wtf8 = 2;

export function msgpackCell(type: Exclude<ColumnType, 'json' | 'any'>, view: unknown): RowWrite {
  return (cellsOf[type] as (view: unknown) => RowWrite)(view);
}

const integers = (values: Int32Array): RowWrite => {
  return (into, row) => writeInt(into, values[row] as number);
};
const floats = (values: Float64Array): RowWrite => {
  return (into, row) => writeDouble(into, values[row] as number);
};

const cellsOf = {
  bool:
    (values: Uint8Array): RowWrite =>
    (into, row) =>
      writeByte(into, values[row] === 1 ? 0xc3 : 0xc2),
  int8: integers,
  int16: integers,
  int32: integers,
  uint8: integers,
  uint16: integers,
  uint32: integers,
  float32(values: Float32Array): RowWrite {
    return (into, row) => {
      into.reserve(5);
      into.bytes[into.at] = 0xca;
      into.view.setFloat32(into.at + 1, values[row] as number);
      into.at += 5;
    };
  },
  float64: floats,
  bigint64:
    (values: BigInt64Array): RowWrite =>
    (into, row) =>
      writeBigint(into, values[row] as bigint),
  timestamp:
    (values: Float64Array): RowWrite =>
    (into, row) =>
      writeTime(into, values[row] as number),
  label: (column: LabelColumn): RowWrite => labelWriter(column, Buffer.alloc(0)),
  string(column: TextColumn): RowWrite {
    const { bytes, starts, ends, mode } = column.raw;
    if (mode === wtf8) return (into, row) => writeStr(into, column.get(row));
    const source = sourceOf(bytes);
    return (into, row) => {
      const start = starts[row] as number;
      const end = ends[row] as number;
      writeStrHead(into, end - start);
      writeSlice(into, source, start, end);
    };
  },
  bytes({ raw }: BytesColumn): RowWrite {
    const source = sourceOf(raw.bytes);
    return (into, row) => {
      const start = raw.starts[row] as number;
      const end = raw.ends[row] as number;
      writeBinHead(into, end - start);
      writeSlice(into, source, start, end);
    };
  },
};

/** Writes labels of a batch, each encoded once for all of its rows. @param key what stands before each. */
export function labelWriter({ ids, dictionary }: LabelColumn, key: Uint8Array): RowWrite {
  return valueWriter(
    ids,
    dictionary.map((text) => Buffer.concat([key, msgpackOf(text)])),
  );
}
