/**
 * Rows as lines of line protocol, written from the columns of a batch:
 *
 *     measurement,tag=value field=1i,other="text" 1700000000000000000
 *
 * | column | in a line |
 * |---|---|
 * | label | a tag, unless the options say otherwise; an empty one is left out |
 * | int…, uint…, bigint64 | an integer: `5i` |
 * | float… | a float; NaN and the infinities are refused or left out |
 * | bool | `true`, `false` |
 * | timestamp | the point's time; others are integers in the same unit |
 * | string, json | a text |
 * | bytes | base64 text |
 * | any | its JSON as a text |
 */
import { SinkError } from '../../errors.js';
import { identityBytes } from '../../schema/columns/row-identity.js';
import type { Schema } from '../../schema/columns/schema.js';
import { isValid } from '../../schema/columns/views/validity.js';
import type { Batch } from '../../schema/read/batch.js';
import { writePiece } from '../encode/byte-text.js';
import { writeAscii } from '../encode/number-text.js';
import { BadRowError, type RowEncoder, type RowWrite, type RowWriter } from '../encode/row-writer.js';
import { pieceOf } from '../wire/copy-bytes.js';
import { type FieldCell, fieldCell } from './field-cells.js';
import { isBadName, keyText, measurementText } from './key-text.js';
import type { InfluxSettings } from './options.js';
import { type TagCell, tagCell } from './tag-cells.js';
import { mostMs, writeTime } from './time-digits.js';

const space = 0x20;
const newline = 0x0a;

/** @throws SinkError for a schema that cannot become points. */
export function lineRows(schema: Schema, settings: InfluxSettings): RowEncoder {
  const plan = planOf(schema, settings);
  const measurement = measurementOf(schema, settings);
  const { sameInstant, precision } = settings;
  const ownTag = typeof sameInstant === 'object' ? [sameInstant.tag] : [];
  needNames(schema.name, [measurement, ...plan.tags, ...plan.fields, ...ownTag]);
  const head = pieceOf(measurementText(measurement));
  const identityTag = typeof sameInstant === 'object' ? `,${keyText(sameInstant.tag)}=` : undefined;

  const of = (batch: Batch): RowWriter => {
    const refused = new Map<number, BadRowError>();
    const tags = plan.tags.map((name) => tagCell(batch, name, settings.badText, refused));
    const fields = plan.fields.map((name) => fieldCell(batch, name, settings, refused));
    const times = plan.time === undefined ? undefined : (batch.columns[plan.time] as Float64Array);
    const validity = plan.time === undefined ? undefined : batch.validity[plan.time];
    if (times !== undefined && plan.time !== undefined) refuseTimes(times, validity, plan.time, refused);
    refuseEmpty(batch.length, fields, refused);
    const shiftOf = sameInstant === 'shift' ? shifter(batch) : () => 0;
    const write: RowWrite = (into, row) => {
      writePiece(into, head);
      for (let k = 0; k < tags.length; k++) (tags[k] as TagCell)(into, row);
      if (identityTag !== undefined) writeAscii(into, identityTag + batch.identity(row));
      into.reserve(2);
      into.bytes[into.at++] = space;
      for (let k = 0; k < fields.length; k++) (fields[k] as FieldCell).write(into, row);
      // Each field ends with a comma.
      if (times !== undefined && isValid(validity, row)) {
        into.bytes[into.at - 1] = space;
        writeTime(into, times[row] as number, precision, shiftOf(row));
      } else into.at--;
      into.reserve(1);
      into.bytes[into.at++] = newline;
    };
    return { refused, write };
  };
  return { of };
}

interface Plan {
  readonly time: string | undefined;
  /** Sorted, as the server has them. */
  readonly tags: readonly string[];
  readonly fields: readonly string[];
}

const tagTypes = new Set([
  'label',
  'string',
  'bool',
  'int8',
  'int16',
  'int32',
  'uint8',
  'uint16',
  'uint32',
  'bigint64',
]);

function planOf(
  { name: schema, columns }: Schema,
  { timeColumn, tags: chosen, sameInstant }: InfluxSettings,
): Plan {
  const entries = Object.entries(columns);
  const refuse = (why: string) => {
    throw new SinkError(`schema "${schema}": ${why}`);
  };
  const time = timeColumn ?? entries.find(([, { type }]) => type === 'timestamp')?.[0];
  if (timeColumn !== undefined && columns[timeColumn]?.type !== 'timestamp') {
    refuse(`timeColumn "${timeColumn}" is no timestamp column`);
  }
  const tags = chosen ?? entries.filter(([, { type }]) => type === 'label').map(([name]) => name);
  for (const name of tags) {
    const type = columns[name]?.type;
    if (type === undefined || !tagTypes.has(type))
      refuse(`tag "${name}" is no label, string, integer or bool`);
  }
  const fields = entries.map(([name]) => name).filter((name) => name !== time && !tags.includes(name));
  if (fields.length === 0) refuse('a point needs a field: a column that is no tag and not the time');
  const own = typeof sameInstant === 'object' ? [sameInstant.tag] : [];
  const keys = [...tags, ...fields, ...own].map(keyText);
  if (keys.includes('time')) refuse('InfluxDB takes no tag and no field of the name "time"');
  if (new Set(keys).size < keys.length) refuse('two names are the same in InfluxDB');
  return { time, tags: tags.toSorted(), fields };
}

/** Names are few: to change one would hide which column it is. */
function needNames(schema: string, names: readonly string[]): void {
  const bad = names.find(isBadName);
  if (bad === undefined) return;
  throw new SinkError(
    `schema "${schema}": InfluxDB's line protocol cannot say the name ${JSON.stringify(bad)}`,
  );
}

function measurementOf({ name }: Schema, { measurement }: InfluxSettings): string {
  if (typeof measurement === 'string') return measurement;
  return measurement !== undefined && Object.hasOwn(measurement, name) ? (measurement[name] as string) : name;
}

function refuseTimes(
  times: Float64Array,
  validity: Uint8Array | undefined,
  column: string,
  refused: Map<number, BadRowError>,
): void {
  for (let row = 0; row < times.length; row++) {
    if (Math.abs(times[row] as number) <= mostMs || !isValid(validity, row)) continue;
    refused.set(row, new BadRowError(column, 'has a time that InfluxDB cannot hold: from 1678 to 2261'));
  }
}

/** A point without a field is none. */
function refuseEmpty(rows: number, fields: readonly FieldCell[], refused: Map<number, BadRowError>): void {
  if (fields.some(({ isAlways }) => isAlways)) return;
  for (let row = 0; row < rows; row++) {
    if (refused.has(row) || fields.some(({ has }) => has(row))) continue;
    refused.set(row, new BadRowError('*', 'and no other field has a value, without which there is no point'));
  }
}

/** The shift of a row's time: rows of one producer differ for a million rows. */
function shifter(batch: Batch): (row: number) => number {
  const view = new DataView(new ArrayBuffer(identityBytes));
  return (row) => {
    batch.writeIdentity(row, view, 0);
    const producer = view.getUint16(identityBytes - 9);
    return view.getUint32(identityBytes - 4) + producer * 7919;
  };
}
