/**
 * A batch: the rows of one flush, in columns, in arrays that belong to this batch alone.
 *
 * `BatchData` is what the ring's reader fills and what can be posted to another thread;
 * `Batch` is the face of it: columns, rows, iteration.
 */

import type { TextMode } from '../codec/text-codec.js';
import type { Column } from '../columns/columns.js';
import { identityBytes } from '../columns/row-identity.js';
import type { Columns, RowOf, Schema } from '../columns/schema.js';
import type { TypeSpec } from '../columns/types/spec.js';
import { type ArrayOf, type FixedType, specOf, type VariableType } from '../columns/types/table.js';
import type { AnyColumn } from '../columns/views/any-column.js';
import type { FieldData } from '../columns/views/field-data.js';
import type { LabelColumn } from '../columns/views/label-column.js';
import { TextRegion } from '../columns/views/text-region.js';
import { isValid } from '../columns/views/validity.js';
import type { BytesColumn, JsonColumn, TextColumn } from '../columns/views/variable-column.js';
import { bindRows } from './row-builder.js';
import { type IdentityRange, IdentityWriter, type RowIdentities } from './row-identities.js';

/** A batch as plain data. */
export interface BatchData {
  length: number;
  /** In the schema's order. */
  fields: FieldData[];
  text: { bytes: Uint8Array; mode: TextMode };
  blob: Uint8Array;
  identities: RowIdentities;
}

type NullOf<C extends Column> = C['nullable'] extends true ? null : never;

/** The views of columns that are no plain typed arrays. `Null` is null for an optional column. */
interface VariableViews<Out, Null> {
  label: LabelColumn<Null>;
  string: TextColumn<Null>;
  bytes: BytesColumn<Null>;
  json: JsonColumn<Exclude<Out, null>, Null>;
  any: AnyColumn<Out, Null>;
}

/** What `batch.columns.x` is: the plain typed array of a fixed-width column, or an object with `get(i)`. */
export type ColumnView<C> =
  C extends Column<unknown, infer Out, infer T>
    ? T extends FixedType
      ? ArrayOf<T>
      : T extends VariableType
        ? VariableViews<Out, NullOf<C>>[T]
        : never
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
  #identities: IdentityWriter | undefined;

  constructor(
    readonly schema: S,
    readonly data: BatchData,
  ) {
    this.length = data.length;
    const columns = new Named<unknown>();
    const validity = new Named<Uint8Array>();
    const region = new TextRegion(data.text.bytes, data.text.mode);
    const makers = makersOf(schema);
    for (let k = 0; k < makers.length; k++) {
      const { name, viewOf } = makers[k] as ViewMaker;
      const field = data.fields[k] as FieldData;
      columns[name] = viewOf(field, region, data.blob);
      if (field.validity !== undefined) validity[name] = field.validity;
    }
    this.columns = columns as ColumnViews<S['columns']>;
    this.validity = validity as typeof this.validity;
  }

  /** Row `i` as a fresh object (for a flow without a schema: the value itself). */
  row(i: number): RowOf<S> {
    this.#assertRow(i);
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

  /**
   * What tells row `i` from every other row: 34 characters of base64url. A row that is delivered again has the same
   * one, whichever thread delivers it, and so has its dead letter.
   */
  identity(i: number): string {
    return Buffer.from(this.identityBytes(i).buffer).toString('base64url');
  }

  /** The same as 25 bytes. */
  identityBytes(i: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(identityBytes);
    this.writeIdentity(i, new DataView(bytes.buffer), 0);
    return bytes;
  }

  /** Write the 25 bytes of row `i` to `into`, from byte `at` on: for encoders, which make no array for a row. */
  writeIdentity(i: number, into: DataView, at: number): void {
    this.#assertRow(i);
    this.#identities ??= new IdentityWriter(this.data.identities);
    this.#identities.write(i, into, at);
  }

  /** The rows as ranges of their producers' rows; undefined where their identities come from elsewhere. */
  get ranges(): readonly IdentityRange[] | undefined {
    const { ranges, given } = this.data.identities;
    return given === undefined ? ranges : undefined;
  }

  #assertRow(i: number): void {
    if (!(i >= 0 && i < this.length)) throw new RangeError(`row ${i} of a batch of ${this.length}`);
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

/** Makes the view of one column. */
interface ViewMaker {
  readonly name: string;
  readonly viewOf: TypeSpec['viewOf'];
}

const makers = new WeakMap<Schema, readonly ViewMaker[]>();

/** What makes the columns of a schema, looked up once for all of its batches. */
function makersOf(schema: Schema): readonly ViewMaker[] {
  let found = makers.get(schema);
  if (found === undefined) {
    found = Object.entries(schema.columns).map(([name, { type }]) => ({ name, viewOf: specOf(type).viewOf }));
    makers.set(schema, found);
  }
  return found;
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
