/**
 * What a handler counts of the events it gets, in shared memory: how many, the sum of their checksums, and, when
 * asked, how late each was. Every way's handler is one of these; one thread counts at a time.
 */
import type { Batch, Schema } from '../../src/index.js';
import { checksum, checksumOf, epochMs, type Request, type RequestEvent } from './events.js';

/** Rows and the sum of their checksums. */
export interface Totals {
  readonly rows: number;
  readonly sum: number;
}

/** To be posted to the handler's thread; `Tally` reads and writes it. */
export interface TallyMemory {
  /** Rows, sum of checksums, the time on `clockMs` at which the first event was due, and delays noted. */
  readonly totals: SharedArrayBuffer;
  /** One float32 for each delay that may be noted; empty: none are. */
  readonly delays: SharedArrayBuffer;
  /** Whose delay is noted: each event's, or that of each batch's first one. */
  readonly of: 'events' | 'batches';
}

/** @param delays how many delays are kept, at most. */
export function createTallyMemory(delays = 0, of: TallyMemory['of'] = 'events'): TallyMemory {
  return { totals: new SharedArrayBuffer(4 * 8), delays: new SharedArrayBuffer(4 * delays), of };
}

/** Milliseconds on a clock that is the same in all threads. */
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

  /** Handle events that came as objects. */
  rows(events: readonly RequestEvent[]): void {
    let sum = 0;
    for (const event of events) sum += checksumOf(event);
    if (this.#notes) this.#noteDelays(events.length, (i) => (events[i] as RequestEvent).at);
    this.#add(events.length, sum);
  }

  /** Handle a batch by reading its columns. */
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

  /** Handle a batch, of a schema or of any values, by reading its rows. */
  batch(batch: Batch<Schema>): void {
    this.rows(batch.rows() as RequestEvent[]);
  }

  /** Count rows without looking at them. */
  count(rows: number): void {
    this.#add(rows, 0);
  }

  /** From now on delays are noted. The time of events begins here: `at` minus the epoch counts from it. */
  set origin(ms: number) {
    this.#totals[2] = ms;
  }

  get totals(): Totals {
    return { rows: this.#totals[0] as number, sum: this.#totals[1] as number };
  }

  /** From when an event was to be pushed until its handler got it, in milliseconds. */
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
