/**
 * The counts of a handler, in shared memory: the number of its events, the sum of their checksums, and, on request, the
 * delay of each. The handler of every way counts in a tally, and one thread counts at a time.
 */
import type { Batch, Schema } from '../../src/index.js';
import { checksum, checksumOf, epochMs, type Request, type RequestEvent } from './events.js';

/** Rows and the sum of their checksums. */
export interface Totals {
  readonly rows: number;
  readonly sum: number;
}

/** The memory of a `Tally`, which may be posted to the handler's thread. */
export interface TallyMemory {
  /** Rows, sum of checksums, due time of the first event on `clockMs`, and number of delays: four float64. */
  readonly totals: SharedArrayBuffer;
  /** Delays, a float32 each; empty when none are to be noted. */
  readonly delays: SharedArrayBuffer;
  /** Subjects of the delays: all events, or the first one of each batch. */
  readonly of: 'events' | 'batches';
}

/**
 * Make the memory of a tally.
 *
 * @param delays the most delays to be noted.
 * @param of the subjects of the delays.
 */
export function createTallyMemory(delays = 0, of: TallyMemory['of'] = 'events'): TallyMemory {
  return { totals: new SharedArrayBuffer(4 * 8), delays: new SharedArrayBuffer(4 * delays), of };
}

/** Milliseconds on a clock that all threads share. */
export function clockMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

export class Tally {
  readonly #totals: Float64Array;
  readonly #delays: Float32Array;
  readonly #firstsOnly: boolean;

  constructor(memory: TallyMemory) {
    this.#totals = new Float64Array(memory.totals);
    this.#delays = new Float32Array(memory.delays);
    this.#firstsOnly = memory.of === 'batches';
  }

  /** Count events that came as objects. */
  rows(events: readonly RequestEvent[]): void {
    let sum = 0;
    for (const event of events) sum += checksumOf(event);
    if (this.#notes) this.#noteDelays(events.length, (i) => (events[i] as RequestEvent).at);
    this.#add(events.length, sum);
  }

  /** Count a batch by reading its columns. */
  columns(batch: Batch<typeof Request>): void {
    const { at, method, path, status, durationMs, message } = batch.columns;
    const { length } = batch;
    let sum = 0;
    for (let i = 0; i < length; i++) {
      sum += checksum(
        at[i] as number,
        method.get(i),
        path.get(i),
        status[i] as number,
        durationMs[i] as number,
        message.get(i),
      );
    }
    if (this.#notes) this.#noteDelays(length, (i) => at[i] as number);
    this.#add(length, sum);
  }

  /** Count a batch, of a schema or of any values, by reading its rows. */
  batch(batch: Batch<Schema>): void {
    this.rows(batch.rows() as RequestEvent[]);
  }

  /** Count rows without reading them. */
  count(rows: number): void {
    this.#add(rows, 0);
  }

  /** The due time of the event at the epoch, on `clockMs`. Delays are noted once it is set. */
  set origin(ms: number) {
    this.#totals[2] = ms;
  }

  get totals(): Totals {
    return { rows: this.#totals[0] as number, sum: this.#totals[1] as number };
  }

  /** Milliseconds from the due time of an event until its handler got it. */
  get delays(): Float32Array {
    return this.#delays.slice(0, this.#totals[3]);
  }

  get #notes(): boolean {
    return this.#delays.length > 0 && this.#totals[2] !== 0;
  }

  #add(rows: number, sum: number): void {
    this.#totals[0] = (this.#totals[0] as number) + rows;
    this.#totals[1] = (this.#totals[1] as number) + sum;
  }

  #noteDelays(length: number, at: (i: number) => number): void {
    const start = (this.#totals[2] as number) - epochMs;
    const now = clockMs();
    const noted = this.#totals[3] as number;
    const count = this.#firstsOnly ? 1 : length;
    for (let i = 0; i < count; i++) this.#delays[noted + i] = now - start - at(i);
    this.#totals[3] = noted + count;
  }
}
