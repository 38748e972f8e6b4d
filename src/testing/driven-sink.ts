/**
 * A sink that is driven by hand: its module loaded and its methods called as a flusher does it, on the caller's thread.
 */
import { messageOf } from '../describe.js';
import { defaultRetry } from '../flow/config/delivery.js';
import { Delivery } from '../flow/delivery/delivery.js';
import type { RowFailure } from '../flow/delivery/delivery-contract.js';
import { loadSink } from '../flow/delivery/sink-loader.js';
import { SinkRegistry } from '../flow/delivery/sink-registry.js';
import { type Answer, answerOf } from '../flow/delivery/write-result.js';
import { within } from '../flow/waiting/within.js';
import type { Schema } from '../schema/columns/schema.js';
import { Batch } from '../schema/read/batch.js';
import { selectRows } from '../schema/read/batch-select.js';
import type { Sink, SinkRef } from '../sink.js';
import { ConformanceError } from './broken-contract.js';

/** A batch of some rows of another one, in arrays of its own, as each attempt gets it. */
export function someRows(batch: Batch, rows: readonly number[]): Batch {
  return new Batch(batch.schema, selectRows(batch.data, rows));
}

const allRows = ({ length }: Batch) => Array.from({ length }, (_, i) => i);

export class DrivenSink {
  readonly #metrics = new SinkRegistry();
  #closed = false;

  private constructor(
    readonly sink: Sink,
    private readonly options: unknown,
    private readonly flusher: number,
    private readonly timeLimitMs: number,
  ) {}

  /**
   * Load a sink's module with a copy of its options, as a thread gets them.
   * @throws ConformanceError when the options cannot be posted.
   */
  static async load(ref: SinkRef, timeLimitMs: number, flusher = 1): Promise<DrivenSink> {
    let options: unknown;
    try {
      options = structuredClone(ref.options);
    } catch (cause) {
      throw new ConformanceError('a sink’s options can be posted to a thread', messageOf(cause), 'options', {
        cause,
      });
    }
    const loading = loadSink({ module: ref.module, options });
    return new DrivenSink(
      await within(timeLimitMs, loading, 'the module was not loaded'),
      options,
      flusher,
      timeLimitMs,
    );
  }

  async open(schemas: readonly Schema[]): Promise<void> {
    const { flusher, options } = this;
    await this.#bounded('open', () => this.sink.open?.(this.#metrics.addTo({ flusher, options, schemas })));
  }

  async prepare(schema: Schema): Promise<void> {
    await this.#bounded('prepare', () => this.sink.prepare?.(schema));
  }

  /**
   * Call `write` once.
   * @returns the rows that it named as failed, and how many the target had already.
   */
  async write(batch: Batch, signal: AbortSignal = new AbortController().signal): Promise<Answer> {
    const { flusher, options } = this;
    const context = this.#metrics.addTo({ flusher, options, schema: batch.schema, attempt: 1, signal });
    const answer = await this.#bounded('write', () => this.sink.write(batch, context));
    try {
      return answerOf(answer, allRows(batch));
    } catch (cause) {
      throw new ConformanceError('write returns nothing, or { failed, skipped }', messageOf(cause), 'write', {
        cause,
      });
    }
  }

  /** Deliver a batch as a flusher does: with retries, halves, and the sink's `classify`. @returns what was given up. */
  async deliver(batch: Batch): Promise<readonly RowFailure[]> {
    const { flusher, options } = this;
    const retry = { ...defaultRetry, maxAttempts: 3, timeoutMs: this.timeLimitMs };
    const { signal } = new AbortController();
    const delivery = new Delivery(this.sink, retry, { flusher, options, signal, metrics: this.#metrics });
    const load = {
      schema: batch.schema,
      copy: (rows: readonly number[]) => someRows(batch, rows),
      committed() {},
    };
    return delivery.deliver(load, allRows(batch));
  }

  async health(signal: AbortSignal): Promise<void> {
    await this.#bounded('health', () => this.sink.health?.(signal));
  }

  /** Close it, once. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#bounded('close', () => this.sink.close?.());
  }

  async #bounded<T>(method: string, call: () => T): Promise<Awaited<T>> {
    const calling = (async () => call())();
    return within(this.timeLimitMs, calling as Promise<Awaited<T>>, `${method} did not end`);
  }
}
