/**
 * Rows as MessagePack maps (https://github.com/msgpack/msgpack/blob/master/spec.md), written from the columns of a
 * batch.
 *
 * | column | in MessagePack |
 * |---|---|
 * | bool, integers, float32, float64 | as they are, NaN and the infinities included |
 * | bigint64 | int 64 |
 * | timestamp | the extension type timestamp, 96 bits, to the nanosecond |
 * | label, string | str; half a surrogate pair becomes U+FFFD |
 * | bytes | bin |
 * | json, any | the value; a Date is a timestamp, a Map a map, a Set an array |
 *
 * A column without a value is nil.
 */
import { messageOf } from '../../describe.js';
import { anyColumn, type Schema } from '../../schema/columns/schema.js';
import type { AnyColumn } from '../../schema/columns/views/any-column.js';
import type { LabelColumn } from '../../schema/columns/views/label-column.js';
import { isValid } from '../../schema/columns/views/validity.js';
import type { JsonColumn } from '../../schema/columns/views/variable-column.js';
import type { Batch } from '../../schema/read/batch.js';
import { type Piece, pieceOf } from '../wire/copy-bytes.js';
import type { WireBuffer } from '../wire/wire-buffer.js';
import { writeBytes, writePiece } from './byte-text.js';
import { checkIdentityField } from './identity-member.js';
import { labelWriter, msgpackCell } from './msgpack-cells.js';
import { msgpackOf, writeMapHead, writeNil, writeStr } from './msgpack-value.js';
import { BadRowError, type RowEncoder, type RowWrite, type RowWriter } from './row-writer.js';

/**
 * The encoder of a schema's rows.
 *
 * @param identityField a member with the row's identity, 34 characters of base64url; undefined: none.
 * @throws SinkError where the identity has no member of its own.
 */
export function msgpackRows(schema: Schema, identityField: string | undefined): RowEncoder {
  checkIdentityField(schema, identityField);
  const columns = Object.entries(schema.columns).map(([name, { type }]) => ({
    name,
    type,
    key: msgpackOf(name),
    keyPiece: pieceOf(msgpackOf(name)),
  }));
  const isWhole = columns.length === 1 && columns[0]?.name === anyColumn;
  const identityKey = identityField === undefined ? undefined : pieceOf(msgpackOf(identityField));
  const size = columns.length + (identityKey === undefined ? 0 : 1);

  const of = (batch: Batch): RowWriter => {
    const refused = new Map<number, BadRowError>();
    const members = columns.map(({ name, type, key, keyPiece }): RowWrite => {
      const view = batch.columns[name] as unknown;
      const validity = batch.validity[name];
      if (type === 'label') {
        const label = labelWriter(view as LabelColumn, key);
        return (into, row) => (isValid(validity, row) ? label(into, row) : writeAbsent(into, keyPiece));
      }
      const isMade = type === 'any' || type === 'json';
      const cell = isMade ? madeCell(valuesOf(view, name, batch.length, refused)) : msgpackCell(type, view);
      return (into, row) => {
        if (!isWhole) writePiece(into, keyPiece);
        if (isValid(validity, row)) cell(into, row);
        else writeNil(into);
      };
    });
    const write: RowWrite = (into, row) => {
      if (!isWhole) writeMapHead(into, size);
      if (identityKey !== undefined) {
        writePiece(into, identityKey);
        writeStr(into, batch.identity(row));
      }
      for (let k = 0; k < members.length; k++) (members[k] as RowWrite)(into, row);
    };
    return { refused, write };
  };
  return { of };
}

function writeAbsent(into: WireBuffer, key: Piece): void {
  writePiece(into, key);
  writeNil(into);
}

function madeCell(values: readonly Buffer[]): RowWrite {
  return (into, row) => writeBytes(into, values[row] as Buffer);
}

/** The bytes of each value that is made alone. Values without any are refused with their rows. */
function valuesOf(view: unknown, name: string, length: number, refused: Map<number, BadRowError>): Buffer[] {
  const column = view as AnyColumn | JsonColumn;
  return Array.from({ length }, (_, row) => {
    try {
      return msgpackOf(column.get(row));
    } catch (cause) {
      refused.set(row, new BadRowError(name, `has no MessagePack: ${messageOf(cause)}`, { cause }));
      return Buffer.alloc(0);
    }
  });
}
