/**
 * Decides on the two live settings from what was measured: no clock, no timers, no shared memory. So a simulation runs
 * the same code as a flow.
 *
 *     interval  what the target leaves beside a flush: a row waits for its batch, then for the flush
 *     size      a climb on a ladder of sizes: a step is kept if it makes a row cheaper by 3 %, otherwise taken back.
 *               Each vain step doubles the pause before the next, so the settings come to rest
 *
 * Larger batches pay a flush's fixed costs for more rows. How long a row waits is for the interval alone: a size that
 * is not reached before does no harm.
 */

/** The option `adaptive`, resolved. */
export interface TuningRanges {
  readonly targetLatencyMs: number;
  readonly flushSize: readonly [min: number, max: number];
  readonly flushIntervalMs: readonly [min: number, max: number];
}

export interface TunedSettings {
  readonly flushSize: number;
  readonly flushIntervalMs: number;
}

/** What was measured since the last decision. */
export interface TuningWindow extends TunedSettings {
  readonly ms: number;
  /** Batches that may be in flight at a time. */
  readonly lanes: number;
  readonly batches: number;
  /** Of these, the batches that were taken since as many rows as they hold waited. */
  readonly fullBatches: number;
  readonly rows: number;
  /** How long the first rows of batches waited: its 95th percentile, in ms. */
  readonly waitMs: number;
  /** How long batches took from the ring to their end: the 95th percentile, and the sum, in ms. */
  readonly flushMs: number;
  readonly busyMs: number;
  /** Rows in the ring when the window ended. */
  readonly backlog: number;
}

/** The share of the target that is aimed at: measured percentiles are a little off, and no batch is the same. */
const aim = 0.8;
/** The share of rows that go out in full batches, from which on a flush's costs are those of the size. */
const mostRows = 0.8;
/** What a step must save of a row's cost to be kept. */
const gain = 0.03;
/** A size is not tried that would cost so much more, as measured before. */
const knownWorse = 1.1;
/** A change of a row's cost that makes what was measured before worthless. */
const otherRegime = 1.5;
/** Windows between a vain step and the next one, at first and at most. */
const shortestRest = 4;
const longestRest = 128;
/** What a flusher spends beside flushes on each batch, in ms; measured with a sink that does nothing. */
const overheadMs = 0.05;
/** The interval is left alone when what it should be is so near, as a share of the interval, or of the target. */
const deadBand = 0.2;
const targetBand = 0.06;
/** The share of time for which lanes are busy, from which on rows come faster than they go. */
const saturated = 0.85;

export class Tuner {
  /** The sizes that are tried, each at most twice the one before. */
  readonly #ladder: readonly number[];
  /** What a row costs at each size, in ms of a lane; undefined: unknown. */
  readonly #costs: (number | undefined)[] = [];
  /** The step of the ladder from which the current one is tried; undefined: none is. */
  #triedFrom: number | undefined;
  #direction: 1 | -1 = 1;
  #rest = 0;
  /** Whether the last window of a size cost quite other than those before. */
  #wasOdd = false;
  #nextRest = shortestRest;
  #flushMs: number | undefined;

  constructor(private readonly ranges: TuningRanges) {
    const [min, max] = ranges.flushSize;
    const steps = Math.max(1, Math.ceil(Math.log2(max / min)));
    const sizes = Array.from({ length: steps + 1 }, (_, i) => Math.round(min * (max / min) ** (i / steps)));
    this.#ladder = [...new Set(sizes)];
  }

  decide(window: TuningWindow): TunedSettings {
    const { flushSize, flushIntervalMs } = window;
    if (window.batches === 0) return { flushSize, flushIntervalMs };
    const costMs = (window.busyMs + window.batches * overheadMs) / window.rows;
    const isFull = window.fullBatches * window.flushSize >= mostRows * window.rows;
    const isSaturated =
      (costMs * window.rows) / (window.ms * window.lanes) > saturated && window.backlog >= 2 * flushSize;
    return {
      flushSize: isFull ? this.#size(window, costMs, isSaturated) : flushSize,
      flushIntervalMs: isSaturated ? flushIntervalMs : this.#interval(window),
    };
  }

