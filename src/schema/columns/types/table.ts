/**
 * The table of column types: what is known of each, by its name. A new type is a spec, a line here, and one in `t`
 * (`columns.ts`); wherever else something has to be decided, the compiler says so.
 */
import type { ArrayNamed } from '../../codec/array-types.js';
import { any } from './any.js';
import { bigint64 } from './bigint64.js';
import { bool } from './bool.js';
import { bytes } from './bytes.js';
import { float32, float64 } from './float.js';
import { int8, int16, int32, uint8, uint16, uint32 } from './integer.js';
import { json } from './json.js';
import { label } from './label.js';
import type { FixedSpec, TypeSpec } from './spec.js';
import { string } from './string.js';
import { timestamp } from './timestamp.js';

export const columnTypes = {
  bool,
  int8,
  int16,
  int32,
  uint8,
  uint16,
  uint32,
  float32,
  float64,
  bigint64,
  timestamp,
  label,
  string,
  bytes,
  json,
  any,
} satisfies Record<string, TypeSpec>;

export type ColumnType = keyof typeof columnTypes;

/** Column types whose values are one element of a typed array. */
export type FixedType = {
  [T in ColumnType]: (typeof columnTypes)[T] extends FixedSpec ? T : never;
}[ColumnType];

/** Column types whose values live in a block's text or blob region, or in the label dictionary. */
export type VariableType = Exclude<ColumnType, FixedType>;

/** The typed array of a column in a batch. */
export type ArrayOf<T extends FixedType> = ArrayNamed<(typeof columnTypes)[T]['array']>;

/** The names of all types, in the order in which texts list them. */
export const typeNames = Object.keys(columnTypes) as readonly ColumnType[];

export function specOf(type: ColumnType): TypeSpec {
  return columnTypes[type];
}

/** Whether a value names a column type. */
export function isColumnType(name: unknown): name is ColumnType {
  return typeof name === 'string' && Object.hasOwn(columnTypes, name);
}
