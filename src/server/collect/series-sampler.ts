/**
 * Reads a collector's series once a second, and keeps what the live page shows of the last minutes.
 *
 * Of very many series it keeps those that events have changed last.
 */
import { randomUUID } from 'node:crypto';
import RingBuffer from 'ringbufferjs';
import type { CollectorStats } from '../../collector/collector-stats.js';
import type { Snapshot } from '../../collector/series/snapshot.js';
import type {
  CollectSample,
  CollectStart,
  CollectTotals,
  EventRates,
  SeriesValue,
  ShownSeries,
} from '../../live-page/collect-wire.js';
import { round } from '../live/figures.js';
import type { SampleSource } from '../live/live-client.js';
import { type Look, looksOf, valuesOf } from './series-values.js';

const everyMs = 1000;
const kept = 300;
/** Series of a sample. */
const mostSeries = 100;
/** Names that have numbers. The page forgets series of numbers that it does not see again. */
const mostNames = 10_000;

export type Counts = Pick<
  CollectorStats,
  'total' | 'processed' | 'dropped' | 'failed' | 'pending' | 'batches'
>;

/** What of a collector is needed here. */
export interface SampledSeries {
  readonly name: string;
  getStats(): Counts;
  snapshot(): Snapshot;
}

interface Moment {
  readonly clock: number;
  readonly counts: Counts;
  readonly looks: ReadonlyMap<string, Look>;
}

export class SeriesSampler implements SampleSource {
  readonly run = randomUUID();
  readonly #samples = new RingBuffer<string>(kept);
  readonly #startedAt = Date.now();
  readonly #ids = new Map<string, number>();
  #lastId = 0;
  #taken = 0;
  #before: Moment | undefined;
  #shown: readonly ShownSeries[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param sampled called after each sample. */
  constructor(
    private readonly collector: SampledSeries,
    private readonly sampled: () => void,
  ) {}

  /** Take a sample now and one each second. It does not keep the process alive. */
  start(): void {
    this.stop();
    this.take();
    this.#timer = setInterval(() => this.take(), everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  take(): void {
    const before = this.#before;
    const clock = performance.now() / 1000;
    const now = { clock, counts: this.collector.getStats(), looks: looksOf(this.collector.snapshot()) };
    const seconds = before && now.clock - before.clock;
    const latest = [...now.looks.values()].sort((a, b) => b.seenAt - a.seenAt).slice(0, mostSeries);
    this.#shown = latest.map(({ name, type }) => ({ id: this.#idOf(name), name, type }));
    const sample: CollectSample = {
      n: this.#taken,
      at: Date.now(),
      events: ratesOf(now.counts, before?.counts, seconds),
      series: latest.map(
        (look): SeriesValue => [
          this.#idOf(look.name),
          ...valuesOf(look, before?.looks.get(look.name), seconds),
        ],
      ),
    };
    this.#before = now;
    this.#taken++;
    this.#samples.enq(JSON.stringify(sample));
    this.sampled();
  }

  get taken(): number {
    return this.#taken;
  }

  get startMessage(): CollectStart {
    return { run: this.run, collector: this.collector.name, startedAt: this.#startedAt, kept };
  }

  get totals(): CollectTotals {
    const { total, processed, dropped, failed, pending, batches } =
      this.#before?.counts ?? this.collector.getStats();
    const moreSeries = (this.#before?.looks.size ?? 0) - this.#shown.length;
    return { total, processed, dropped, failed, pending, batches, series: this.#shown, moreSeries };
  }

  from(n: number): string[] {
    const all = this.#samples.peekN(this.#samples.size());
    return all.slice(Math.max(0, all.length - (this.#taken - n)));
  }

  /** A number is never given twice. */
  #idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    if (this.#ids.size >= mostNames) this.#ids.clear();
    this.#lastId++;
    this.#ids.set(name, this.#lastId);
    return this.#lastId;
  }
}

function ratesOf(now: Counts, before: Counts | undefined, seconds: number | undefined): EventRates {
  const rate = (count: 'total' | 'processed' | 'dropped' | 'failed') =>
    before === undefined || seconds === undefined
      ? null
      : round(Math.max(0, now[count] - before[count]) / seconds);
  return [rate('total'), rate('processed'), rate('dropped'), rate('failed'), now.pending];
}
