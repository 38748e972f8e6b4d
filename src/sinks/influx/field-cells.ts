/**
 * Fields of points: `key=value,`. A field without a value is left out.
 */
import { messageOf } from '../../describe.js';
import type { AnyColumn } from '../../schema/columns/views/any-column.js';
import type { LabelColumn } from '../../schema/columns/views/label-column.js';
import type { RawBytes } from '../../schema/columns/views/raw-bytes.js';
import { isValid } from '../../schema/columns/views/validity.js';
import type { BytesColumn, JsonColumn, TextColumn } from '../../schema/columns/views/variable-column.js';
import type { Batch } from '../../schema/read/batch.js';
import { writePiece } from '../encode/byte-text.js';
import { jsonOf } from '../encode/json-value.js';
import { bigintWriter, writeAscii, writeNumber, writeWhole } from '../encode/number-text.js';
import { BadRowError, type RowWrite } from '../encode/row-writer.js';
import { type ByteSource, bufferOf, pieceOf, sourceOf } from '../wire/copy-bytes.js';
import { writeFieldText } from './field-text.js';
import { keyText } from './key-text.js';
import type { InfluxSettings } from './options.js';
import { mostMs, writeTime } from './time-digits.js';

/** A column's field in the rows of a batch. */
export interface FieldCell {
  readonly write: RowWrite;
  /** Whether every row has it. */
  readonly isAlways: boolean;
  has(row: number): boolean;
}

const none = sourceOf(new Uint8Array(0));
const yes = pieceOf('true');
const no = pieceOf('false');
const comma = 0x2c;
const integerMark = 0x69;

/** @param refused gets the rows whose values cannot be fields. */
export function fieldCell(
  batch: Batch,
  name: string,
  settings: InfluxSettings,
  refused: Map<number, BadRowError>,
): FieldCell {
  const key = pieceOf(`${keyText(name)}=`);
  const validity = batch.validity[name];
  const type = batch.schema.columns[name]?.type;
  const omits = (type === 'float64' || type === 'float32') && settings.nonFinite === 'omit';
  const numbers = batch.columns[name] as unknown as Float64Array;
  const has = (row: number) => isValid(validity, row) && !(omits && !Number.isFinite(numbers[row]));
  const value = valueCell(batch, name, settings, refused);
  const write: RowWrite = (into, row) => {
    if (!has(row)) return;
    writePiece(into, key);
    value(into, row);
    into.reserve(1);
    into.bytes[into.at++] = comma;
  };
  return { write, isAlways: validity === undefined && !omits, has };
}

function valueCell(
  batch: Batch,
  name: string,
  { precision, nonFinite }: InfluxSettings,
  refused: Map<number, BadRowError>,
): RowWrite {
  const view = batch.columns[name] as unknown;
  const type = batch.schema.columns[name]?.type;
  const refuse = (row: number, why: string) => refused.set(row, new BadRowError(name, why));
  const validity = batch.validity[name];
  switch (type) {
    case 'bool':
      return (into, row) => writePiece(into, (view as Uint8Array)[row] === 1 ? yes : no);
    case 'float32':
    case 'float64': {
      const values = view as Float64Array;
      if (nonFinite === 'refuse') {
        for (let row = 0; row < values.length; row++) {
          if (!Number.isFinite(values[row]) && isValid(validity, row)) {
            refuse(row, 'has a number that InfluxDB cannot hold: NaN or an infinity');
          }
        }
      }
      return (into, row) => writeNumber(into, values[row] as number);
    }
    case 'bigint64':
      return asInteger(bigintWriter(view as BigInt64Array));
    case 'timestamp': {
      const times = view as Float64Array;
      for (let row = 0; row < times.length; row++) {
        if (Math.abs(times[row] as number) > mostMs && isValid(validity, row)) {
          refuse(row, 'has a time outside of 64 bits of nanoseconds');
        }
      }
      return asInteger((into, row) => writeTime(into, times[row] as number, precision));
    }
    case 'label': {
      const { ids, raw } = view as LabelColumn;
      return textCell(raw, (row) => ids[row] as number);
    }
    case 'string':
      return textCell((view as TextColumn).raw, (row) => row);
    case 'json':
      return textCell((view as JsonColumn).text.raw, (row) => row);
    case 'bytes': {
      const { raw } = view as BytesColumn;
      const source = bufferOf(raw.bytes);
      return (into, row) =>
        writeAscii(into, `"${source.toString('base64', raw.starts[row], raw.ends[row])}"`);
    }
    case 'any': {
      const texts = Array.from({ length: batch.length }, (_, row) => {
        try {
          return sourceOf(Buffer.from(jsonOf((view as AnyColumn).get(row))));
        } catch (error) {
          refuse(row, `has no JSON: ${messageOf(error)}`);
          return none;
        }
      });
      return (into, row) => {
        const text = texts[row] as ByteSource;
        writeFieldText(into, text, 0, text.bytes.length);
      };
    }
    default:
      return asInteger((into, row) => writeWhole(into, (view as Int32Array)[row] as number));
  }
}

function asInteger(write: RowWrite): RowWrite {
  return (into, row) => {
    write(into, row);
    into.reserve(1);
    into.bytes[into.at++] = integerMark;
  };
}

function textCell({ bytes, starts, ends }: RawBytes, placeOf: (row: number) => number): RowWrite {
  const source = sourceOf(bytes);
  return (into, row) => {
    const place = placeOf(row);
    writeFieldText(into, source, starts[place] as number, ends[place] as number);
  };
}
