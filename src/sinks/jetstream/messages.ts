/**
 * What messages are made of rows. Messages are made as they are sent, so that few are in memory at a time.
 */
import type { Schema } from '../../schema/columns/schema.js';
import { Batch } from '../../schema/read/batch.js';
import { selectRows } from '../../schema/read/batch-select.js';
import { MessageTooLargeError } from '../wire/wire-buffer.js';
import { messageId } from './message-id.js';
import type { Message } from './session.js';

/** Makes messages of rows of one schema. */
export interface MessageMaker {
  /**
   * Messages of some of a batch's rows, with one subject, in the order of their rows.
   *
   * @param rows their numbers in the batch.
   * @param mostBytes the largest payload.
   * @param refuse receives rows that no message can have.
   */
  of(
    batch: Batch,
    rows: readonly number[],
    subject: string,
    mostBytes: number,
    refuse: Refuse,
  ): Iterable<Message>;
}

export type Refuse = (row: number, error: Error) => void;

/** Writes the rows of a batch as one message. */
export type Pack = (batch: Batch) => Uint8Array;

/** How much of the largest message parts of a larger one are to have: rows differ in size. */
const share = 0.9;

/** Messages of many rows each, as many as the largest message takes. */
export class ManyRows implements MessageMaker {
  constructor(
    private readonly schema: Schema,
    private readonly pack: Pack,
  ) {}

  *of(
    batch: Batch,
    rows: readonly number[],
    subject: string,
    mostBytes: number,
    refuse: Refuse,
  ): Iterable<Message> {
    if (rows.length === 0) return;
    const isWhole = rows.length === batch.length;
    const part = isWhole ? batch : new Batch(this.schema, selectRows(batch.data, rows));
    const payload = this.pack(part);
    if (payload.length <= mostBytes) {
      const id = messageId(subject, this.schema.name, part.data.identities);
      yield { subject, payload, id, rows };
    } else if (rows.length === 1) {
      refuse(rows[0] as number, new MessageTooLargeError(mostBytes));
    } else {
      // The same rows make the same parts at each attempt, so their ids are the same.
      const parts = Math.max(2, Math.ceil(payload.length / (mostBytes * share)));
      const each = Math.ceil(rows.length / parts);
      for (let from = 0; from < rows.length; from += each) {
        yield* this.of(batch, rows.slice(from, from + each), subject, mostBytes, refuse);
      }
    }
  }
}
