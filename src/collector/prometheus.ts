/**
 * A collector's series in a registry of prom-client, beside metrics of others. A program that has none serves
 * `collector.metrics()`, which is faster.
 */
import { ConfigError } from '../errors.js';
import type { MetricsRegistry } from '../sink.js';
import { bucketsUpTo } from './backends/float-text.js';
import { plainLabels } from './backends/plain-labels.js';
import type { Collector } from './collector.js';
import type { Family, Labels } from './series/snapshot.js';

interface Value {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly metricName?: string;
}

/** How prom-client calls the types; it has no native histograms, whose sum and count it shows as a summary's. */
const types = { counter: 'counter', gauge: 'gauge', histogram: 'histogram', exponential: 'summary' } as const;

/**
 * Show a collector's series in a registry. They are read when the registry is scraped; a metric of a new name is shown
 * from the next scrape on.
 *
 * @returns takes them out.
 * @throws ConfigError where the registry has a metric of the same name from others.
 */
export function registerCollector(collector: Collector, registry: MetricsRegistry): () => void {
  const shown = new Set<string>();
  let latest: ReadonlyMap<string, Family> = new Map();
  let isFresh = false;
  const read = () => {
    if (isFresh) return;
    // A registry asks all metrics for their values before it waits for any.
    isFresh = true;
    queueMicrotask(() => {
      isFresh = false;
    });
    latest = new Map(collector.snapshot().families.map((family) => [family.name, family]));
    for (const family of latest.values()) show(family);
  };
  const show = ({ name, help, type }: Family) => {
    // A name that others have taken meanwhile stays theirs.
    if (shown.has(name) || registry.getSingleMetric(name) !== undefined) return;
    shown.add(name);
    registry.registerMetric({
      ...{ name, help, type: types[type], aggregator: 'sum' },
      async get() {
        read();
        const family = latest.get(name);
        return { name, help, type: types[type], aggregator: 'sum', values: family ? valuesOf(family) : [] };
      },
      reset() {},
    });
  };
  const { families } = collector.snapshot();
  const taken = families.find(({ name }) => registry.getSingleMetric(name) !== undefined);
  if (taken !== undefined)
    throw new ConfigError('registry', taken.name, 'a registry without metrics of these names');
  read();
  return () => {
    for (const name of shown) registry.removeSingleMetric(name);
    shown.clear();
  };
}

function valuesOf(family: Family): Value[] {
  switch (family.type) {
    case 'counter':
    case 'gauge':
      return family.points.map(({ labels, value }) => ({ labels: objectOf(labels), value }));
    case 'histogram':
      return family.points.flatMap(({ labels, counts, count, sum }) => {
        const own = objectOf(labels, 'le');
        const buckets = bucketsUpTo(family.bounds, counts).map(([le, value]) => ({
          labels: { le, ...own },
          value,
          metricName: `${family.name}_bucket`,
        }));
        return [...buckets, ...totals(family.name, own, sum, count)];
      });
    case 'exponential':
      return family.points.flatMap(({ labels, count, sum }) =>
        totals(family.name, objectOf(labels, 'quantile'), sum, count),
      );
  }
}

function totals(name: string, labels: Value['labels'], sum: number, count: number): Value[] {
  return [
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ];
}

/** @param reserved names of labels that the type gives a meaning of its own. */
function objectOf(labels: Labels, ...reserved: readonly string[]): Value['labels'] {
  return Object.fromEntries(plainLabels(labels, new Set(reserved)));
}
