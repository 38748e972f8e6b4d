/**
 * A batch: the rows of one flush, in columns, in arrays that belong to this batch alone.
 *
 * `BatchData` is what the ring's reader fills and what can be posted to another thread;
 * `Batch` is the face of it: columns, rows, iteration.
 */

import type { TextMode } from '../codec/text-codec.js';
import type { Column, FixedType, fixedTypes } from '../columns/columns.js';
import type { Columns, RowOf, Schema } from '../columns/schema.js';
import { AnyColumn } from '../columns/views/any-column.js';
import { LabelColumn } from '../columns/views/label-column.js';
import { TextRegion } from '../columns/views/text-region.js';
import { isValid } from '../columns/views/validity.js';
import { BytesColumn, JsonColumn, TextColumn } from '../columns/views/variable-column.js';
import { bindRows } from './row-builder.js';

type FixedArray = InstanceType<(typeof fixedTypes)[FixedType]>;

/** One column's fresh arrays. Which are there depends on the column's type. */
export interface FieldData {
  /** Arrow's bitmap, least significant bit first; only for optional columns. */
  validity?: Uint8Array;
  /** Fixed-width values, or the label ids. */
  values?: FixedArray;
  /** Labels: this batch's distinct texts. */
  dictionary?: string[];
  /** Any values: byte positions in `BatchData.text`, and the shapes of flat records, by label. */
  textStarts?: Int32Array<ArrayBuffer>;
  textEnds?: Int32Array<ArrayBuffer>;
  shapes?: ReadonlyMap<number, string>;
  /** Texts: byte positions in `BatchData.text`; bytes and any: in `BatchData.blob`. */
  starts?: Int32Array<ArrayBuffer>;
  ends?: Int32Array<ArrayBuffer>;
}

/** A batch as plain data. */
export interface BatchData {
  length: number;
  /** In the schema's order. */
  fields: FieldData[];
  text: { bytes: Uint8Array; mode: TextMode };
  blob: Uint8Array;
}

type NullOf<C extends Column> = C['nullable'] extends true ? null : never;

/** What `batch.columns.x` is: the plain typed array of a fixed-width column, or an object with `get(i)`. */
export type ColumnView<C> =
  C extends Column<unknown, infer Out, infer T>
    ? T extends FixedType
      ? InstanceType<(typeof fixedTypes)[T]>
      : T extends 'label'
        ? LabelColumn<NullOf<C>>
        : T extends 'string'
          ? TextColumn<NullOf<C>>
          : T extends 'json'
            ? JsonColumn<Exclude<Out, null>, NullOf<C>>
            : T extends 'bytes'
              ? BytesColumn<NullOf<C>>
              : AnyColumn<Out, NullOf<C>>
    : never;

export type ColumnViews<C extends Columns> = { readonly [K in keyof C]: ColumnView<C[K]> };

/**
 * The rows of one flush. All of its arrays lie in one ArrayBuffer, which is no other batch's: to transfer one column's
 * buffer takes the others along; a `slice()` of a column is a column alone.
 */
export class Batch<S extends Schema = Schema> implements Iterable<RowOf<S>> {
  readonly length: number;
  /** By column name. */
  readonly columns: ColumnViews<S['columns']>;
  /** Validity bitmaps of the optional columns, by column name. */
  readonly validity: { readonly [K in keyof S['columns']]?: Uint8Array };
  #row: ((i: number) => RowOf<S>) | undefined;

  constructor(
    readonly schema: S,
    readonly data: BatchData,
  ) {
    this.length = data.length;
    const columns = new Named<unknown>();
    const validity = new Named<Uint8Array>();
    const region = new TextRegion(data.text.bytes, data.text.mode);
    const entries = entriesOf(schema);
    for (let k = 0; k < entries.length; k++) {
      const [name, column] = entries[k] as (typeof entries)[number];
      const field = data.fields[k] as FieldData;
      columns[name] = viewOf(column, field, region, data.blob);
      if (field.validity !== undefined) validity[name] = field.validity;
    }
    this.columns = columns as ColumnViews<S['columns']>;
    this.validity = validity as typeof this.validity;
  }

  /** Row `i` as a fresh object (for a flow without a schema: the value itself). */
  row(i: number): RowOf<S> {
    if (!(i >= 0 && i < this.length)) throw new RangeError(`row ${i} of a batch of ${this.length}`);
    this.#row ??= bindRows(this) as (i: number) => RowOf<S>;
    return this.#row(i);
  }

  /** All rows as fresh objects, in order. */
  rows(): RowOf<S>[] {
    this.#row ??= bindRows(this) as (i: number) => RowOf<S>;
    const row = this.#row;
    const rows = new Array<RowOf<S>>(this.length);
    for (let i = 0; i < this.length; i++) rows[i] = row(i);
    return rows;
  }

  *[Symbol.iterator](): Iterator<RowOf<S>> {
    for (let i = 0; i < this.length; i++) yield this.row(i);
  }

  /** Whether an optional column has a value in row `i`; true for every required column. */
  has(column: keyof S['columns'] & string, i: number): boolean {
    return isValid(this.validity[column], i);
  }
}

/**
 * Values by names that users choose: inherits nothing, `__proto__` included. Batches of one schema share a hidden
 * class, so that a sink's code for their columns stays fast; objects made with a null prototype would not.
 */
class Named<V> {
  [name: string]: V;
}
Object.setPrototypeOf(Named.prototype, null);
delete (Named.prototype as { constructor?: unknown }).constructor;

const entries = new WeakMap<Schema, readonly (readonly [string, Column])[]>();

/** The columns of a schema, listed once for all of its batches. */
function entriesOf(schema: Schema): readonly (readonly [string, Column])[] {
  let listed = entries.get(schema);
  if (listed === undefined) {
    listed = Object.entries(schema.columns);
    entries.set(schema, listed);
  }
  return listed;
}

function viewOf(column: Column, field: FieldData, region: TextRegion, blob: Uint8Array): unknown {
  const { values, dictionary, starts, ends, validity } = field;
  switch (column.type) {
    case 'label':
      return new LabelColumn(values as Int32Array, dictionary as string[]);
    case 'string':
      return new TextColumn(region, starts as Int32Array, ends as Int32Array, validity);
    case 'json':
      return new JsonColumn(new TextColumn(region, starts as Int32Array, ends as Int32Array, validity));
    case 'bytes':
      return new BytesColumn(blob, starts as Int32Array, ends as Int32Array, validity);
    case 'any':
      return new AnyColumn(blob, region, field as Required<FieldData>, validity);
    default:
      return values;
  }
}

/** Every distinct buffer of a batch, for a transfer list. */
export function buffersOf(data: BatchData): ArrayBuffer[] {
  const arrays = [
    data.text.bytes,
    data.blob,
    ...data.fields.flatMap((f) => [f.validity, f.values, f.starts, f.ends, f.textStarts, f.textEnds]),
  ];
  return [...new Set(arrays.filter((a) => a !== undefined).map((a) => a.buffer as ArrayBuffer))];
}
