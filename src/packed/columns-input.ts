/**
 * A batch as the columns that `pushColumns` takes, with the identities of its rows.
 */
import { messageOf } from '../describe.js';
import { JsonText } from '../schema/codec/json-text.js';
import type { ColumnType } from '../schema/columns/columns.js';
import { identityBytes, rowIdentity, withIdentity } from '../schema/columns/row-identity.js';
import type { AnyColumn } from '../schema/columns/views/any-column.js';
import type { LabelColumn } from '../schema/columns/views/label-column.js';
import { isValid } from '../schema/columns/views/validity.js';
import type { BytesColumn, JsonColumn, TextColumn } from '../schema/columns/views/variable-column.js';
import type { Batch } from '../schema/read/batch.js';
import { damaged } from './message-reader.js';

/** A column as `pushColumns` takes it. */
export type InputColumn = ArrayLike<unknown>;

/**
 * The columns of an unpacked batch, for `pushColumns`.
 *
 * @param identified with the identities of its rows, for a flow with `identity: 'given'`.
 * @throws PackedMessageError where a text of a json column is no JSON, or V8 cannot read an any value.
 */
export function columnsInput(batch: Batch, identified: boolean): Record<string, InputColumn> {
  const columns = Object.fromEntries(
    Object.entries(batch.schema.columns).map(([name, { type }]) => [
      name,
      inputOf(type, batch.columns[name] as unknown, batch.validity[name], batch.length),
    ]),
  );
  if (!identified) return columns;
  return withIdentity(columns, identitiesOf(batch));
}

/** The bytes of all, row after row. */
function identitiesOf(batch: Batch): Uint8Array {
  const { given } = batch.data.identities;
  if (given !== undefined) return given;
  const bytes = new Uint8Array(identityBytes * batch.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < batch.length; i++) batch.writeIdentity(i, view, identityBytes * i);
  return bytes;
}

/** The columns without the first rows. */
export function columnsFrom(columns: Record<string, InputColumn>, from: number): Record<string, InputColumn> {
  if (from === 0) return columns;
  const rest = Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, valuesFrom(values, from)]),
  );
  const identities = (columns as { [rowIdentity]?: Uint8Array })[rowIdentity];
  return identities === undefined ? rest : withIdentity(rest, identities.subarray(identityBytes * from));
}

function valuesFrom(values: InputColumn, from: number): InputColumn {
  return Array.isArray(values) ? values.slice(from) : (values as Uint8Array).subarray(from);
}

function inputOf(
  type: ColumnType,
  view: unknown,
  validity: Uint8Array | undefined,
  length: number,
): InputColumn {
  /** The values of rows that have one. */
  const each = (valueAt: (i: number) => unknown) =>
    Array.from({ length }, (_, i) => (isValid(validity, i) ? valueAt(i) : null));
  switch (type) {
    case 'label':
    case 'string':
    case 'bytes': {
      const column = view as LabelColumn | TextColumn | BytesColumn;
      return each((i) => column.get(i));
    }
    case 'json': {
      const { text } = view as JsonColumn;
      return each((i) => checkedJson(text.get(i)));
    }
    case 'any': {
      const column = view as AnyColumn;
      return each((i) => checkedValue(column, i));
    }
    case 'bool': {
      const flags = view as Uint8Array;
      return validity === undefined ? flags : each((i) => flags[i] === 1);
    }
    default: {
      const values = view as InputColumn;
      return validity === undefined ? values : each((i) => values[i]);
    }
  }
}

/** Its own text, with all digits of its numbers. */
function checkedJson(text: string): JsonText {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw damaged('a document that is no JSON', { cause });
  }
  return new JsonText(text);
}

function checkedValue(column: AnyColumn, i: number): unknown {
  try {
    return column.get(i);
  } catch (cause) {
    throw damaged(`a value that V8 cannot read: ${messageOf(cause)}`, { cause });
  }
}
