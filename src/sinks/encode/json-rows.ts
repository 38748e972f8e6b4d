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
import { type Piece, pieceOf } from '../wire/copy-bytes.js';
import { writePiece } from './byte-text.js';
import { checkIdentityField } from './identity-member.js';
import { jsonCell, labelWriter } from './json-cells.js';
import type { JsonForm } from './json-form.js';
import { jsonOf } from './json-value.js';
import { writeAscii } from './number-text.js';
import { BadRowError, type RowEncoder, type RowWrite, type RowWriter } from './row-writer.js';

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
    member: memberOf(name, form.absent),
    type: column.type,
    cellOf: jsonCell(column.type, form),
  }));
  const { identityField } = form;
  const identity = identityField === undefined ? undefined : memberOf(identityField, 'null');
  const isWhole = columns.length === 1 && columns[0]?.name === anyColumn;

  const of = (batch: Batch): RowWriter => {
    const refused = new Map<number, BadRowError>();
    const members = columns.map(({ name, member, type, cellOf }): RowWrite => {
      const view = batch.columns[name] as unknown;
      if (type === 'label') return labelMember(member, view as LabelColumn);
      const cell = cellOf(type === 'any' ? anyTexts(batch, name, refused) : view);
      if (isWhole) return cell;
      return valueMember(member, cell, batch.validity[name]);
    });
    const [only] = members;
    if (isWhole && only !== undefined) return { refused, write: only };
    if (identity !== undefined) members.unshift(identityMember(identity, batch));
    const write: RowWrite = (into, row) => {
      const start = into.at;
      for (let k = 0; k < members.length; k++) (members[k] as RowWrite)(into, row);
      into.reserve(2);
      // The brace takes the place of the first member's comma.
      if (into.at === start) into.at++;
      into.bytes[start] = open;
      into.bytes[into.at++] = closed;
    };
    return { refused, write };
  };
  return { of };
}

/** What a member is besides its value. */
interface Member {
  /** `,"name":` */
  readonly begin: string;
  readonly beginPiece: Piece;
  /** The member of a row without a value. */
  readonly absent: Piece;
}

function memberOf(name: string, absent: JsonForm['absent']): Member {
  const begin = `,${JSON.stringify(name)}:`;
  return { begin, beginPiece: pieceOf(begin), absent: pieceOf(absent === 'null' ? `${begin}null` : '') };
}

function valueMember(
  { beginPiece, absent }: Member,
  cell: RowWrite,
  validity: Uint8Array | undefined,
): RowWrite {
  return (into, row) => {
    if (isValid(validity, row)) {
      writePiece(into, beginPiece);
      cell(into, row);
    } else writePiece(into, absent);
  };
}

/** A label's member is the same in all of its rows. */
function labelMember({ begin, absent }: Member, column: LabelColumn): RowWrite {
  const label = labelWriter(column, begin);
  return (into, row) => {
    if ((column.ids[row] as number) >= 0) label(into, row);
    else writePiece(into, absent);
  };
}

function identityMember({ beginPiece }: Member, batch: Batch): RowWrite {
  const bytes = Buffer.alloc(identityBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return (into, row) => {
    writePiece(into, beginPiece);
    batch.writeIdentity(row, view, 0);
    writeAscii(into, `"${bytes.toString('base64url')}"`);
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
