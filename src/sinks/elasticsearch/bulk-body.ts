/**
 * Batches as bodies of bulk requests: a line for each action, a line for its document.
 */
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import { jsonRows } from '../encode/json-rows.js';
import { writeAscii } from '../encode/number-text.js';
import type { BadRowError, RowEncoder } from '../encode/row-writer.js';
import { WireBuffer } from '../wire/wire-buffer.js';
import { ActionLines } from './action-lines.js';
import { checkFieldNames } from './field-names.js';
import type { ElasticsearchSettings } from './options.js';

/** A body, and the rows that are in it. */
export interface BulkBody {
  readonly bytes: Uint8Array;
  /** The index of all rows; undefined: each line has its own. */
  readonly index: string | undefined;
  /** Rows of the batch in the order of the body. */
  readonly rows: readonly number[];
  /** Rows that have no JSON. */
  readonly refused: ReadonlyMap<number, BadRowError>;
}

/** Makes bodies of the rows of one schema. */
export class BulkBodies {
  readonly #actions: ActionLines;
  readonly #encoder: RowEncoder;
  readonly #buffer: WireBuffer;
  readonly #before: string;
  readonly #behind: string;

  /** @throws SinkError when the options do not go with the schema. */
  constructor(schema: Schema, settings: ElasticsearchSettings) {
    checkFieldNames(schema, settings.identityField);
    this.#actions = new ActionLines(schema, settings);
    this.#encoder = jsonRows(schema, settings);
    this.#buffer = new WireBuffer(settings.maxBodyBytes);
    const isUpdate = settings.op === 'update';
    this.#before = isUpdate ? '{"doc":' : '';
    this.#behind = isUpdate ? ',"doc_as_upsert":true}\n' : '\n';
  }

  /** @throws MessageTooLargeError when the body would be larger than the options allow. */
  of(batch: Batch): BulkBody {
    const { refused, write } = this.#encoder.of(batch);
    const action = this.#actions.of(batch);
    const into = this.#buffer;
    into.clear();
    const rows: number[] = [];
    for (let row = 0; row < batch.length; row++) {
      if (refused.size > 0 && refused.has(row)) continue;
      rows.push(row);
      action(into, row);
      writeAscii(into, this.#before);
      write(into, row);
      writeAscii(into, this.#behind);
    }
    // Another batch may be encoded while this one is under way.
    return { bytes: into.written.slice(), index: this.#actions.index, rows, refused };
  }
}
