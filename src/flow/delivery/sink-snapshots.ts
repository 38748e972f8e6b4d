/**
 * Sends the metrics of a flusher's sinks to the creating thread: a snapshot after changes, at most one a second and one
 * on its way, and a last one at the end.
 *
 * Nothing is sent, and no timer runs, where no sink has asked for its registry. An error in a sink's metrics is
 * reported, and never stops a flush.
 */
import type { SinkMetric, SinkTold } from '../../metrics/read/sink-metrics.js';
import { errorData } from '../protocol/error-data.js';
import { pause, type Timers } from '../waiting/timers.js';
import { within } from '../waiting/within.js';
import type { SinkRegistry } from './sink-registry.js';

const everyMs = 1000;
/** A metric's `collect` may take so long, and at the end. */
const collectMs = 5000;
const lastMs = 500;

export class SinkSnapshots {
  readonly #registries: SinkRegistry[] = [];
  readonly #end = new AbortController();
  #changed = false;
  #busy = false;
  #sentAt = Number.NEGATIVE_INFINITY;

  /**
   * @param flusher from 1.
   * @param life how many of its threads have died.
   * @param clock the flow's clock: milliseconds.
   * @param tell resolves when the creating thread has heard it.
   */
  constructor(
    private readonly flusher: number,
    private readonly life: number,
    private readonly clock: () => number,
    private readonly timers: Timers,
    private readonly tell: (told: SinkTold) => unknown,
  ) {}

  /** A sink has opened: its metrics belong to the snapshot. */
  add(registry: SinkRegistry): void {
    this.#registries.push(registry);
    registry.onChange = () => this.changed();
  }

  /** A sink has written, or says so: its metrics may have changed. */
  changed(): void {
    if (!this.#used) return;
    this.#changed = true;
    if (!this.#busy) void this.#sendChanges();
  }

  /** Send the last values; after `changed` has been called for the last time. */
  async end(): Promise<void> {
    this.#end.abort();
    if (this.#used) await this.#send(() => within(lastMs, this.#read(), 'a metric was not collected'));
  }

  get #used(): boolean {
    return this.#registries.some(({ used }) => used);
  }

  async #sendChanges(): Promise<void> {
    this.#busy = true;
    const { signal } = this.#end;
    while (this.#changed && !signal.aborted) {
      const pauseMs = this.#sentAt + everyMs - this.clock();
      if (pauseMs > 0) await pause(pauseMs, signal, this.timers);
      if (signal.aborted) return;
      this.#changed = false;
      this.#sentAt = this.clock();
      await this.#send(() => within(collectMs, this.#read(), 'a metric was not collected'), signal);
    }
    this.#busy = false;
  }

  /** @param superseded aborts when a newer snapshot is on its way, which this one must not overtake. */
  async #send(read: () => Promise<SinkMetric[]>, superseded?: AbortSignal): Promise<void> {
    const { flusher, life } = this;
    try {
      const at = this.clock();
      const metrics = await read();
      if (metrics.length > 0 && !superseded?.aborted) await this.tell({ flusher, life, at, metrics });
    } catch (error) {
      await Promise.resolve(this.tell({ flusher, problem: errorData(error).message })).catch(() => {});
    }
  }

  async #read(): Promise<SinkMetric[]> {
    return (await Promise.all(this.#registries.map((registry) => registry.read()))).flat();
  }
}
