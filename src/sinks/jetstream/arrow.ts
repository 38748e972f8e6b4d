/**
 * Batches as streams of Arrow IPC, one record batch each, by the package apache-arrow.
 *
 * | column | in Arrow |
 * |---|---|
 * | bool, int8 … uint32, float32, float64 | Bool, Int8 … Uint32, Float32, Float64 |
 * | bigint64 | Int64 |
 * | timestamp | Timestamp of microseconds, UTC; smaller fractions are rounded |
 * | label | Dictionary of Utf8 with Int32 indices |
 * | string | Utf8; half a surrogate pair becomes U+FFFD |
 * | json | Utf8, with the extension's name `arrow.json` |
 * | bytes | Binary |
 */
import type { Data, DataType, Field } from 'apache-arrow';
import { SinkError } from '../../errors.js';
import { needPeers } from '../../peer-packages.js';
import { textMode } from '../../schema/codec/text-codec.js';
import type { Column } from '../../schema/columns/columns.js';
import { identityBytes } from '../../schema/columns/row-identity.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { LabelColumn } from '../../schema/columns/views/label-column.js';
import type { BytesColumn, JsonColumn, TextColumn } from '../../schema/columns/views/variable-column.js';
import type { Batch } from '../../schema/read/batch.js';
import { checkIdentityField } from '../encode/identity-member.js';
import type { Pack } from './messages.js';

type ArrowPackage = typeof import('apache-arrow');

/** One column of an Arrow schema, and its data of a batch. */
interface ArrowColumn {
  readonly field: Field;
  dataOf(batch: Batch): Data;
}

/**
 * @param identityField the column with the rows' identities, 25 bytes each; undefined: none.
 * @throws SinkError for a schema with an any column; PackageError where apache-arrow is missing.
 */
export async function arrowPacker(schema: Schema, identityField: string | undefined): Promise<Pack> {
  needPeers("format: 'arrow' of the jetstream sink", ['apache-arrow']);
  const arrow = await import('apache-arrow');
  checkIdentityField(schema, identityField);
  const columns = Object.entries(schema.columns).map(([name, column], k) =>
    columnOf(arrow, schema, name, column, k),
  );
  if (identityField !== undefined) columns.unshift(identityColumn(arrow, identityField));
  const fields = columns.map(({ field }) => field);
  const arrowSchema = new arrow.Schema(fields, new Map([['batchflow.schema', schema.name]]));
  const type = new arrow.Struct(fields);
  return (batch) => {
    const children = columns.map(({ dataOf }) => dataOf(batch));
    const data = arrow.makeData({ type, length: batch.length, nullCount: 0, children });
    const table = new arrow.Table([new arrow.RecordBatch(arrowSchema, data)]);
    return arrow.tableToIPC(table, 'stream');
  };
}

function identityColumn(arrow: ArrowPackage, name: string): ArrowColumn {
  const type = new arrow.FixedSizeBinary(identityBytes);
  const dataOf = (batch: Batch) => {
    const data = new Uint8Array(identityBytes * batch.length);
    const view = new DataView(data.buffer);
    for (let i = 0; i < batch.length; i++) batch.writeIdentity(i, view, identityBytes * i);
    return arrow.makeData({ type, length: batch.length, nullCount: 0, data });
  };
  return { field: new arrow.Field(name, type, false), dataOf };
}

function columnOf(arrow: ArrowPackage, schema: Schema, name: string, column: Column, k: number): ArrowColumn {
  const { type, bufferOf } = formOf(arrow, schema, name, column, k);
  const metadata = column.type === 'json' ? new Map([['ARROW:extension:name', 'arrow.json']]) : undefined;
  return {
    field: new arrow.Field(name, type, column.nullable, metadata),
    dataOf(batch) {
      const validity = batch.validity[name];
      const nulls = validity === undefined ? { nullCount: 0 } : { nullBitmap: validity };
      // The buffers are those of the type; the compiler cannot pair the two unions.
      return arrow.makeData({ type, length: batch.length, ...nulls, ...bufferOf(batch) } as never);
    },
  };
}

