/**
 * Where a flusher puts rows that were given up: a sink like any other, opened with the flow.
 */
import type { Sink, SinkRef } from '../../sink.js';
import type { RetrySettings } from '../config/delivery.js';
import { within } from '../waiting/within.js';
import { batchOfLetters, type DeadLetter, deadLetterSchema } from './dead-letter.js';
import { Delivery } from './delivery.js';
import type { DeliveryContext, RowFailure } from './delivery-contract.js';
import { loadSink } from './sink-loader.js';
import { SinkRegistry } from './sink-registry.js';
import type { SinkSnapshots } from './sink-snapshots.js';
import type { Turn } from './turn.js';

export class DeadLetterBox {
  #opened: Promise<Opened> | undefined;

  constructor(
    private readonly ref: SinkRef,
    private readonly retry: RetrySettings,
    private readonly context: Omit<DeliveryContext, 'options' | 'metrics'>,
    private readonly snapshots: Pick<SinkSnapshots, 'add' | 'changed'>,
  ) {}

  /**
   * Put letters in.
   * @param kept receives the numbers of those that are kept, as they are.
   * @param turn given back in the pauses between attempts.
   * @returns those that are not, and why.
   */
  async put(
    letters: readonly DeadLetter[],
    kept: (letters: readonly number[]) => void,
    turn?: Turn,
  ): Promise<readonly Pick<RowFailure, 'row' | 'error'>[]> {
    const all = letters.map((_, i) => i);
    let delivery: Delivery;
    try {
      delivery = (await this.#whenOpen()).delivery;
    } catch (error) {
      return all.map((row) => ({ row, error }));
    }
    const copy = (rows: readonly number[]) => batchOfLetters(rows.map((i) => letters[i] as DeadLetter));
    const load = { schema: deadLetterSchema, copy, committed: kept };
    const unkept = await delivery.deliver(load, all, undefined, turn);
    this.snapshots.changed();
    return unkept;
  }

  /**
   * Open the sink before the first letter comes, so that a user learns at the start what cannot be written.
   *
   * @throws SinkError when it cannot be loaded, WaitTimeoutError when it does not open in time, or what it throws.
   */
  async open(): Promise<void> {
    await this.#whenOpen();
  }

  async close(): Promise<void> {
    // One that does not open has nothing to close.
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.sink.close?.();
  }

  /** Open the sink, unless it is open or opens already. */
  async #whenOpen(): Promise<Opened> {
    this.#opened ??= this.#open();
    const opening = this.#opened;
    try {
      return await opening;
    } catch (error) {
      // Perhaps next time; another caller may have begun that already.
      if (this.#opened === opening) this.#opened = undefined;
      throw error;
    }
  }

  async #open(): Promise<Opened> {
    const { options } = this.ref;
    const sink = await loadSink(this.ref);
    const { flusher } = this.context;
    const metrics = new SinkRegistry();
    const opening = (async () =>
      sink.open?.(metrics.addTo({ flusher, options, schemas: [deadLetterSchema] })))();
    // One that opens later is in nobody's use.
    const closeLate = () => void opening.then(() => sink.close?.()).catch(() => {});
    await within(this.retry.timeoutMs, opening, 'the sink of the dead letters did not open', closeLate);
    this.snapshots.add(metrics);
    return { sink, delivery: new Delivery(sink, this.retry, { ...this.context, options, metrics }) };
  }
}

interface Opened {
  readonly sink: Sink;
  readonly delivery: Delivery;
}
