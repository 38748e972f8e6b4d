/**
 * Where a flusher puts rows that were given up: a sink like any other, opened when the first letter comes.
 */
import { batchOf } from '../schema/batch-of.js';
import type { Sink, SinkRef } from '../sink.js';
import { type DeadLetter, deadLetterSchema } from './dead-letter.js';
import { Delivery, type DeliveryContext, type RowFailure } from './delivery.js';
import type { RetrySettings } from './retry.js';
import { loadSink } from './sink-loader.js';

export class DeadLetterBox {
  #opened: { sink: Sink; delivery: Delivery } | undefined;

  constructor(
    private readonly ref: SinkRef,
    private readonly retry: RetrySettings,
    private readonly context: Omit<DeliveryContext, 'options'>,
  ) {}

  /**
   * Put letters in.
   * @param kept told which are kept, by their numbers.
   * @returns those that are not, and why.
   */
  async put(
    letters: readonly DeadLetter[],
    kept: (letters: readonly number[]) => void,
  ): Promise<Pick<RowFailure, 'row' | 'error'>[]> {
    const all = letters.map((_, i) => i);
    let opened: { sink: Sink; delivery: Delivery };
    try {
      opened = await this.#open();
    } catch (error) {
      return all.map((row) => ({ row, error }));
    }
    const copy = (rows: readonly number[]) =>
      batchOf(
        deadLetterSchema,
        rows.map((i) => letters[i] as DeadLetter),
      );
    return opened.delivery.deliver({ schema: deadLetterSchema, copy }, all, kept);
  }

  async close(): Promise<void> {
    await this.#opened?.sink.close?.();
  }

  async #open(): Promise<{ sink: Sink; delivery: Delivery }> {
    if (this.#opened !== undefined) return this.#opened;
    const { options } = this.ref;
    const sink = await loadSink(this.ref);
    await sink.open?.({ flusher: this.context.flusher, options, schemas: [deadLetterSchema] });
    const delivery = new Delivery(sink, this.retry, { ...this.context, options });
    this.#opened = { sink, delivery };
    return this.#opened;
  }
}
