/**
 * Metrics that a flow's sink has registered itself: the last snapshot of each flusher, kept by the creating thread.
 *
 * A thread that takes a dead one's place begins at zero. With its first snapshot the counts of the dead one are
 * carried over, and added to all that come: counters, histograms, a summary's sum and count. Gauges and quantiles are
 * not; until then those of the dead one stay. So no sum ever falls.
 */
import { visible } from '../../describe.js';
import { promClient } from './prom-client.js';

/** A sample, as prom-client has it. Histograms and summaries have several to a value, told apart by `metricName`. */
export interface SinkValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

/** A metric as prom-client's `getMetricsAsJSON` gives it, without exemplars. */
export interface SinkMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /** How values of several flushers become one. */
  readonly aggregator: 'sum' | 'first' | 'min' | 'max' | 'average' | 'omit';
  readonly values: readonly SinkValue[];
}

/** All metrics of a flusher at one moment, as it posts them. */
export interface SinkSnapshot {
  /** From 1. */
  readonly flusher: number;
  /** How many threads of this flusher had died before. */
  readonly life: number;
  /** Milliseconds by the clock that all threads share. */
  readonly at: number;
  readonly metrics: readonly SinkMetric[];
}

/** What a flusher says of its sink's metrics; a problem is why there is no snapshot. */
export type SinkTold = SinkSnapshot | { readonly flusher: number; readonly problem: string };

/** What is known of a flusher's sink: its last snapshot, and what its dead threads had counted. */
export interface FlusherSinkMetrics {
  readonly flusher: number;
  /** How long ago the snapshot was taken. */
  readonly ageMs: number;
  readonly metrics: readonly SinkMetric[];
}

/** The last snapshot of a flusher. */
interface Kept extends SinkSnapshot {
  /** Of its dead threads. */
  readonly carried: readonly SinkMetric[];
}

export class SinkMetrics {
  readonly #kept = new Map<number, Kept>();
  #warned = false;

  constructor(private readonly flow: string) {}

  /** The first problem of a flow is a warning of the process. @param sent told when there is something new to read. */
  hear(told: SinkTold, sent: (of: { flusher: number }) => void): void {
    const { flusher } = told;
    if (!('problem' in told)) {
      if (this.#keep(told)) sent({ flusher });
      return;
    }
    if (this.#warned) return;
    this.#warned = true;
    const what = `flow "${this.flow}", flusher ${flusher}: the sink's own metrics cannot be read: ${told.problem}`;
    process.emitWarning(visible(what), 'SinkMetricsWarning');
  }

  /** By flusher, in order; those that have sent none are missing. @param now by the clock of the snapshots. */
  read(now: number): FlusherSinkMetrics[] {
    return [...this.#kept.values()]
      .sort((a, b) => a.flusher - b.flusher)
      .map(({ flusher, at, metrics }) => ({ flusher, ageMs: Math.max(0, now - at), metrics }));
  }

  #keep(snapshot: SinkSnapshot): boolean {
    const last = this.#kept.get(snapshot.flusher);
    // What a dead thread had posted may come late, and is in its place already.
    if (last !== undefined && snapshot.life < last.life) return false;
    const carried = last === undefined ? [] : snapshot.life === last.life ? last.carried : countsOf(last);
    // A sink and the sink of its dead letters may both have a metric of this name.
    const live = byName(snapshot.metrics).flatMap((alike) => together(alike) ?? []);
    const metrics = byName([...live, ...carried]).flatMap((alike) => together(alike, 'sum') ?? []);
    this.#kept.set(snapshot.flusher, { ...snapshot, carried, metrics });
    return true;
  }
}

/** What of a dead thread's metrics goes on being added. */
function countsOf({ metrics }: SinkSnapshot): SinkMetric[] {
  return metrics
    .filter(({ type }) => type !== 'gauge')
    .map((metric) =>
      metric.type === 'summary'
        ? { ...metric, values: metric.values.filter(({ metricName }) => metricName !== undefined) }
        : metric,
    );
}

function byName(metrics: readonly SinkMetric[]): SinkMetric[][] {
  const groups = new Map<string, SinkMetric[]>();
  for (const metric of metrics) {
    const group = groups.get(metric.name);
    if (group === undefined) groups.set(metric.name, [metric]);
    // Of two types that one name cannot have, the first counts.
    else if (group[0]?.type === metric.type) group.push(metric);
  }
  return [...groups.values()];
}

/** Metrics of one name and flusher as one. */
function together(metrics: readonly SinkMetric[], how?: SinkMetric['aggregator']): SinkMetric | undefined {
  return metrics.length === 1 ? metrics[0] : aggregated(metrics, how);
}

/**
 * Metrics of one name and type as one, by prom-client's aggregation.
 *
 * @param how default: as the first of them says.
 * @returns undefined when there are none, or when they are to be omitted.
 */
export function aggregated(
  metrics: readonly SinkMetric[],
  how = metrics[0]?.aggregator,
): SinkMetric | undefined {
  const [first] = metrics;
  if (first === undefined) return undefined;
  const { AggregatorRegistry } = promClient();
  const sum = AggregatorRegistry.aggregate(metrics.map((metric) => [{ ...metric, aggregator: how }]));
  // What it registers has the values beside the functions of a metric.
  const found = sum.getSingleMetric(first.name) as unknown as SinkMetric | undefined;
  return found && { ...first, values: found.values };
}