/** The Arrow type of a column, and what `makeData` needs of a batch. */
function formOf(
  arrow: ArrowPackage,
  schema: Schema,
  name: string,
  { type }: Column,
  k: number,
): { readonly type: DataType; bufferOf(batch: Batch): object } {
  const view = <V>(batch: Batch) => batch.columns[name] as V;
  const numbers = (ofNumbers: DataType) => ({
    type: ofNumbers,
    bufferOf: (batch: Batch) => ({ data: view<ArrayBufferView>(batch) }),
  });
  switch (type) {
    case 'bool':
      return {
        type: new arrow.Bool(),
        bufferOf: (batch) => ({ data: bitsOf(view<Uint8Array>(batch)) }),
      };
    case 'int8':
      return numbers(new arrow.Int8());
    case 'int16':
      return numbers(new arrow.Int16());
    case 'int32':
      return numbers(new arrow.Int32());
    case 'uint8':
      return numbers(new arrow.Uint8());
    case 'uint16':
      return numbers(new arrow.Uint16());
    case 'uint32':
      return numbers(new arrow.Uint32());
    case 'float32':
      return numbers(new arrow.Float32());
    case 'float64':
      return numbers(new arrow.Float64());
    case 'bigint64':
      return numbers(new arrow.Int64());
    case 'timestamp':
      return {
        type: new arrow.TimestampMicrosecond('UTC'),
        bufferOf: (batch) => ({ data: microsOf(view<Float64Array>(batch)) }),
      };
    case 'label': {
      const ofLabels = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32(), k);
      return {
        type: ofLabels,
        bufferOf: (batch) => {
          const { ids, dictionary } = view<LabelColumn>(batch);
          const texts = dictionary.map((text) => text.toWellFormed());
          // A batch of no labels has a dictionary all the same.
          const vector = arrow.vectorFromArray(texts.length > 0 ? texts : [''], ofLabels.dictionary);
          return { data: ids.map((id) => Math.max(0, id)), dictionary: vector };
        },
      };
    }
    case 'string':
      return { type: new arrow.Utf8(), bufferOf: (batch) => textsOf(view<TextColumn>(batch), batch.length) };
    case 'json':
      return {
        type: new arrow.Utf8(),
        bufferOf: (batch) => textsOf(view<JsonColumn>(batch).text, batch.length),
      };
    case 'bytes':
      return {
        type: new arrow.Binary(),
        bufferOf: (batch) => {
          const { offsets, bytes } = view<BytesColumn>(batch);
          return { valueOffsets: offsets, data: bytes };
        },
      };
    case 'any':
      throw new SinkError(
        `format: 'arrow': column "${name}" of "${schema.name}" is of type any, which Arrow has not`,
      );
    default:
      return type satisfies never;
  }
}

function bitsOf(flags: Uint8Array): Uint8Array {
  const bits = new Uint8Array((flags.length + 7) >> 3);
  for (let i = 0; i < flags.length; i++) (bits[i >> 3] as number) |= (flags[i] as number) << (i & 7);
  return bits;
}

function microsOf(times: Float64Array): BigInt64Array {
  return BigInt64Array.from(times, (ms) => BigInt(Math.round(ms * 1000)));
}

/** UTF-8: only where the batch has halves of surrogate pairs texts are made of bytes. */
function textsOf(column: TextColumn<null>, length: number) {
  if (column.raw.mode !== textMode.wtf8) return { valueOffsets: column.offsets, data: column.bytes };
  const texts = Array.from({ length }, (_, i) => Buffer.from((column.get(i) ?? '').toWellFormed()));
  const valueOffsets = new Int32Array(length + 1);
  texts.forEach((text, i) => {
    valueOffsets[i + 1] = (valueOffsets[i] as number) + text.length;
  });
  return { valueOffsets, data: new Uint8Array(Buffer.concat(texts)) };
}
