/**
 * The compiled writer: stores an event's fields straight into the columns of the block being written.
 *
 * For each producer one function is generated that reads, checks and stores the fields in straight-line code. The event
 * is read and checked as a whole before a place is looked for, so a bad event leaves nothing behind, and code of the
 * caller that runs while it is read (getters, `toJSON`) may push, publish, even close. Column names reach the code only
 * as quoted literals.
 */
import type { EventError } from '../../errors.js';
import { dataAt, type RingMemory } from '../../ring/layout.js';
import { blobCost, labelBytes } from '../block/blob-records.js';
import { type BlockLayout, textEndBytes } from '../block/block-layout.js';
import type { LabelDictionary } from '../block/label-dictionary.js';
import { viewsOf } from '../block/shared-views.js';
import { packAny } from '../codec/any-codec.js';
import { JsonText } from '../codec/json-text.js';
import { compile } from '../codegen/compile.js';
import { identityFault, rowIdentity } from '../columns/row-identity.js';
import type { Schema } from '../columns/schema.js';
import { AnyRecord } from './any-record.js';
import { fitsOf } from './columns-code.js';
import { eventFault, eventTooLarge, oddEventCheck, unknownColumnCheck } from './event-faults.js';
import { exactTextCost, textCost, VariableWriter } from './variable-writer.js';
import { writerCode } from './writer-code.js';

/** Where rows go: the part of a producer that its compiled `push` works with. */
export interface RowPlace {
  /** The next row of the block that is being written. */
  row: number;
  /** Rows before this one may be written without asking. */
  end: number;
  /** `row` is `end`: find a place for a row. @returns undefined when there is one, otherwise what `push` returns. */
  find(): boolean | undefined;
  /** The block has no room left for the texts of a row: make some, leave the block, or extend it if it is empty. */
  makeRoom(): void;
  /** `row` has come to `end`. */
  complete(): void;
  /** An event is about to be refused for this error. @returns it. */
  refused(error: EventError): EventError;
}

export interface RowWriter {
  /** Write to this block from now on. */
  open(block: number): void;
  /** Write texts and blobs of the open block, which is empty, to its extent: the next row needs it. */
  extend(): void;
  /**
   * Check an event and store it as the next row. Events whose reading pushes others come after them.
   * @returns true, or what `find` answered: then nothing was written.
   * @throws EventError when it does not fit the schema, or no block at all.
   */
  readonly push: (event: unknown) => boolean;
  /**
   * Store values `[from, to)` of columns, given by the schema's order, as rows from `row` on.
   * @param identities those of the rows, one by one or the bytes of all, where the flow takes them.
   * @returns how far it came; the values at that index have to go by `push`. Undefined: all have to.
   */
  readonly writeColumns:
    | ((
        row: number,
        columns: readonly ArrayLike<unknown>[],
        from: number,
        to: number,
        identities?: ArrayLike<unknown> | undefined,
      ) => number)
    | undefined;
  /** Complete the rows before `row`: write the texts gathered so far. Before each publish. */
  flush(row: number): void;
}

/** Generate the writer of one schema for one producer. */
export function compileWriter(
  schema: Schema,
  layout: BlockLayout,
  memory: RingMemory,
  labels: LabelDictionary,
  place: RowPlace,
): RowWriter {
  const views = viewsOf(memory.buffer);
  const variable = new VariableWriter(views, layout, memory);
  // In a typed array, as generated code computes with its elements without a check.
  const { fields, identity } = layout;
  const offsets = fields.flatMap((field) => [field.values, field.validity ?? 0, field.textEnds ?? 0]);
  const shifts = fields.flatMap(({ cellBytes }) => [Math.log2(cellBytes), 0, Math.log2(textEndBytes)]);
  // Both of single bytes.
  if (identity !== undefined) offsets.push(identity.validity, identity.values);
  const first = new Int32Array(offsets.length);
  const encoding = { underWay: false };
  const records = layout.fields.map(({ kind }) =>
    kind === 'any' ? new AnyRecord(labels, encoding) : undefined,
  );
  const refused = (error: EventError) => place.refused(error);
  const fault = (...found: Parameters<typeof eventFault>) => refused(eventFault(...found));
  const env = {
    ...views,
    variable,
    labels,
    place,
    first,
    records,
    schema,
    blobCost,
    textCost,
    exactTextCost,
    labelBytes,
    toJson,
    toAny,
    eventFault: fault,
    eventTooLarge: (...sizes: Parameters<typeof eventTooLarge>) => refused(eventTooLarge(...sizes)),
    fitUntil: fitsOf(layout),
    oddEvent: oddEventCheck(refused),
    unknownColumn: unknownColumnCheck(refused),
    rowIdentity,
    identityFault: (...found: Parameters<typeof identityFault>) => refused(identityFault(...found)),
  };
  type Bind = (environment: typeof env) => Pick<RowWriter, 'push' | 'writeColumns'>;
  const compiled = compile<Bind>([schema.name, 'writer'], ['env'], writerCode(layout))(env);
  return {
    open(block) {
      const base = dataAt(memory, block);
      variable.open(block);
      for (let n = 0; n < first.length; n++) first[n] = (base + (offsets[n] as number)) >> (shifts[n] ?? 0);
    },
    extend: () => variable.extend(),
    push: compiled.push,
    writeColumns: compiled.writeColumns,
    flush: (row) => variable.flush(row),
  };

  function toJson(field: string, value: unknown): string {
    if (value instanceof JsonText) return value.text;
    let text: string | undefined;
    try {
      text = JSON.stringify(value);
    } catch (cause) {
      throw fault(schema, field, value, cause);
    }
    if (text === undefined) throw fault(schema, field, value);
    return text;
  }

  function toAny(field: string, value: unknown, record: AnyRecord): AnyRecord {
    try {
      record.write(value);
      return record;
    } catch (cause) {
      throw anyFault(field, value, cause);
    }
  }
  /** With the part to blame. To find it runs getters again, which must not push what they have pushed before. */
  function anyFault(field: string, value: unknown, cause: unknown): EventError {
    const { underWay } = encoding;
    encoding.underWay = true;
    try {
      return fault(schema, field, value, cause, isRefused);
    } finally {
      encoding.underWay = underWay;
    }
  }
}

function isRefused(part: unknown): boolean {
  try {
    packAny(part);
    return false;
  } catch {
    return true;
  }
}
