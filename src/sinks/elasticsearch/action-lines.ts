/**
 * The line before each document of a bulk request, written from the columns of a batch: the operation, the index where
 * it depends on the row, the `_id`, the routing.
 *
 *     {"create":{"_index":"events-2026.02.03","_id":"AAECAw…","routing":"eu"}}
 */
import { SinkError } from '../../errors.js';
import type { ColumnType } from '../../schema/columns/columns.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import { writePiece } from '../encode/byte-text.js';
import { jsonCell } from '../encode/json-cells.js';
import { writeAscii } from '../encode/number-text.js';
import type { RowWrite } from '../encode/row-writer.js';
import { pieceOf } from '../wire/copy-bytes.js';
import { identityWriter } from './identity-text.js';
import { canName, indexName } from './index-name.js';
import type { ElasticsearchSettings } from './options.js';

const texts: readonly ColumnType[] = ['string', 'label'];
const numbers: readonly ColumnType[] = ['int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32', 'bigint64'];

const quote = '"';

export class ActionLines {
  /** The index of every row; undefined: each has its own. */
  readonly index: string | undefined;
  readonly #nameAt: ((ms: number) => string) | undefined;
  readonly #unitMs: number;

  /** @throws SinkError when the options name columns that the schema lacks, or that cannot serve. */
  constructor(
    private readonly schema: Schema,
    private readonly settings: ElasticsearchSettings,
  ) {
    const { index = schema.name, id, routingColumn, timeColumn, dataStream } = settings;
    const name = indexName(index);
    if (name === undefined || (settings.index === undefined && !canName(index))) {
      throw new SinkError(`"${index}" can name no index; the option index names one`);
    }
    this.index = name.nameAt === undefined ? index : undefined;
    this.#nameAt = name.nameAt;
    this.#unitMs = name.unitMs;
    if (typeof id === 'object') this.#need('id.column', id.column, [...texts, ...numbers]);
    if (routingColumn !== undefined) this.#need('routingColumn', routingColumn, [...texts, ...numbers]);
    if (name.nameAt !== undefined) this.#need('timeColumn', timeColumn, ['timestamp']);
    if (dataStream) this.#need('dataStream', '@timestamp', ['timestamp']);
  }

  /** Writes the lines of a batch's rows. */
  of(batch: Batch): RowWrite {
    const { op, id, routingColumn } = this.settings;
    const parts: RowWrite[] = [];
    const nameAt = this.#nameAt;
    if (nameAt !== undefined) parts.push(this.#indexes(batch, nameAt));
    if (id === 'identity') {
      const identity = identityWriter(batch);
      const name = pieceOf('"_id":"');
      parts.push((into, row) => {
        writePiece(into, name);
        identity(into, row);
        writeAscii(into, quote);
      });
    } else if (typeof id === 'object') parts.push(this.#member('_id', batch, id.column));
    if (routingColumn !== undefined) parts.push(this.#member('routing', batch, routingColumn));
    const begin = pieceOf(`{"${op}":{`);
    const end = pieceOf(op === 'update' ? `${parts.length > 0 ? ',' : ''}"retry_on_conflict":3}}\n` : '}}\n');
    return (into, row) => {
      writePiece(into, begin);
      for (let k = 0; k < parts.length; k++) {
        if (k > 0) writeAscii(into, ',');
        (parts[k] as RowWrite)(into, row);
      }
      writePiece(into, end);
    };
  }

  /** `"_index":"…"`; rows of one hour share the text. */
  #indexes(batch: Batch, nameAt: (ms: number) => string): RowWrite {
    const times = batch.columns[this.settings.timeColumn] as unknown as Float64Array;
    const unitMs = this.#unitMs;
    let unit = Number.NaN;
    let text = '';
    return (into, row) => {
      const ms = times[row] as number;
      const own = Math.floor(ms / unitMs);
      if (own !== unit) {
        unit = own;
        text = `"_index":${JSON.stringify(nameAt(ms))}`;
      }
      writeAscii(into, text);
    };
  }

  /** `"_id":"…"`: the server takes texts only. */
  #member(name: string, batch: Batch, column: string): RowWrite {
    const { type } = this.schema.columns[column] as { type: ColumnType };
    const write = jsonCell(type, { ...this.settings, bigints: 'number' })(batch.columns[column]);
    const isText = texts.includes(type);
    const begin = `"${name}":${isText ? '' : quote}`;
    return (into, row) => {
      writeAscii(into, begin);
      write(into, row);
      if (!isText) writeAscii(into, quote);
    };
  }

  #need(option: string, name: string, types: readonly ColumnType[]): void {
    const column = Object.hasOwn(this.schema.columns, name) ? this.schema.columns[name] : undefined;
    if (column !== undefined && !column.nullable && types.includes(column.type)) return;
    throw new SinkError(
      `the option ${option} needs a required column "${name}" of the type ${types.join(', ')}, ` +
        `which schema "${this.schema.name}" lacks`,
    );
  }
}
