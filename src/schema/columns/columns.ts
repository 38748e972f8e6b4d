/**
 * `t`: how a schema says the types of its columns. What is known of each type stands in `types/table.ts`.
 *
 * `t.uint16()` is a description, plain data that can be posted to another thread; the
 * type parameters say what it takes (`In`) and what rows of a batch hold (`Out`).
 */
import type { ColumnType } from './types/table.js';

export type { ColumnType };

/** One column's description. `Out` is what `batch.row(i)` holds; an optional column gives null. */
export interface Column<In = unknown, Out = unknown, T extends ColumnType = ColumnType> {
  readonly type: T;
  readonly nullable: boolean;
  /** Types only; never set. */
  readonly '~types'?: { in: In; out: Out };
}

/** A column that can still be made optional. */
export interface RequiredColumn<In, Out, T extends ColumnType> extends Column<In, Out, T> {
  readonly nullable: false;
  /** The same column, where `undefined`, `null` and a missing key mean "no value". */
  optional(): OptionalColumn<In, Out, T>;
}

export interface OptionalColumn<In, Out, T extends ColumnType>
  extends Column<In | null | undefined, Out | null, T> {
  readonly nullable: true;
}

function column<In, Out, T extends ColumnType>(type: T): RequiredColumn<In, Out, T> {
  return { type, nullable: false, optional: () => ({ type, nullable: true }) };
}

/** Any value that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Overloads, as a default type parameter would lose to what `defineSchema` expects of a column: `unknown`. */
interface JsonType {
  (): RequiredColumn<Json, Json, 'json'>;
  <V>(): RequiredColumn<V, V, 'json'>;
}

/** The column types of a schema. */
export const t = {
  /** `true` or `false`; a `Uint8Array` of 0 and 1 in a batch's columns. */
  bool: () => column<boolean, boolean, 'bool'>('bool'),
  int8: () => column<number, number, 'int8'>('int8'),
  int16: () => column<number, number, 'int16'>('int16'),
  int32: () => column<number, number, 'int32'>('int32'),
  uint8: () => column<number, number, 'uint8'>('uint8'),
  uint16: () => column<number, number, 'uint16'>('uint16'),
  uint32: () => column<number, number, 'uint32'>('uint32'),
  /** Any number, rounded to single precision. */
  float32: () => column<number, number, 'float32'>('float32'),
  /** Any number, NaN, -0 and the infinities included. */
  float64: () => column<number, number, 'float64'>('float64'),
  /** A bigint from -2^63 to 2^63 - 1. */
  bigint64: () => column<bigint, bigint, 'bigint64'>('bigint64'),
  /** A `Date` or milliseconds since the epoch (fractions kept); milliseconds in a batch. */
  timestamp: () => column<Date | number, number, 'timestamp'>('timestamp'),
  /** A text with few distinct values: stored once, then 4 bytes an event. Any text is correct, many are slow. */
  label: () => column<string, string, 'label'>('label'),
  /** Any text, lone surrogates included. */
  string: () => column<string, string, 'string'>('string'),
  /** A `Uint8Array` (or Buffer); its bytes are copied. */
  bytes: () => column<Uint8Array, Uint8Array, 'bytes'>('bytes'),
  /** Any value that `JSON.stringify` takes; parsed again when it is read. */
  json: (<V>() => column<V, V, 'json'>('json')) as JsonType,
  /**
   * Any structured value (Map, Set, Date, typed arrays, bigint, cycles): the column of a flow without a schema. It
   * comes back as `structuredClone` copies it. What cannot be copied is refused: functions, promises, proxies, shared
   * memory, objects of classes that hide their data, such as URL.
   *
   * An object whose prototype was changed is still what it was made as, with one exception, the price of fast literals:
   * an object of another kind (a Map, say) that was given both `Object.prototype` and an enumerable property of
   * its own is copied as a plain object of its properties.
   */
  any: <V = unknown>() => column<V, V, 'any'>('any'),
} satisfies { [T in ColumnType]: () => RequiredColumn<unknown, unknown, T> };
