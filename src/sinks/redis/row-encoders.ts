/**
 * What each way of writing makes of the rows of a schema.
 */
import { SinkError } from '../../errors.js';
import { commandBuffer } from '../../redis/session.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import { rowText } from '../../schema/read/row-text.js';
import { copyBytes, copyPiece, type Piece, pieceOf, pieceSlack, sourceOf } from '../wire/copy-bytes.js';
import { identityCells, joined, type TextCells, type TimeFormat, textCells } from '../wire/text-cells.js';
import type { WireBuffer } from '../wire/wire-buffer.js';
import { type Argument, columnCommands, type Values } from './column-commands.js';
import { functionCommands } from './function-commands.js';
import { partsOfTemplate } from './key-template.js';
import type { RowEncoder } from './row-commands.js';
import type { RowSettings } from './row-options.js';

/**
 * The encoder for a schema.
 *
 * @throws SinkError when the schema lacks a column that the options name, or the module of a function gives none.
 */
export async function encoderOf(schema: Schema, settings: RowSettings): Promise<RowEncoder> {
  if (settings.way === 'command') return functionCommands(settings);
  const columns = new SchemaColumns(schema, settings.timestamps);
  const key = columns.key(settings.key);
  switch (settings.way) {
    case 'stream': {
      const { maxLength } = settings;
      const limit = maxLength === undefined ? [] : ['MAXLEN', '~', String(maxLength)];
      return columnCommands([['XADD', key, ...limit, '*', ...columns.fields(settings)]]);
    }
    case 'hash': {
      const { ttlMs } = settings;
      const set: Argument[] = ['HSET', key, ...columns.fields(settings)];
      return columnCommands(ttlMs === undefined ? [set] : [set, ['PEXPIRE', key, String(ttlMs)]]);
    }
    case 'string': {
      const { value, ttlMs, onlyIf } = settings;
      const limits = ttlMs === undefined ? [] : ['PX', String(ttlMs)];
      const condition = onlyIf === undefined ? [] : [onlyIf === 'absent' ? 'NX' : 'XX'];
      const args: Argument[] = ['SET', key, columns.valueOrRow(value), ...limits, ...condition];
      return columnCommands([args], onlyIf !== undefined);
    }
    case 'list': {
      const { value, maxLength } = settings;
      const push: Argument[] = ['RPUSH', key, columns.valueOrRow(value)];
      if (maxLength === undefined) return columnCommands([push]);
      return columnCommands([push, ['LTRIM', key, String(-maxLength), '-1']]);
    }
    case 'sortedSet': {
      const { score, member, onlyIf } = settings;
      const condition = onlyIf === undefined ? [] : [conditions[onlyIf]];
      return columnCommands([['ZADD', key, ...condition, columns.score(score), columns.valueOrRow(member)]]);
    }
  }
}

const conditions = { absent: 'NX', present: 'XX', greater: 'GT', less: 'LT' } as const;

/** Types whose values are scores. */
const numbers: ReadonlySet<string> = new Set([
  ...[
    'bool',
    'int8',
    'int16',
    'int32',
    'uint8',
    'uint16',
    'uint32',
    'float32',
    'float64',
    'bigint64',
    'timestamp',
  ],
]);

/** The arguments that a schema's columns are. */
class SchemaColumns {
  readonly #values = new Map<string, Values>();

  constructor(
    private readonly schema: Schema,
    private readonly times: TimeFormat,
  ) {}

  /** A key, of a template. */
  key(template: string): Argument {
    const parts = partsOfTemplate(template) ?? [];
    if (parts.every((part) => 'text' in part)) return parts.map((part) => part.text).join('');
    const what = `the key "${template}"`;
    const made = parts.map((part) =>
      'text' in part ? pieceOf(part.text) : this.#valuesOf(part.column, what),
    );
    const [only] = made;
    if (made.length === 1 && typeof only === 'function') return { values: only, what };
    return {
      what,
      values: (batch) =>
        joinedCells(
          made.map((m) => (typeof m === 'function' ? m(batch) : m)),
          batch,
        ),
    };
  }

  /** Names and values of columns, and of the identity. */
  fields(settings: {
    columns: readonly string[] | undefined;
    identityField: string | undefined;
  }): Argument[] {
    const names = settings.columns ?? Object.keys(this.schema.columns);
    const { identityField } = settings;
    const pairs: Argument[] = names.map((pair) => ({
      pair,
      values: this.#valuesOf(pair, 'the option columns'),
    }));
    if (identityField === undefined) return pairs;
    if (names.includes(identityField)) {
      throw new SinkError(`identityField: "${identityField}" is a column of "${this.schema.name}"`);
    }
    return [{ pair: identityField, values: identityCells }, ...pairs];
  }

  /** A column's value, or the row as JSON. */
  valueOrRow(column: string | undefined): Argument {
    if (column === undefined) return { values: jsonRows, what: 'its JSON' };
    return { values: this.#valuesOf(column, 'the value'), what: `column "${column}", which is to be stored` };
  }

  score(column: string): Argument {
    const { type } = this.#column(column, 'the score');
    if (!numbers.has(type))
      throw new SinkError(`the score "${column}" is of type ${type}; it has to be a number`);
    const values: Values = (batch) => cellsIn(batch, column, 'ms');
    return { values, what: `column "${column}", which is the score` };
  }

  #column(name: string, what: string) {
    const { columns, name: schema } = this.schema;
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (column === undefined) throw new SinkError(`${what}: schema "${schema}" has no column "${name}"`);
    return column;
  }

  /** One function for each column, so that its texts are made once a batch. */
  #valuesOf(column: string, what: string): Values {
    this.#column(column, what);
    const { times } = this;
    const values = this.#values.get(column) ?? ((batch: Batch) => cellsIn(batch, column, times));
    this.#values.set(column, values);
    return values;
  }
}

function cellsIn({ schema, columns, validity, length }: Batch, name: string, times: TimeFormat): TextCells {
  const { type } = schema.columns[name] as { type: Parameters<typeof textCells>[0]['type'] };
  return textCells({ type, view: columns[name], validity: validity[name], rows: length }, times);
}

function jsonRows(batch: Batch): TextCells {
  return joined(Array.from({ length: batch.length }, (_, i) => Buffer.from(rowText(batch, i))));
}

/** Texts and values joined to one value a row; none where a part has none. */
function joinedCells(parts: readonly (Piece | TextCells)[], { length }: Batch): TextCells {
  const into = commandBuffer();
  const starts = new Int32Array(length);
  const ends = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    const start = into.at;
    starts[row] = start;
    let hasAll = true;
    for (const part of parts) hasAll = writePart(into, part, row) && hasAll;
    if (!hasAll) into.at = start;
    ends[row] = hasAll ? into.at : -1;
  }
  return { source: sourceOf(into.written), starts, ends };
}

/** @returns whether the row has it. */
function writePart(into: WireBuffer, part: Piece | TextCells, row: number): boolean {
  if ('words' in part) {
    into.reserve(part.length + pieceSlack);
    copyPiece(part, into.view, into.at);
    into.at += part.length;
    return true;
  }
  const start = part.starts[row] as number;
  const end = part.ends[row] as number;
  if (end < 0) return false;
  into.reserve(end - start);
  copyBytes(part.source, start, end - start, into, into.at);
  into.at += end - start;
  return true;
}
