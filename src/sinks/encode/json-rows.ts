/**
 * Rows as JSON objects, written from the columns of a batch.
 *
 * | column | in JSON |
 * |---|---|
 * | bool, int…, uint…, float… | as it is; NaN and the infinities are null, or texts by an option |
 * | bigint64 | decimal text, or a number by an option |
 * | timestamp | milliseconds since the epoch, or `"2025-01-31T12:00:00.000Z"` by an option |
 * | label, string | a string; half a surrogate pair is escaped |
 * | bytes | base64 text |
 * | json | its own text |
 * | any | as `JSON.stringify` says it; bigints as texts, bytes as base64, maps and sets as lists |
 */
import { messageOf } from '../../describe.js';
import { identityBytes } from '../../schema/columns/row-identity.js';
import { anyColumn, type Schema } from '../../schema/columns/schema.js';
import type { AnyColumn } from '../../schema/columns/views/any-column.js';
import type { LabelColumn } from '../../schema/columns/views/label-column.js';
import { isValid } from '../../schema/columns/views/validity.js';
import type { Batch } from '../../schema/read/batch.js';
import { writeBytes } from './byte-text.js';
import { checkIdentityField } from './identity-member.js';
import { jsonCell, labelWriter } from './json-cells.js';
import type { JsonForm } from './json-form.js';
import { jsonOf } from './json-value.js';
import { writeAscii } from './number-text.js';
import { BadRowError, type RowEncoder, type RowWrite, type RowWriter } from './row-writer.js';

const comma = 0x2c;
const open = 0x7b;
const closed = 0x7d;

/**
 * The encoder of a schema's rows, each as an object; of a flow without a schema, as the value itself.
 *
 * @throws SinkError where the identity has no member of its own.
 */
export function jsonRows(schema: Schema, form: JsonForm): RowEncoder {
  checkIdentityField(schema, form.identityField);
  const columns = Object.entries(schema.columns).map(([name, column]) => ({
    name,
    key: memberKey(name),
    type: column.type,
    cellOf: jsonCell(column.type, form),
  }));
  const identityKey = form.identityField === undefined ? undefined : memberKey(form.identityField);
  const isWhole = columns.length === 1 && columns[0]?.name === anyColumn;

  const of = (batch: Batch): RowWriter => {
    const refused = new Map<number, BadRowError>();
    const members = columns.map(({ name, key, type, cellOf }): RowWrite => {
      const view = batch.columns[name] as unknown;
      if (type === 'label') return labelMember(key, view as LabelColumn, form.absent);
      const cell = cellOf(type === 'any' ? anyTexts(batch, name, refused) : view);
      if (isWhole) return cell;
      return member(key, cell, batch.validity[name], form.absent);
    });
    const [only] = members;
    if (isWhole && only !== undefined) return { refused, write: only };
    if (identityKey !== undefined) members.unshift(identityMember(batch, identityKey));
    const write: RowWrite = (into, row) => {
      into.reserve(2);
      into.bytes[into.at++] = open;
      for (let k = 0; k < members.length; k++) (members[k] as RowWrite)(into, row);
      // Each member ends with a comma.
      if (into.bytes[into.at - 1] !== comma) into.at++;
      into.bytes[into.at - 1] = closed;
    };
    return { refused, write };
  };
  return { of };
}

/** `"name":` as bytes. */
function memberKey(name: string): Buffer {
  return Buffer.from(`${JSON.stringify(name)}:`);
}

function member(
  key: Buffer,
  cell: RowWrite,
  validity: Uint8Array | undefined,
  absent: JsonForm['absent'],
): RowWrite {
  const withoutValue = Buffer.concat([key, Buffer.from('null,')]);
  return (into, row) => {
    if (!isValid(validity, row)) {
      if (absent === 'null') writeBytes(into, withoutValue);
      return;
    }
    writeBytes(into, key);
    cell(into, row);
    into.reserve(2);
    into.bytes[into.at++] = comma;
  };
}

/** A label's member is the same in all of its rows. */
function labelMember(key: Buffer, column: LabelColumn, absent: JsonForm['absent']): RowWrite {
  const label = labelWriter(column, key.toString(), ',');
  const withoutValue = Buffer.concat([key, Buffer.from('null,')]);
  return (into, row) => {
    if ((column.ids[row] as number) >= 0) label(into, row);
    else if (absent === 'null') writeBytes(into, withoutValue);
  };
}

function identityMember(batch: Batch, key: Buffer): RowWrite {
  const bytes = Buffer.alloc(identityBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return (into, row) => {
    writeBytes(into, key);
    batch.writeIdentity(row, view, 0);
    writeAscii(into, `"${bytes.toString('base64url')}",`);
  };
}

/** The JSON of each value of an any column. Values without one are refused with their rows. */
function anyTexts(batch: Batch, name: string, refused: Map<number, BadRowError>): string[] {
  const column = batch.columns[name] as AnyColumn;
  return Array.from({ length: batch.length }, (_, row) => {
    try {
      return jsonOf(column.get(row));
    } catch (cause) {
      refused.set(row, new BadRowError(name, `has no JSON: ${messageOf(cause)}`, { cause }));
      return 'null';
    }
  });
}
