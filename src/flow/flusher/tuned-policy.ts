/**
 * A policy that tunes the live settings as it goes: now and then, before a look, it reads what all flushers have
 * measured, and lets the tuner decide. Only the first flusher has it, and only in a flow with `adaptive`.
 *
 * It needs nothing of the creating thread, which may be blocked, and looks now and then when rows go to others alone. A
 * thread that takes a dead one's place goes on from the settings in force, and measures anew.
 */
import { addedUp, type HistogramData } from '../../metrics/cells/histogram.js';
import type { MeterReader } from '../../metrics/cells/meters.js';
import type { StatsReader } from '../../metrics/read/stats.js';
import type { LiveSettings } from '../shared/live-settings.js';
import type { FlushPolicy, Look } from './flush-policy.js';
import type { Tuner } from './tuner.js';
import { type TuningSample, windowBetween } from './tuning-window.js';

/** A decision is made after so long and so many batches; with fewer batches after so much longer. */
const leastMs = 250;
const enoughBatches = 10;
const mostMs = 2000;

/** Where the measures of one part of a flow are read. */
export interface TuningSource {
  readonly meters: Pick<MeterReader, 'flushers'>;
  readonly stats: Pick<StatsReader, 'read'>;
}

export interface TuningTools {
  readonly tuner: Tuner;
  readonly sources: readonly TuningSource[];
  readonly settings: LiveSettings;
  /** Batches that may be in flight at a time, in all flushers. */
  readonly lanes: number;
  /** Lets all flushers look at the settings. */
  readonly wake: () => void;
}

export class TunedPolicy implements Pick<FlushPolicy, 'look'> {
  #before: TuningSample | undefined;
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly policy: Pick<FlushPolicy, 'look'>,
    private readonly tools: TuningTools,
  ) {}

  look(now: number): Look {
    if (now >= this.#nextAt) this.#tune(now);
    const look = this.policy.look(now);
    // Rows of other flushers do not wake this one.
    return look.sleepMs <= mostMs ? look : { ...look, sleepMs: mostMs };
  }

  #tune(now: number): void {
    this.#nextAt = now + leastMs;
    const sample = sampleOf(this.tools.sources, now);
    const before = this.#before;
    if (before !== undefined) {
      const batches = sample.batches.count - before.batches.count;
      if (batches < enoughBatches && now - before.at < mostMs) return;
    }
    this.#before = sample;
    const { settings, lanes, tuner, wake } = this.tools;
    const { flushSize, flushIntervalMs } = settings;
    const window = before && windowBetween(before, sample, { flushSize, flushIntervalMs, lanes });
    if (window === undefined) return;
    const tuned = tuner.decide(window);
    if (tuned.flushSize === flushSize && tuned.flushIntervalMs === flushIntervalMs) return;
    settings.tune(tuned);
    wake();
  }
}

function sampleOf(sources: readonly TuningSource[], at: number): TuningSample {
  const measures = sources.map(({ meters }) => meters.flushers());
  const stats = sources.map((source) => source.stats.read(0, false, 0));
  return {
    at,
    fullBatches: sumOf(stats.map(({ batches }) => batches.size)),
    batches: joined(measures.map(({ batchSize }) => batchSize)),
    waits: joined(measures.map(({ dequeue }) => dequeue)),
    flushes: joined(measures.flatMap(({ processSuccess, processFail }) => [processSuccess, processFail])),
    failures: sumOf(measures.map(({ executeFail }) => executeFail.count)),
    backlog: sumOf(stats.map(({ pending }) => pending)),
  };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** One histogram of several with the same bounds. */
function joined(all: readonly HistogramData[]): HistogramData {
  return all.reduce(addedUp);
}
