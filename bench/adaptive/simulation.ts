/**
 * A flow with one flusher, simulated: a sink that takes so long for so many rows, a load, and the tuner as it is
 * shipped, with the histograms that flushers fill. Minutes of it take a moment, and a seed repeats them.
 */
import { Tuner, type TuningRanges } from '../../src/flow/flusher/tuner.js';
import { type TuningSample, windowBetween } from '../../src/flow/flusher/tuning-window.js';
import {
  cellsPerHistogram,
  firstRow,
  firstSecond,
  Histogram,
  readHistograms,
} from '../../src/metrics/cells/histogram.js';
import { Random } from '../harness/random.js';

export interface SinkModel {
  /** A flush takes `fixedMs` and `rowMs` for each row, give or take a share of it. */
  readonly fixedMs: number;
  readonly rowMs: number;
  readonly noise: number;
  /** So much longer for each row of a batch before it: large batches are slow. */
  readonly growth?: number;
}

export interface Load {
  /** Rows that come in each millisecond; those that the ring has no room for are not pushed. */
  readonly perMs: number;
  /** Rows that come at once, every so often. */
  readonly burst?: { readonly rows: number; readonly everyMs: number };
}

export interface Settings {
  readonly flushSize: number;
  readonly flushIntervalMs: number;
}

/** The settings from a moment on, and what the time before it came to. */
export interface Step extends Settings {
  readonly atMs: number;
  readonly rowsPerSecond: number;
}

export interface Outcome {
  /** In the second half of the time. */
  readonly rowsPerSecond: number;
  /** The time from a row's publish to its end that 95 of 100 rows do not exceed, in the second half of the time. */
  readonly p95Ms: number;
  readonly steps: readonly Step[];
}

const ringRows = 320_000;
/** What a flusher does between two batches. */
const betweenMs = 0.03;

interface Group {
  readonly at: number;
  rows: number;
}

class Flow {
  readonly #random: Random;
  readonly #queue: Group[] = [];
  readonly #cells = new Float64Array(3 * cellsPerHistogram);
  readonly #batches = new Histogram(this.#cells, 0, firstRow);
  readonly #waits = new Histogram(this.#cells, cellsPerHistogram, firstSecond);
  readonly #flushes = new Histogram(this.#cells, 2 * cellsPerHistogram, firstSecond);
  readonly #ended: { at: number; ms: number; rows: number }[] = [];
  #waiting = 0;
  #comesAt = 0;
  #fullBatches = 0;

  constructor(
    private readonly sink: SinkModel,
    private readonly load: Load,
    seed: number,
  ) {
    this.#random = new Random(seed);
  }

  /** Rows come up to a moment. */
  #come(now: number): void {
    const { perMs, burst } = this.load;
    for (; this.#comesAt <= now; this.#comesAt++) {
      let rows = Math.round(perMs * (0.8 + 0.4 * this.#random.next()));
      if (burst !== undefined && this.#comesAt % burst.everyMs === 0) rows += burst.rows;
      rows = Math.min(rows, ringRows - this.#waiting);
      if (rows > 0) this.#queue.push({ at: this.#comesAt, rows });
      this.#waiting += rows;
    }
  }

  /** Take a batch at the moment it is due, and flush it. @returns when the flusher is free again. */
  flush(from: number, { flushSize, flushIntervalMs }: Settings): number {
    let now = from;
    this.#come(now);
    for (;;) {
      const deadline = (this.#queue[0]?.at ?? Number.POSITIVE_INFINITY) + flushIntervalMs;
      if (this.#waiting >= flushSize || deadline <= now) break;
      now = Math.min(deadline, this.#comesAt);
      this.#come(now);
    }
    if (this.#waiting >= flushSize) this.#fullBatches++;
    const rows = Math.min(flushSize, this.#waiting);
    const taken = this.#take(rows);
    const { fixedMs, rowMs, noise, growth = 0 } = this.sink;
    const tookMs =
      (fixedMs + rowMs * rows * (1 + growth * rows)) * (1 + noise * (2 * this.#random.next() - 1));
    this.#batches.observe(rows);
    this.#waits.observe((now - (taken[0] as Group).at) / 1000);
    this.#flushes.observe(tookMs / 1000);
    const end = now + tookMs;
    for (const group of taken) this.#ended.push({ at: end, ms: end - group.at, rows: group.rows });
    return end + betweenMs;
  }

  #take(rows: number): Group[] {
    const taken: Group[] = [];
    for (let left = rows; left > 0; ) {
      const first = this.#queue[0] as Group;
      const each = Math.min(first.rows, left);
      taken.push({ at: first.at, rows: each });
      first.rows -= each;
      left -= each;
      if (first.rows === 0) this.#queue.shift();
    }
    this.#waiting -= rows;
    return taken;
  }

  sample(at: number): TuningSample {
    const read = (n: number, first: number) => readHistograms([this.#cells], n * cellsPerHistogram, first);
    return {
      at,
      fullBatches: this.#fullBatches,
      batches: read(0, firstRow),
      waits: read(1, firstSecond),
      flushes: read(2, firstSecond),
      failures: 0,
      backlog: this.#waiting,
    };
  }

  outcome(fromMs: number, toMs: number): Omit<Outcome, 'steps'> {
    const counted = this.#ended.filter(({ at }) => at > fromMs).sort((a, b) => a.ms - b.ms);
    const rows = counted.reduce((sum, each) => sum + each.rows, 0);
    let rank = 0.95 * rows;
    const p95 = counted.find((each) => {
      rank -= each.rows;
      return rank <= 0;
    });
    return { rowsPerSecond: (rows / (toMs - fromMs)) * 1000, p95Ms: p95?.ms ?? 0 };
  }
}

/** @param ranges undefined: the settings stay as they are. */
export function simulate(
  sink: SinkModel,
  load: Load,
  begin: Settings,
  ranges: TuningRanges | undefined,
  { seconds, seed }: { readonly seconds: number; readonly seed: number },
): Outcome {
  const flow = new Flow(sink, load, seed);
  const tuner = ranges && new Tuner(ranges);
  const steps: Step[] = [];
  let settings = begin;
  let before = flow.sample(0);
  const endMs = seconds * 1000;
  for (let now = 0; now < endMs; ) {
    now = flow.flush(now, settings);
    const after = flow.sample(now);
    const batches = after.batches.count - before.batches.count;
    const elapsed = now - before.at;
    if (tuner === undefined || elapsed < 250 || (batches < 10 && elapsed < 2000)) continue;
    const window = windowBetween(before, after, { ...settings, lanes: 1 });
    before = after;
    if (window === undefined) continue;
    settings = tuner.decide(window);
    steps.push({ ...settings, atMs: now, rowsPerSecond: (window.rows / window.ms) * 1000 });
  }
  return { ...flow.outcome(endMs / 2, endMs), steps };
}
