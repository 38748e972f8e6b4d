/**
 * Messages of one event each, as JSON objects: for consumers that are not of this package.
 */
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import { selectIdentities } from '../../schema/read/row-identities.js';
import type { JsonForm } from '../encode/json-form.js';
import { jsonRows } from '../encode/json-rows.js';
import type { RowEncoder } from '../encode/row-writer.js';
import { MessageTooLargeError, WireBuffer } from '../wire/wire-buffer.js';
import { messageId } from './message-id.js';
import type { MessageMaker, Refuse } from './messages.js';
import type { Message } from './session.js';

const mostBytesOfRow = 2 ** 30;

export class SingleRows implements MessageMaker {
  readonly #encoder: RowEncoder;
  readonly #buffer = new WireBuffer(mostBytesOfRow);

  /** @throws SinkError where the identity has no member of its own. */
  constructor(
    private readonly schema: Schema,
    form: JsonForm,
  ) {
    this.#encoder = jsonRows(schema, form);
  }

  *of(
    batch: Batch,
    rows: readonly number[],
    subject: string,
    mostBytes: number,
    refuse: Refuse,
  ): Iterable<Message> {
    const { refused, write } = this.#encoder.of(batch);
    const buffer = this.#buffer;
    for (const row of rows) {
      const error = refused.get(row);
      if (error !== undefined) {
        refuse(row, error);
        continue;
      }
      // Other messages are written to it before this one is sent.
      buffer.clear();
      write(buffer, row);
      const payload = buffer.written.slice();
      if (payload.length > mostBytes) {
        refuse(row, new MessageTooLargeError(mostBytes));
        continue;
      }
      const id = messageId(subject, this.schema.name, selectIdentities(batch.data.identities, [row]));
      yield { subject, payload, id, rows: [row] };
    }
  }
}
