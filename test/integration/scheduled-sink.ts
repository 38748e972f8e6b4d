/** The test's side of `scheduled-sink.mjs`: the schedule, and what the sink has counted. */
import { type Batch, handler, type SinkRef } from '../../dist/src/index.js';

/** What a schedule gets at each write; it runs in the flusher from its source text. */
export interface Scene {
  /** Which write this is, over all threads, from 1. */
  n: number;
  batch: Batch;
  attempt: number;
  /** Give rows (default: all) to SQLite. */
  store(rows?: readonly object[]): Promise<unknown>;
  pause(ms: number): Promise<void>;
  /** Block the thread until `release()`, or for so long. */
  stick(ms: number): void;
  /** An error to throw or to name. */
  fail(message: string, verdict: 'retry' | 'fatal'): Error;
  /** End the thread. */
  die(): never;
}

export type Schedule = (scene: Scene) => unknown;

/** Places in the shared words. */
const cells = {
  gate: 0,
  /** Writes: begun, returned, threw; second and later attempts. */
  begun: 1,
  returned: 2,
  threw: 3,
  again: 4,
  /** Rows of writes that returned, without those that they named as failed. */
  committed: 5,
  /** Errors that writes threw, or named. */
  errors: 6,
  deaths: 7,
  /** Rows of the writes that a thread died in. */
  rowsAtDeaths: 8,
  /** First attempts, and their rows. */
  batches: 9,
  rows: 10,
  /** Rows that the target had already. */
  skipped: 11,
  /** First attempts by size, a bucket each: up to 1, 2, 4, … rows. */
  sizes: 16,
} as const;
const buckets = 19;

export type Seen = Record<Exclude<keyof typeof cells, 'gate' | 'sizes'>, number> & { sizes: number[] };

export class ScheduledSink {
  readonly #words = new Int32Array(new SharedArrayBuffer(4 * (cells.sizes + buckets)));

  constructor(
    private readonly schedule: Schedule,
    private readonly inner: SinkRef,
  ) {}

  get ref(): SinkRef {
    const { inner } = this;
    const options = { script: String(this.schedule), inner, words: this.#words, cells };
    const ref = handler(new URL('./scheduled-sink.mjs', import.meta.url), options);
    const { deadLetters, target } = inner;
    return { ...ref, ...(deadLetters && { deadLetters }), ...(target && { target }) };
  }

  get seen(): Seen {
    const { gate: _, sizes, ...counts } = cells;
    const numbers = Object.entries(counts).map(([name, at]) => [name, Atomics.load(this.#words, at)]);
    return {
      ...Object.fromEntries(numbers),
      sizes: [...this.#words.subarray(sizes, sizes + buckets)],
    } as Seen;
  }

  /** Writes under way. */
  get inside(): number {
    const { begun, returned, threw, deaths } = this.seen;
    return begun - returned - threw - deaths;
  }

  /** Let go whoever is stuck, and all that come. */
  release(): void {
    Atomics.store(this.#words, cells.gate, 1);
    Atomics.notify(this.#words, cells.gate);
  }
}
