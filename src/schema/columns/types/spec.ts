/**
 * What is known of a column type, in one place. `table.ts` has the spec of each type.
 *
 * A schema holds nothing but the names of types, so that it can be posted to another thread. Specs are looked up there,
 * when code is generated and once for each schema.
 */
import type { EventError } from '../../../errors.js';
import type { ArrayName } from '../../codec/array-types.js';
import type { Code } from '../../codegen/code.js';
import type { FieldData } from '../views/field-data.js';
import type { TextRegion } from '../views/text-region.js';

/**
 * The names that a check may use beside `labels`, `labelBytes`, `toJson` and `toAny`, which every writer has
 * (`write/writer.ts`).
 */
export interface CheckNames {
  /** A variable: the value that was pushed. */
  readonly value: string;
  /** A variable: what the column stores, null until the check sets it. */
  readonly stored: string;
  /** A variable of label columns: the id in the dictionary, -1 until the check sets it. */
  readonly label: string;
  /** The record of an any column. */
  readonly record: string;
  /** The column's name, as a literal. */
  readonly column: string;
  /** What to do about a value that does not fit: a statement that does not come back. */
  readonly fault: string;
  /** Whether the event has such a key at all, as an expression; undefined where that makes no difference. */
  readonly has: string | undefined;
}

/** A value in the text of a row (`read/row-text.ts`), where nothing of it may be lost. */
export interface RowText {
  /** What JSON holds in place of a row's value. */
  to(value: unknown): unknown;
  /**
   * The value again.
   * @throws TypeError for what `to` did not write.
   */
  from(value: unknown): unknown;
}

/** For types whose values are in JSON what they are in a row. */
export const asItIs: RowText = { to: (value) => value, from: (value) => value };

/** Makes the error for a value that JSON holds and a column does not take. */
export type Refuse = (fault: 'type' | 'range', field: string, value: unknown, expected: string) => EventError;

/** How a client's JSON says a value that JSON has not, or that `JSON.parse` changes (`server/from-json.ts`). */
export interface JsonInput {
  /** Code: whether `value`, which may be null, is to be converted. */
  isNeeded(value: string): string;
  /** Code: whether `value` is to be converted by its text; undefined where none ever is. */
  readonly needsText: ((value: string) => string) | undefined;
  /**
   * The value that `push` takes.
   *
   * @param value what `JSON.parse` made of it.
   * @param text the value's own text, where `needsText` says so.
   * @throws EventError what `refuse` makes.
   */
  convert(field: string, value: unknown, refuse: Refuse, text?: string): unknown;
}

interface Facts<View> {
  /** What a value has to be, as errors say it. */
  readonly expected: string;
  /** Whether a value that does not fit is of the right kind: then it is out of range. */
  isOfKind(value: unknown): boolean;
  /** False only for a value that the check refuses: found without an error, where errors would cost too much. */
  mayFit(value: unknown): boolean;
  /** Code: a check of a value that is there. It sets what is stored, or ends in `fault`. */
  check(names: CheckNames): Code;
  /** What `batch.columns` shows of a column. */
  viewOf(field: FieldData, texts: TextRegion, blob: Uint8Array): View;
  /** The value of row `i`, which has one, as a key of a Map: equal values are equal keys. */
  keyAt(view: View, i: number): unknown;
  /** The value in the text of a row. */
  readonly rowText: RowText;
  /** The value in a client's JSON; undefined where `push` takes the value that `JSON.parse` makes. */
  readonly jsonInput: JsonInput | undefined;
  /** Whether the service's schema files may name the type. */
  readonly inSchemaFiles: boolean;
}

/** Copies that `pushColumns` makes of an array of the column's own class: whole, as far as it fits, or none. */
export type Copying =
  | 'whole'
  /** The index of the first value from `from` on that does not fit, or `to`. */
  | { fitUntil(values: never, from: number, to: number): number }
  | 'none';

/** A type whose value is one element of a typed array. */
export interface FixedSpec<A extends ArrayName = ArrayName> extends Facts<unknown> {
  readonly cell: 'fixed';
  readonly array: A;
  /** Code: the element of a row without a value. */
  readonly zero: string;
  /** Code: the value that an element stands for. */
  valueOf(element: string): string;
  readonly copying: Copying;
}

/** A type whose values lie in a block's texts or blobs, or in the dictionary; the cell, an Int32, says where. */
export interface VariableSpec<View = unknown> extends Facts<View> {
  /**
   * - label: an id in the dictionary of labels.
   * - text: where a text ends among the block's texts.
   * - blob: a record of bytes, by its distance from the region's end.
   * - any: a record as of a blob, and a text as well.
   */
  readonly cell: 'label' | 'text' | 'blob' | 'any';
  readonly array: 'I32';
  /** Whether `pushColumns` may go column by column: then a check runs no code of the caller and takes no room. */
  readonly byColumn: boolean;
}

export type TypeSpec = FixedSpec | VariableSpec;
export type CellKind = TypeSpec['cell'];