  #interval({ flushMs, waitMs, flushIntervalMs }: TuningWindow): number {
    const { targetLatencyMs, flushIntervalMs: range } = this.ranges;
    // Quickly up, slowly down: a long flush now and then is what a 95th percentile is about.
    const before = this.#flushMs ?? flushMs;
    this.#flushMs = before + (flushMs - before) * (flushMs > before ? 0.5 : 0.1);
    const goal = within(aim * targetLatencyMs - this.#flushMs, range);
    const near = Math.max(deadBand * flushIntervalMs, targetBand * targetLatencyMs);
    if (Math.abs(goal - flushIntervalMs) <= near) return flushIntervalMs;
    const isLate = goal < flushIntervalMs && waitMs + flushMs > targetLatencyMs;
    return Math.round(isLate ? goal : flushIntervalMs + (goal - flushIntervalMs) / 2);
  }

  #size({ flushSize, flushMs, waitMs, lanes }: TuningWindow, costMs: number, isSaturated: boolean): number {
    const at = this.#nearest(flushSize);
    if (this.#ladder[at] !== flushSize) return this.#go(at);
    const known = this.#costs[at];
    const isOdd = known !== undefined && Math.max(known / costMs, costMs / known) > otherRegime;
    // One odd window says little, as a machine has other work, too. Two say that the sink has become another one.
    if (isOdd && !this.#wasOdd) {
      this.#wasOdd = true;
      return flushSize;
    }
    this.#wasOdd = false;
    if (isOdd) this.#forget();
    this.#costs[at] = known === undefined || isOdd ? costMs : (known + costMs) / 2;
    if (this.#triedFrom !== undefined) {
      const from = this.#triedFrom;
      this.#triedFrom = undefined;
      const better = costMs < (1 - gain) * (this.#costs[from] ?? Number.POSITIVE_INFINITY);
      if (!better) {
        this.#rest = this.#nextRest;
        this.#nextRest = Math.min(2 * this.#nextRest, longestRest);
        this.#direction = this.#direction === 1 ? -1 : 1;
        return this.#go(from);
      }
      this.#nextRest = shortestRest;
    }
    if (this.#rest-- > 0) return flushSize;
    this.#rest = 0;
    const { targetLatencyMs } = this.ranges;
    // Several lanes share a burst better in smaller batches.
    if (lanes > 1 && !isSaturated && flushMs > targetLatencyMs / 2 && waitMs + flushMs > targetLatencyMs) {
      this.#rest = this.#nextRest;
      return this.#go(Math.max(0, at - 1));
    }
    for (let n = 0; n < 2; n++) {
      const next = at + this.#direction;
      if (this.#mayTry(next, costMs, isSaturated)) {
        this.#triedFrom = at;
        return this.#go(next);
      }
      this.#direction = this.#direction === 1 ? -1 : 1;
    }
    this.#rest = this.#nextRest;
    return flushSize;
  }

  #forget(): void {
    this.#costs.length = 0;
    this.#triedFrom = undefined;
    this.#rest = 0;
    this.#nextRest = shortestRest;
  }

  #mayTry(step: number, costMs: number, isSaturated: boolean): boolean {
    const size = this.#ladder[step];
    if (size === undefined) return false;
    const known = this.#costs[step];
    if (known !== undefined && known > knownWorse * costMs) return false;
    // Rows that cannot keep up gain by every size that is cheaper; others would wait for so long a flush.
    return isSaturated || step < this.#nearest(size / 2) || size * costMs < aim * this.ranges.targetLatencyMs;
  }

  #nearest(size: number): number {
    const distances = this.#ladder.map((each) => Math.abs(Math.log(each / size)));
    return distances.indexOf(Math.min(...distances));
  }

  #go(step: number): number {
    return this.#ladder[step] as number;
  }
}

function within(value: number, [min, max]: readonly [number, number]): number {
  return Math.round(Math.min(max, Math.max(min, value)));
}
